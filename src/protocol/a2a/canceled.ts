/** How a halt ends a stream: to a client it looks like a task that was cancelled, a normal end it knows how to handle. */
import type { JsonObject } from '../../base/json.ts'

export interface CanceledNotice {
  readonly taskId: string
  readonly contextId: string
  readonly messageId: string
  /** The sentence of the denial. */
  readonly sentence: string
  /** The code of the denial. */
  readonly code: string
  readonly run: string
}

/** The event of 1.0; its metadata says to programs what its message says to models. */
export function canceledEvent({ taskId, contextId, messageId, sentence, code, run }: CanceledNotice): JsonObject {
  const message = { messageId, taskId, contextId, role: 'ROLE_AGENT', parts: [{ text: sentence }] }
  const status = { state: 'TASK_STATE_CANCELED', message }
  return { statusUpdate: { taskId, contextId, status, metadata: { 'weir.dev/run': { code, run } } } }
}
