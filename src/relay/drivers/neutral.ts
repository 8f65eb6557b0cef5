/** What a framework did, told as A2A 1.0 (ProtoJSON) whatever its own words are. */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import { phaseOf, isTaskState, type TaskState } from '../../domain/task.ts'
import { progressMark } from '../../protocol/a2a/mark.ts'
import type { Observation } from '../../protocol/a2a/revision.ts'
import type { Said } from '../../protocol/a2a/said.ts'

/** The ids that every event of a task carries. */
export interface TaskIds {
  readonly taskId: string
  readonly contextId: string
}

/** Where a task stands. */
export interface TaskStatus {
  readonly state: TaskState
  /** ISO 8601. */
  readonly timestamp: string
  /** What the agent says beside it: a question, or one fixed sentence about a failure. */
  readonly message?: JsonObject
}

/** What a whole task may hold beside its status. */
export interface TaskRest {
  readonly artifacts?: readonly JsonObject[]
  readonly metadata?: JsonObject
}

export interface Piece {
  readonly artifactId: string
  readonly parts: readonly JsonObject[]
  /** Whether it goes on with what was said of this artifact before. */
  readonly append: boolean
  readonly last: boolean
}

export function taskEvent({ taskId, contextId }: TaskIds, status: TaskStatus, rest: TaskRest = {}): JsonObject {
  return { task: { id: taskId, contextId, status, ...rest } }
}

export function statusEvent({ taskId, contextId }: TaskIds, status: TaskStatus, metadata?: JsonObject): JsonObject {
  return { statusUpdate: { taskId, contextId, status, ...(metadata ? { metadata } : {}) } }
}

export function artifactEvent({ taskId, contextId }: TaskIds, { artifactId, parts, append, last }: Piece): JsonObject {
  return { artifactUpdate: { taskId, contextId, artifact: { artifactId, parts }, append, lastChunk: last } }
}

/** A message of the agent that belongs to a task. */
export function agentMessage(
  { taskId, contextId }: TaskIds,
  messageId: string,
  parts: readonly JsonObject[],
): JsonObject {
  return { messageId, taskId, contextId, role: 'ROLE_AGENT', parts }
}

/** Tokens that a framework says it used, for the last event of a task. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
}

export function usageMetadata(usage: Usage | null): JsonObject | undefined {
  return usage === null ? undefined : { 'weir.dev/usage': usage }
}

/** One neutral event as the relay carries it. A stand-in for the writer of `protocol/a2a`, until both are one. */
export function sayNeutral(event: JsonObject): Said {
  const payload = Buffer.from(JSON.stringify(event))
  return { kind: 'said', grammar: '1.0', payload, seen: observe(event), origin: null }
}

function observe({ task, message, statusUpdate, artifactUpdate }: JsonObject): Observation {
  if (isJsonObject(task)) {
    const state = stateOf(task)
    const kind = phaseOf(state)
    return { kind, ...named(task, 'id'), state, last: kind === 'terminal', mark: progressMark(state, null) }
  }
  if (isJsonObject(statusUpdate)) {
    const state = stateOf(statusUpdate)
    const kind = phaseOf(state)
    const mark = progressMark(state, bytesOf(inner(inner(statusUpdate, 'status'), 'message')['parts']))
    return { kind, ...named(statusUpdate, 'taskId'), state, last: kind !== 'open', mark }
  }
  if (isJsonObject(artifactUpdate)) {
    const mark = progressMark('artifact', bytesOf(inner(artifactUpdate, 'artifact')['parts']))
    return { kind: 'open', ...named(artifactUpdate, 'taskId'), state: null, last: false, mark }
  }
  const said = isJsonObject(message) ? message : {}
  return { kind: 'message', ...named(said, 'taskId'), state: null, last: true, mark: progressMark('message', null) }
}

function stateOf(holder: JsonObject): TaskState {
  const { state } = inner(holder, 'status')
  return typeof state === 'string' && isTaskState(state) ? state : 'TASK_STATE_UNSPECIFIED'
}

function named(holder: JsonObject, id: string): Pick<Observation, 'taskId' | 'contextId'> {
  const { [id]: taskId, contextId } = holder
  return {
    taskId: typeof taskId === 'string' ? taskId : null,
    contextId: typeof contextId === 'string' ? contextId : null,
  }
}

function inner(holder: JsonObject, name: string): JsonObject {
  const value = holder[name]
  return isJsonObject(value) ? value : {}
}

function bytesOf(parts: unknown): Buffer | null {
  return parts === undefined ? null : Buffer.from(JSON.stringify(parts))
}
