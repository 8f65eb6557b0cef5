/**
 * Tasks whose end nobody will ever see: their agent cannot be asked about them, and whoever listened to it listens no
 * more. They are over for Weir, and it is said that the agent may go on.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { phaseOf, type TaskRow, type TaskState } from '../../domain/task.ts'
import { sayNeutral } from '../../protocol/a2a/neutral.ts'
import type { AgentEntry, Road } from '../road.ts'
import { remembered } from './ask.ts'
import { noteTask } from './book.ts'
import { notifyPush } from './push-tell.ts'

/** Whether the agent cannot be asked how a task of it stands, so that what was seen last is all there is. */
export function keepsNothing({ driver }: AgentEntry): boolean {
  return driver?.features.get === false
}

/** How it is told, and whether the agent may work on it still. */
export interface Ending {
  readonly state: Extract<TaskState, 'TASK_STATE_CANCELED' | 'TASK_STATE_FAILED'>
  readonly mayStillRun: boolean
}

/** Lost: its stream broke, or Weir was killed. */
export const lost: Ending = { state: 'TASK_STATE_FAILED', mayStillRun: true }

/** Its caller or its run was stopped; only an agent that can be told to stop was told. */
export function canceled({ driver }: AgentEntry): Ending {
  return { state: 'TASK_STATE_CANCELED', mayStillRun: driver?.features.cancel === false }
}

const sentence = 'The gateway lost sight of the agent while it worked on this task. The agent may have finished it.'

/** Books the end of a task that is not over, and tells those who want to hear of it; returns it as it is told from now on. */
export function endUnseen(road: Road, row: TaskRow, before: JsonObject, { state, mayStillRun }: Ending): JsonObject {
  const { target, taskId, contextId } = row
  const metadata = mayStillRun ? { 'weir.dev/may_still_run': true } : {}
  const ids = { taskId, ...(contextId === null ? {} : { contextId }) }
  const said = { messageId: `weir-${row.hop}`, ...ids, role: 'ROLE_AGENT', parts: [{ text: sentence }] }
  const status = {
    state,
    timestamp: new Date(road.clock.now()).toISOString(),
    ...(state === 'TASK_STATE_FAILED' ? { message: said } : {}),
  }
  const known = isJsonObject(before['metadata']) ? before['metadata'] : {}
  const task = { ...before, status, metadata: { ...known, ...metadata } }
  const seen = { id: taskId, contextId: null, state, open: false, instance: null, memo: null }
  noteTask(road, target, seen)
  road.tasks.update(target, taskId, { snapshot: JSON.stringify(task) })
  notifyPush(road, target, seen, sayNeutral({ statusUpdate: { ...ids, status, metadata } }))
  return task
}

/** At the start: what an earlier process listened to is heard by nobody now. */
export function endAllUnseen(road: Road): void {
  for (const row of road.tasks.open()) {
    const entry = road.snapshot.agents.get(row.target)
    if (!entry || !keepsNothing(entry) || phaseOf(row.state) !== 'open') continue
    endUnseen(road, row, remembered(road, row), lost)
  }
}
