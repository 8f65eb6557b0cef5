/** Who is to hear of a task, what they are told, and how agents tell us. */
import type { Fault } from '../../domain/fault.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Party, TaskRow } from '../../domain/task.ts'
import type { HeaderList, HeaderMap } from '../../protocol/http.ts'

/** The revision of A2A a client has registered with, in which it is told. */
export type PushVersion = '1.0' | '0.3'

/** Where a client wants to hear of a task (A2A 1.0 section 4.3.1), as it may be shown: without what proves who we are. */
export interface PushConfig {
  readonly id: string
  readonly url: string
  /** The scheme of `Authorization` its receiver wants; null where none. */
  readonly scheme: string | null
  readonly version: PushVersion
}

/** The same as a client hands it in. */
export interface PushDraft extends Omit<PushConfig, 'id'> {
  /** Null: one is minted. */
  readonly id: string | null
  readonly token: string | null
  readonly credentials: string | null
}

export interface PushProblem {
  readonly kind: 'push_problem'
  readonly reason: 'bad_url' | 'too_many' | 'full' | 'not_kept' | 'not_yours'
  /** May be shown to the client. */
  readonly sentence: string
}

/** What an agent is to prove that it calls back about a task of its own. */
export interface CallbackSecrets {
  /** A segment of a path. */
  readonly opaque: string
  readonly token: string
  /** For `Authorization: Bearer`. */
  readonly credentials: string
}

/** An event that was not delivered in a day, or for which there was no room. */
export interface DeadLetter {
  /** The delivery id its receiver would have seen. */
  readonly id: string
  readonly target: AgentId
  readonly taskId: string
  readonly configId: string
  readonly seq: number
  /** When it happened, and when it was given up. */
  readonly at: number
  readonly diedAt: number
  readonly reason: string
}

/** Posts to an address outside, once and without following redirects. Never rejects. */
export type PostOutside = (request: {
  readonly url: string
  readonly headers: HeaderList
  readonly body: Uint8Array
  readonly timeout_ms: number
}) => Promise<{ readonly status: number } | Fault>

/** Why nothing may be posted to a URL, as a sentence for the client; null where it may. */
export type JudgeUrl = (url: string) => string | null

export interface PushConfigs {
  /** Registers or replaces a config; resolves when it survives kill -9. A task has at most 16. */
  put(config: PushDraft, row: TaskRow, caller: Party): Promise<PushConfig | PushProblem>
  get(target: AgentId, taskId: string, configId: string): PushConfig | null
  /** In the order in which they were registered. */
  list(target: AgentId, taskId: string): readonly PushConfig[]
  /** Takes it away with all that waits for it; false where there is none. Resolves when it stays away. */
  delete(target: AgentId, taskId: string, configId: string): Promise<boolean>
  /**
   * Tells every config of a task of an event, each in its order and at least once. `bodies` writes it for a version and is
   * asked once for each that is needed. `seq` grows by each event of a task; one that this process was handed before is
   * not told again. Resolves true when all of it survives kill -9 or there was nothing to do.
   */
  notify(target: AgentId, taskId: string, seq: number, bodies: (version: PushVersion) => Uint8Array): Promise<boolean>
  /** What we register with the agent of a task; the same for as long as the task is known. Null for an unknown task. */
  secretsFor(target: AgentId, taskId: string): CallbackSecrets | null
  /** The task a callback is about; null where it proves nothing. */
  accept(opaque: string, headers: HeaderMap): TaskRow | null
  /** The open tasks somebody wants to hear of: to be followed again after a start. */
  awaited(): readonly TaskRow[]
  /** Gives up what waits for tasks of which nobody may be told any more; it is kept among the dead letters. */
  withdraw(barred: (row: TaskRow) => boolean): void
  /** The newest first. */
  dead(): readonly DeadLetter[]
  /** Tries a dead letter again, behind whatever waits for its config; false where either is gone or there is no room. */
  retry(id: string): boolean
  /** Events that wait for delivery. */
  readonly waiting: number
}
