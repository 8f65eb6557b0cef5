/** What may change the world leaves only once its intent is on the disk for good: no record, no effect. */
import type { AnyCall } from '../domain/call.ts'
import { type Denial, deny, type Hop } from '../domain/verdict.ts'
import { refusalOfRun } from '../limits/lease.ts'
import { standingOf } from './standing.ts'
import type { AnyVisit } from './visit.ts'

/** What a call does to the world, as the operator says of its target; models answer and change nothing. */
export type Effect = 'read' | 'write' | 'unknown'

/**
 * Null where the hop may leave, at once where it need not wait. All that wait at a time wait for one sync. Refuses with
 * `busy` (rule `ledger.durable`) where the disk fails, or as its run or its standing have become meanwhile.
 */
export function secure(visit: AnyVisit, hop: Hop<AnyCall>, effect: Effect): null | Promise<Denial | null> {
  const { road, snapshot } = visit
  const { durability } = snapshot.settings.ledger
  if (durability === 'none' || (durability === 'effects' && effect === 'read')) return null
  const secured = road.ledger.secured()
  return secured === true ? null : whenSecured(visit, hop, secured)
}

async function whenSecured({ road }: AnyVisit, hop: Hop<AnyCall>, secured: false | Promise<boolean>) {
  if (await secured) return refusalOfRun(hop.run, road.clock.now()) ?? standingOf(road, hop)
  return deny('busy', 'the intent could not be made durable: no record, no effect', { rule: 'ledger.durable' })
}
