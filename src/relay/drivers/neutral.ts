/** What a framework did, told as A2A 1.0 (ProtoJSON) whatever its own words are. */
import type { JsonObject } from '../../base/json.ts'
import type { TaskState } from '../../domain/task.ts'

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
