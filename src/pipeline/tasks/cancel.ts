/** CancelTask: the tasks it started first, the deepest of them before all others, then the task itself. */
import type { JsonObject } from '../../base/json.ts'
import { isFault } from '../../domain/fault.ts'
import { phaseOf, type TaskRow } from '../../domain/task.ts'
import { type Claim, deny, isDenial } from '../../domain/verdict.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { writeSaid } from '../../protocol/a2a/write-said.ts'
import { refuse } from '../refuse.ts'
import type { AgentEntry, Road } from '../road.ts'
import { watchOf } from '../standing.ts'
import type { Visit } from '../visit.ts'
import { denialOf } from '../../relay/faults.ts'
import { answer, answered, answerTask, failAsAgent, noSuchTask, refuseAsProtocol } from './answer.ts'
import { askAgent, remembered } from './ask.ts'
import { claimForWeir, claimTask, tasksBelow } from './claim.ts'
import { weirItself } from './mission.ts'
import { noteTask } from './watch.ts'
import type { Asking } from './serve-task.ts'

export async function cancel(visit: Visit, { party, target }: Asking): Promise<void> {
  const { road, call, inbound } = visit
  const claim = claimTask(visit, party)
  if (!claim) return noSuchTask(visit)
  visit.claim = claim
  if (phaseOf(claim.task.state) === 'terminal')
    return refuseAsProtocol(
      visit,
      { code: a2aErrors.task_not_cancelable.code, message: 'The task is over already' },
      'task.state',
    )
  await cancelEach(road, tasksBelow(road, claim.task))
  if (target.driver?.features.cancel === false) return answerTask(visit, stopListening(road, claim, target))
  const started = road.clock.monotonic()
  const asker = { headers: inbound.headers, standing: watchOf(visit) }
  const heard = await askAgent(road, target, { operation: 'cancel', claim, historyLength: null, asker })
  const told = { ...answered, upstream_ms: road.clock.monotonic() - started }
  if (isDenial(heard)) return await refuse(visit, heard)
  if (isFault(heard)) return await refuse(visit, denialOf(heard))
  const said = heard.answer
  if (said.kind === 'said') return answer(visit, writeSaid(said, call), told, heard.headers)
  return failAsAgent(visit, said, told)
}

/** Cancels tasks in their order and waits for all of them, whatever their agents say; those of one depth at once. */
export async function cancelEach(road: Road, rows: readonly TaskRow[]): Promise<void> {
  const depths = Map.groupBy(rows, (row) => row.chain.length)
  for (const depth of [...depths.keys()].toSorted((one, other) => other - one))
    await Promise.all((depths.get(depth) ?? []).map((row) => cancelRow(road, row)))
}

async function cancelRow(road: Road, row: TaskRow): Promise<void> {
  const entry = road.snapshot.agents.get(row.target)
  if (!entry) return
  const claim = claimForWeir(row)
  if (entry.driver?.features.cancel === false) return void stopListening(road, claim, entry)
  const heard = await askAgent(road, entry, { operation: 'cancel', claim, historyLength: null, asker: weirItself })
  const failed = isDenial(heard) || isFault(heard)
  if (failed) road.log.warn('a task could not be cancelled and may still run', { hop: row.hop, agent: row.target })
}

/** An agent that cannot be told to stop is no longer listened to; that it may go on is said. */
function stopListening(road: Road, { task: row }: Claim, entry: AgentEntry): JsonObject {
  const before = remembered(road, row)
  road.relay.hub.find(row.target, row.taskId)?.halt(deny('run_halted', 'its caller cancelled the task'))
  const status = { state: 'TASK_STATE_CANCELED', timestamp: new Date(road.clock.now()).toISOString() } as const
  const task = { ...before, status, metadata: { 'weir.dev/may_still_run': true } }
  const seen = { id: row.taskId, contextId: null, state: status.state, open: false, instance: null, memo: null }
  noteTask(road, entry.settings.id, seen)
  road.tasks.update(row.target, row.taskId, { snapshot: JSON.stringify(task) })
  return task
}
