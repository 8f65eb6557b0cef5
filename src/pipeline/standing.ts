/** Whether a hop that was let through may still go on: asked when it leaves and again for everything that flows back. */
import type { AnyCall } from '../domain/call.ts'
import type { Work } from '../domain/revocation.ts'
import type { TaskRow } from '../domain/task.ts'
import { type Denial, deny, type Hop } from '../domain/verdict.ts'
import type { Road } from './road.ts'
import type { AnyVisit } from './visit.ts'

/** Why a hop must not go on; null while neither its credentials nor its work were revoked. */
export function standingOf(road: Road, { principal, delegation, chain, run, call }: Hop<AnyCall>): Denial | null {
  const { epochs } = road.revocations
  // The chain ends with who serves the call; the name it was called by may be that of a facet.
  const agents = call.target.kind === 'agent' ? [...chain, call.target.id] : chain
  const work = { agents, person: run.person, since: run.startedAt }
  return epochs.refusalOf(principal) ?? refusalOfPlace(road, { principal, delegation }) ?? epochs.refusalOfWork(work)
}

/** Why the caller may not act from where it stands: not showing a token that was revoked does not give it back. */
export function refusalOfPlace(
  { revocations: { epochs } }: Road,
  { principal: { proof }, delegation }: Pick<Hop, 'principal' | 'delegation'>,
): Denial | null {
  return delegation && epochs.refusalOf({ proof, delegation })
}

/** The same of a caller that has no hop: it asks about what was started before. */
export function watchOf({ road, principal, delegation, claim }: AnyVisit): () => Denial | null {
  if (principal === null) return () => deny('unauthenticated', 'nobody is known to ask')
  const { epochs } = road.revocations
  return epochWatch(
    road,
    () =>
      epochs.refusalOf(principal) ??
      refusalOfPlace(road, { principal, delegation }) ??
      (claim && epochs.refusalOfWork(workOf(claim.task))),
  )
}

/** Why nobody may be told of a task without asking: what its owner started it with counts no more, or an agent of its chain is contained. */
export function refusalOfTelling({ revocations: { epochs } }: Road, row: TaskRow): Denial | null {
  return epochs.refusalOfOwned({ ...workOf(row), owner: row.owner.agent })
}

/** The chain of a task ends with the agent that works on it. */
function workOf({ chain, owner, createdAt }: TaskRow): Work {
  return { agents: chain, person: owner.person, since: createdAt }
}

/** The same question for as long as the hop is open: one atomic load, unless something was revoked in between. */
export function watch(road: Road, hop: Hop<AnyCall>): () => Denial | null {
  return epochWatch(road, () => standingOf(road, hop))
}

function epochWatch(road: Road, refusal: () => Denial | null): () => Denial | null {
  const { epochs } = road.revocations
  let seen = 0
  // Several ask in turn, the pool before the reader: what one of them heard, all hear.
  let refused: Denial | null = null
  return () => {
    const { generation } = epochs
    if (refused !== null || generation === seen) return refused
    seen = generation
    refused = refusal()
    return refused
  }
}
