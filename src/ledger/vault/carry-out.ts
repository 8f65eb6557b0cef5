/** An order about a person from beginning to end: the vault does it, and the ledger says so. */
import type { Clock } from '../../base/clock.ts'
import { isPseudonym, type PersonId, type RunId } from '../../domain/ids.ts'
import type { PersonEntry } from '../../domain/person-entry.ts'
import type { Ledger } from '../ledger.ts'
import type { VaultAnswer } from './orders.ts'

export interface PersonOrder {
  readonly does: 'erase' | 'hold' | 'release'
  /** A name or a pseudonym. */
  readonly person: string
  /** The run a hold is for; null for everything. */
  readonly run: RunId | null
  /** When a hold ends by itself; null for never. */
  readonly until: number | null
  readonly reason: string
  readonly actor: string
}

export interface PersonDone {
  readonly kind: 'person_done'
  readonly event: PersonEntry['event']
  readonly person: PersonId
  /** Whom it stood for: to forget them elsewhere, and for nothing else. */
  readonly name: string
  readonly reason: string
  /** Whether the ledger has it on the disk for good. */
  readonly recorded: boolean
}

const events = { erase: 'erased', hold: 'held', release: 'released' } as const

/** What stands in the way is an answer of the vault. */
export async function carryOut(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  { does, run, until, ...order }: PersonOrder,
): Promise<PersonDone | Exclude<VaultAnswer, { kind: 'done' }>> {
  const answer = await ledger.people.ask({ ask: does, run, until, ...order })
  if (answer.kind !== 'done') return answer
  const { pseudonym: person, name, reason, actor } = answer
  if (!isPseudonym(person)) return { kind: 'problem', detail: `${person} is no pseudonym` }
  const event = events[does]
  const facts = { event, person, run, until, reason, actor }
  const taken = ledger.append({ v: 1, ts: clock.now(), kind: 'person', ...facts })
  return { kind: 'person_done', event, person, name, reason, recorded: taken && (await ledger.secured()) }
}
