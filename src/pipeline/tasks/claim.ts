/** Whether whoever asks may see and touch a task. Only this file makes a Claim. */
import type { Party, TaskRow } from '../../domain/task.ts'
import { type Claim, issueClaim } from '../../domain/verdict.ts'
import { maySee } from '../../tasks/owner.ts'
import type { HopId } from '../../domain/ids.ts'
import { type Road, serverIn } from '../road.ts'
import type { Visit } from '../visit.ts'

/** The claim to the task a call is about; null where there is none for this party, whoever else it may belong to. */
export function claimTask({ road, call }: Visit, party: Party): Claim | null {
  const { target, taskId } = call
  const row =
    target.kind === 'agent' && taskId !== null ? road.tasks.find(serverIn(road.snapshot, target.id), taskId) : null
  return row && maySee(row, party) ? issueClaim({ id: call.id, task: row }) : null
}

/** What Weir itself may do with a task: stop it where its run is halted, follow it for whoever asked to be told. */
export function claimForWeir(row: TaskRow, id: HopId = row.hop): Claim {
  return issueClaim({ id, task: row })
}

/**
 * The tasks a task has started: those of its run whose chain goes on from its own, and whose call did not come out of
 * another task of the same agent.
 */
export function tasksBelow(road: Road, task: TaskRow): readonly TaskRow[] {
  const { owner, chain, target, hop } = task
  if (owner.run === null) return []
  const open = road.tasks.openIn(owner.run)
  const parents = new Map(
    road.runs
      .find(owner.run)
      ?.hops()
      .map(({ id, parent }) => [id, parent]),
  )
  const others = new Set(open.filter((row) => row.target === target && row.hop !== hop).map((row) => row.hop))
  return open.filter((row) => {
    if (!goesOn(row.chain, chain)) return false
    const above = new Set(hopsAbove(row.hop, parents))
    return above.has(hop) || above.isDisjointFrom(others)
  })
}

/** As far as the run remembers them. A hop is younger than its parent, so this ends. */
function* hopsAbove(hop: HopId, parents: ReadonlyMap<HopId, HopId | null>): Generator<HopId> {
  for (let above = parents.get(hop) ?? null; above !== null; above = parents.get(above) ?? null) yield above
}

function goesOn(longer: readonly string[], shorter: readonly string[]): boolean {
  return longer.length > shorter.length && shorter.every((agent, at) => longer[at] === agent)
}
