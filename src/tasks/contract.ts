/** What the rest of the gateway knows of tasks: whose each is, which conversations are whose, who is to hear of them. */
import type { Clock, Millis } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import type { JsonObject } from '../base/json.ts'
import type { Settings } from '../config/settings.ts'
import type { AgentId, PersonId, RunId } from '../domain/ids.ts'
import type { Party, TaskRow, TaskState } from '../domain/task.ts'
import type { JudgeUrl, PostOutside, PushConfigs } from './push/contract.ts'
import type { MayName, Named } from './owner.ts'

export interface TasksSettings {
  /** The state directory; the tasks lie in `tasks.db` in it. */
  readonly dir: string
  /** Where `threads/tasks-worker.ts` is. */
  readonly workerUrl: URL
  /** 32 bytes that outlive restarts: cursors, callbacks and credentials of others are sealed with what is derived of them. */
  readonly secret: Uint8Array
  readonly clock: Clock
  readonly dice: Dice
  readonly maximums: TaskMaximums
  /** How long a task that is over is remembered. */
  readonly tasks_ttl_ms: number
  /** How push notifications leave; it looks at the address it connects to, each time. */
  readonly postOutside: PostOutside
  /** Asked when a client registers a URL. */
  readonly judgeUrl: JudgeUrl
}

export type TaskMaximums = Pick<
  Settings['maximums'],
  'tasks' | 'task_snapshot_chars' | 'contexts' | 'push_configs' | 'push_events' | 'push_event_chars' | 'push_dead'
>

/** Why the tasks could not be opened, as a value. */
export interface TasksProblem {
  readonly kind: 'tasks_problem'
  /** For the operator. */
  readonly sentence: string
}

export interface TaskQuery {
  readonly target: AgentId
  readonly contextId: string | null
  readonly state: TaskState | null
  /** Only tasks whose state changed then or later. */
  readonly since: Millis | null
  /** 1 to 100. */
  readonly pageSize: number
  /** `''` for the first page. */
  readonly pageToken: string
}

export interface TaskPage {
  /** The last changed first. */
  readonly rows: readonly TaskRow[]
  /** `''` where nothing follows. */
  readonly nextPageToken: string
  /** How many there are on all pages together. */
  readonly totalSize: number
}

/** What of a task changes while it is worked on. */
export type TaskChange = Partial<Pick<TaskRow, 'state' | 'updatedAt' | 'memo' | 'snapshot' | 'contextId' | 'instance'>>

export interface Tasks {
  readonly kind: 'tasks'
  /** The task, whoever asks: only behind `maySee` may anybody be told of it. */
  find(target: AgentId, taskId: string): TaskRow | null
  /**
   * Keeps a new or changed row; resolves true when it survives kill -9. In memory it is there at once. False: the disk
   * fails and the row is in memory only, or the row was not taken at all, because the table is full of open tasks or half of it is of this agent's, an id
   * is longer than 512 characters, or the same id is an open task of somebody else.
   */
  put(row: TaskRow): Promise<boolean>
  /** Changes a row, written with the next batch; nothing where it is unknown. */
  update(target: AgentId, taskId: string, change: TaskChange): void
  /** Every task that is not over. */
  open(): Iterable<TaskRow>
  /** Open tasks a run has started, the youngest first: what a halt cancels. */
  openIn(run: RunId): readonly TaskRow[]
  /** The tasks the party may see; null: the cursor is not ours, or not for this party and these filters. */
  list(query: TaskQuery, party: Party): TaskPage | null
  /** Whether the party may name the ids its call names. For the road only: the caller is told the same for all. */
  mayName(named: Named, party: Party): MayName
  /** Whatever is that person's leaves memory and disk. */
  forget(person: PersonId): Promise<void>
  readonly contexts: Contexts
  readonly push: PushConfigs
  readonly size: number
  /** What the start could not read, in sentences; for the log. */
  readonly cuts: readonly string[]
  /** What is wrong, as a sentence; null where nothing is. */
  health(): string | null
  /** Forgets what is over and expired, a bounded number at a time, and tries deliveries that failed. Called once a second. */
  sweep(now: Millis): void
  /** Writes what is owed and ends the thread. */
  close(): Promise<void>
}

/** Whose conversations are. Durable with the next batch. */
export interface Contexts {
  /** A call with that context id goes out: whoever uses an id first is not interrupted by others. */
  use(target: AgentId, contextId: string, party: Party): void
  /** The target named a conversation to that party; false: others use it, and it stays theirs. */
  tell(target: AgentId, contextId: string, party: Party): boolean
  /** What the driver of a framework has to remember of a conversation; null where nothing. */
  memo(target: AgentId, contextId: string): JsonObject | null
  /** Remembers it as long as anybody uses the conversation; nothing where nobody does, or beyond 4096 characters of JSON. */
  remember(target: AgentId, contextId: string, memo: JsonObject): void
}
