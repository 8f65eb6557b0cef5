/** Asks an agent about a task for a caller, and books what it says. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Fault } from '../../domain/fault.ts'
import { isTaskState, phaseOf, type TaskRow } from '../../domain/task.ts'
import { type Claim, type Denial, isDenial } from '../../domain/verdict.ts'
import { neutralOf } from '../../protocol/a2a/neutral.ts'
import type { Heard } from '../../relay/ask-once.ts'
import type { FollowAsk, TaskSeen } from '../../relay/driver.ts'
import type { AgentEntry, Road } from '../road.ts'
import { type Asker, errandFor, knownOf } from './mission.ts'
import { noteTask } from './book.ts'

export interface Question {
  readonly operation: FollowAsk['operation']
  readonly claim: Claim
  readonly historyLength: number | null
  readonly asker: Asker
}

/** What the agent says; a Denial where it could not be asked. */
export async function askAgent(
  road: Road,
  { driver }: AgentEntry,
  { operation, claim, historyLength, asker }: Question,
): Promise<Heard | Fault | Denial> {
  const { task: row } = claim
  const errand = await errandFor(road, row, asker)
  if (isDenial(errand)) return errand
  if (!driver) return { kind: 'fault', code: 'connect_failed', detail: 'the agent cannot be called', sent: false }
  const known = knownOf(road, row)
  const ask = { operation, warrant: claim, taskId: row.taskId, historyLength, known } as const
  const heard = await road.relay.ask(ask, { driver, errand })
  if (heard.kind === 'heard' && heard.answer.kind === 'said') noteAnswer(road, row, neutralOf(heard.answer), heard.memo)
  return heard
}

/** A task shown as an answer to a question is as good as an event of it. */
function noteAnswer(road: Road, row: TaskRow, { task }: JsonObject, memo: TaskSeen['memo']): void {
  const { target, taskId, contextId } = row
  if (!isJsonObject(task) || task['id'] !== taskId || !isJsonObject(task['status'])) return
  const { state } = task['status']
  if (typeof state !== 'string' || !isTaskState(state)) return
  const seen = { id: taskId, contextId: null, state, open: phaseOf(state) === 'open', instance: null, memo }
  noteTask(road, target, seen)
  if (contextId !== null && memo?.context) road.tasks.contexts.remember(target, contextId, memo.context)
}

/** A task as the table knows it, in A2A 1.0 JSON: as it was last seen, or no more than its state. */
export function remembered(road: Road, row: TaskRow): JsonObject {
  const live = road.relay.hub.find(row.target, row.taskId)?.log.task()
  if (live) return live
  const kept = row.snapshot === null ? null : readKept(row.snapshot)
  if (kept && isJsonObject(kept['status']) && kept['status']['state'] === row.state) return kept
  // What was seen last may be older than what its caller has done with the task since.
  const status = { state: row.state, timestamp: new Date(row.updatedAt).toISOString() }
  return { id: row.taskId, ...(row.contextId === null ? {} : { contextId: row.contextId }), ...kept, status }
}

/** Marks a task that its agent was not asked about just now. */
export function stale(task: JsonObject): JsonObject {
  const { metadata } = task
  return { ...task, metadata: { ...(isJsonObject(metadata) ? metadata : {}), 'weir.dev/stale': true } }
}

/** Written by us, so it is one. */
function readKept(snapshot: string): JsonObject | null {
  const read: unknown = JSON.parse(snapshot)
  return isJsonObject(read) ? read : null
}
