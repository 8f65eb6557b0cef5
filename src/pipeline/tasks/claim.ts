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

/** The tasks a task has started: those of its run whose chain goes on from its own, the deepest first. */
export function tasksBelow(road: Road, { owner, chain }: TaskRow): readonly TaskRow[] {
  if (owner.run === null) return []
  const below = road.tasks.openIn(owner.run).filter((row) => goesOn(row.chain, chain))
  return below.toSorted((one, other) => other.chain.length - one.chain.length)
}

function goesOn(longer: readonly string[], shorter: readonly string[]): boolean {
  return longer.length > shorter.length && shorter.every((agent, at) => longer[at] === agent)
}
