/**
 * What differs between two revisions of A2A: the names of methods and the shapes of answers. Each revision is one
 * table of this form; a further revision or binding is a further table.
 */
import type { JsonSpans } from '../../base/json-scan.ts'
import type { DialectName, Operation } from '../../domain/call.ts'
import type { TaskState } from '../../domain/task.ts'

export interface Revision {
  readonly dialect: DialectName
  /** Exactly as the A2A-Version header spells it. */
  readonly version: A2aVersion
  /** Methods we carry. */
  readonly operations: ReadonlyMap<string, Operation>
  /** Methods of the revision that we do not carry. */
  readonly refused: ReadonlySet<string>
  readonly cancelMethod: string
  /** What an answer or event says about its task; null if it is no answer of this revision. */
  observe(spans: JsonSpans<AnswerPath>): Observation | null
  /** The `result` of the event that tells a client its task was cancelled, as JSON. */
  writeCanceled(notice: CancelNotice): string
}

export type A2aVersion = '1.0' | '0.3'

/** The members of an answer or event that either revision may have. */
export const answerPaths = [
  'id',
  'error',
  'error.code',
  'error.message',
  'result',
  'result.kind',
  'result.id',
  'result.taskId',
  'result.contextId',
  'result.final',
  'result.status.state',
  'result.status.message.parts',
  'result.artifact.parts',
  'result.task.id',
  'result.task.contextId',
  'result.task.status.state',
  'result.message',
  'result.message.taskId',
  'result.message.contextId',
  'result.statusUpdate.taskId',
  'result.statusUpdate.contextId',
  'result.statusUpdate.status.state',
  'result.statusUpdate.status.message.parts',
  'result.artifactUpdate.taskId',
  'result.artifactUpdate.contextId',
  'result.artifactUpdate.artifact.parts',
] as const

export type AnswerPath = (typeof answerPaths)[number]

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

interface CancelNotice {
  readonly taskId: string
  readonly contextId: string
  readonly messageId: string
  readonly sentence: string
  readonly code: string
  readonly run: string
}
