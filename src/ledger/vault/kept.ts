/** What became of a payload that a record speaks of: whether it can still be had, and whether it is what the record says. */
import { hash } from 'node:crypto'
import type { Commitment } from '../../domain/commitment.ts'
import { isPseudonym } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import type { Payload, PayloadPart, PayloadReader } from './payloads.ts'

/**
 * `hash`: no more than that was asked for. `dropped`: the vault was behind and did not take it. `erased`: with the person
 * it was for. `absent`: it is not in the vault, which deletes what is old or too much. `altered`: it is not what the record
 * says. `kept`: it is here, and the record says so.
 */
export type KeptState = 'kept' | 'hash' | 'dropped' | 'erased' | 'absent' | 'altered'

export interface Kept {
  readonly state: KeptState
  /** Of `kept` only. */
  readonly bytes: Buffer | null
}

interface Held {
  readonly part: PayloadPart
  /** All that the vault has of its call. */
  readonly payloads: readonly Payload[]
  /** Whether the person the call was for was erased. */
  readonly erased: boolean
}

export function keptOf({ level, dropped, c }: Commitment, { part, payloads, erased }: Held): Kept {
  if (level === 'hash') return without('hash')
  if (dropped) return without('dropped')
  const found = payloads.filter((payload) => payload.part === part)
  if (erased || found.some(({ bytes }) => bytes === null)) return without('erased')
  if (found.length === 0) return without('absent')
  const proved = found.find(({ salt, bytes }) => salt && bytes && hashOf(salt, bytes) === c)
  return proved?.bytes ? { state: 'kept', bytes: Buffer.from(proved.bytes) } : without('altered')
}

/** Of a call whose record came with persons by name, so that a pseudonym stands for one that was erased. */
export function keptOfCall(
  { rid, human }: Pick<CallRecord, 'rid' | 'human'>,
  commitment: Commitment,
  part: PayloadPart,
  vault: Pick<PayloadReader, 'of'>,
): Kept {
  return keptOf(commitment, { part, payloads: vault.of(rid), erased: human !== null && isPseudonym(human) })
}

function without(state: Exclude<KeptState, 'kept'>): Kept {
  return { state, bytes: null }
}

function hashOf(salt: Uint8Array, bytes: Uint8Array): string {
  return hash('sha256', Buffer.concat([salt, bytes]), 'base64url')
}
