/**
 * Withdrawing and giving back: an order counts from the moment it is given, what is open and rests on it ends, it is
 * written down, and somebody is told. The answer waits for the disk, so that what was confirmed survives a restart.
 */
import type { Millis } from '../base/clock.ts'
import { type AnyCall, targetName } from '../domain/call.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import {
  epochAfter,
  everything,
  nameOfKey,
  type Revocable,
  type Revocation,
  type RevocationSource,
} from '../domain/revocation.ts'
import type { Hop } from '../domain/verdict.ts'
import { tokenIdsOf } from '../identity/revocation/epochs.ts'
import type { Road } from './road.ts'
import { refusalOfTelling, standingOf } from './standing.ts'

/** What somebody asks to be withdrawn, and why. */
export interface RevocationOrder {
  readonly what: Revocable
  readonly name: string
  readonly contained?: boolean
  readonly reason: string
  readonly actor: string
  readonly source: RevocationSource
  /** When what it follows from happened; now if absent. */
  readonly happenedAt?: Millis
  /** When the last credential it concerns expires anyway; never if absent. */
  readonly until?: Millis
}

export interface Revoked {
  readonly kind: 'revoked'
  readonly revocation: Revocation
  /** Exchanges that were under way and were ended by it. */
  readonly ended: number
  /** Null if it survives a restart, else why it does not: for the operator. */
  readonly undurable: string | null
}

/** The table holds `maximums.revocations` names already: nothing has changed. */
export interface RevocationsFull {
  readonly kind: 'revocations_full'
  readonly max: number
}

export async function revoke(road: Road, order: RevocationOrder): Promise<Revoked | RevocationsFull> {
  const { revocations, snapshot, clock } = road
  const at = clock.now()
  const { what, name, reason, actor, source, contained = false, until = null } = order
  const epoch = epochAfter(Math.min(order.happenedAt ?? at, at))
  const revocation = revocations.revoke({ what, name, epoch, contained, reason, actor, source, at, until })
  if (!revocation) {
    const { revocations: max } = snapshot.settings.maximums
    road.log.error(`${name} was not revoked: ${max} names are revoked already`, { name, actor })
    return { kind: 'revocations_full', max }
  }
  const hops = road.exchanges.haltWhere((hop) => (concerns(revocation, hop) ? standingOf(road, hop) : null))
  const ended = hops + road.followers.haltRevoked()
  if (what === 'person' || what === 'agent') road.connector.vault.dropUser(name)
  road.tasks.push.withdraw((row) => refusalOfTelling(road, row) !== null)
  write(road, revocation, false)
  tell(road, revocation, ended)
  return { kind: 'revoked', revocation, ended, undurable: await saved(road) }
}

/** Gives back what was withdrawn; null if it was not. */
export async function restore(
  road: Road,
  { name, reason, actor, source }: Pick<RevocationOrder, 'name' | 'reason' | 'actor' | 'source'>,
): Promise<Revoked | null> {
  const known = road.revocations.lift(name)
  if (!known) return null
  const revocation = { ...known, reason, actor, source, at: road.clock.now() }
  write(road, revocation, true)
  road.log.warn(`${name} was given back by ${actor}: ${reason}`, { name, actor })
  return { kind: 'revoked', revocation, ended: 0, undurable: await saved(road) }
}

/** Whether an exchange can rest on what was withdrawn: a quick look, so that only those are judged again. */
function concerns({ what, name }: Revocation, hop: Hop<AnyCall>): boolean {
  return concerning[what](hop, name)
}

type Concern = (hop: Hop<AnyCall>, name: string) => boolean

const concerning: Readonly<Record<Revocable, Concern>> = {
  everything: () => true,
  agent: ({ chain, call }, name) => targetName(call.target) === name || chain.some((agent) => agent === name),
  person: ({ run, principal }, name) => run.person === name || principal.proof.person === name,
  key: (hop, name) => credentialsOf(hop).some(({ keyId }) => keyId && nameOfKey(keyId) === name),
  token: (hop, name) => credentialsOf(hop).some((one) => tokensBehind(one).some((id) => name.endsWith(` ${id}`))),
}

/** What the caller showed, and the token of the place it stands on. */
function credentialsOf({
  principal: { proof, delegation: shown },
  delegation,
}: Hop<AnyCall>): readonly (Proof | Delegation)[] {
  return [proof, proof.delegation, shown, delegation].filter((one) => one !== null)
}

function tokensBehind(credential: Proof | Delegation): readonly string[] {
  return 'tokenId' in credential ? tokenIdsOf(credential) : [credential.credentialId]
}

function write({ ledger, log }: Road, revocation: Revocation, lifted: boolean): void {
  const { what, name, epoch, contained, reason, actor, source, at } = revocation
  const words = { what, name, epoch, lifted, contained, reason, actor, source }
  const taken = ledger.append({ v: 1, ts: at, kind: 'revocation', ...words })
  if (!taken) log.error(`the ledger did not take that ${name} was ${lifted ? 'given back' : 'revoked'}`, { name })
}

/** A client that gives its own token back is nobody's alarm. */
function tell({ log, snapshot }: Road, revocation: Revocation, ended: number): void {
  const { what, name, contained, reason, actor, source, at } = revocation
  const verb = contained ? 'contained' : 'revoked'
  const subject = what === 'everything' ? `${everything} issued so far` : name
  const sentence = `${subject} was ${verb} by ${actor}: ${reason}. ${ended} open calls were ended.`
  const facts = { name, actor, source, ended }
  if (source === 'client') return log.info(sentence, facts)
  log.warn(sentence, facts)
  snapshot.alerts.send({ kind: verb, at, sentence, what, name, reason, actor, source, ended })
}

/** Waits for the file and for the record of it; only the file decides what a restart knows. */
async function saved({ revocations, ledger, log }: Road): Promise<string | null> {
  const [undurable, recorded] = await Promise.all([revocations.save(), ledger.flush()])
  if (undurable !== null) log.error(`revocations do not survive a restart: ${undurable}`)
  if (!recorded) log.error('the record of a revocation is not on the disk yet')
  return undurable
}
