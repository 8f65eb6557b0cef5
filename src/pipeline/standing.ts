/** Whether a hop that was let through may still go on: asked when it leaves and again for everything that flows back. */
import type { Denial, Hop } from '../domain/verdict.ts'
import type { Road } from './road.ts'

/** Why a hop must not go on; null while neither its credentials nor its work were revoked. */
export function standingOf({ revocations: { epochs } }: Road, { principal, chain, run }: Hop): Denial | null {
  const work = { agents: chain, person: run.person, since: run.startedAt }
  return epochs.refusalOf(principal) ?? epochs.refusalOfWork(work)
}

/** The same question for as long as the hop is open: one atomic load, unless something was revoked in between. */
export function watch(road: Road, hop: Hop): () => Denial | null {
  const { epochs } = road.revocations
  let seen = 0
  return () => {
    const { generation } = epochs
    if (generation === seen) return null
    seen = generation
    return standingOf(road, hop)
  }
}
