/** Revisions of A2A, and what one answer of either says, in neutral words. */
import type { TaskState } from '../../domain/task.ts'

export type A2aVersion = '1.0' | '0.3'

/** Where a task stands after an answer or event, in neutral words. */
export type StateKind = 'open' | 'terminal' | 'interrupted' | 'message' | 'error'

/** What one answer or event says. */
export interface Observation {
  readonly kind: StateKind
  readonly taskId: string | null
  readonly contextId: string | null
  /** Null where nothing is said of it; `TASK_STATE_UNSPECIFIED` for one that nobody knows. */
  readonly state: TaskState | null
  /** Nothing may follow this event: the stream is to be ended now. */
  readonly last: boolean
  /** The same number twice in a row means that nothing has moved; timestamps and message ids do not count. */
  readonly mark: number
}
