/** The words of one conversation with an agent: what the road hands over with a hop, and what comes of it. */
import type { JsonObject } from '../base/json.ts'
import type { Clock } from '../base/clock.ts'
import type { Wheel } from '../base/wheel.ts'
import type { Fault } from '../domain/fault.ts'
import type { ModelUsage } from '../domain/usage.ts'
import type { Denial } from '../domain/verdict.ts'
import type { Said } from '../protocol/a2a/said.ts'
import type { HeaderList } from '../protocol/http.ts'
import type { Driver, Errand, Known, TaskSeen } from './driver.ts'
import type { FeedEnd } from './feed/reader.ts'
import type { Transport } from './wire/transport.ts'

/** What the road hands to the relay with a hop. */
export interface Mission {
  readonly driver: Driver
  readonly errand: Errand
  readonly known: Known
  /** The request in A2A 1.0 JSON. */
  params(): JsonObject
  readonly watch: TaskWatch
  /** Whether a caller that has heard nothing is not told of a fault, because somebody else will answer it. */
  leaves?(fault: Fault): boolean
}

/** The road's eyes on a task. None of it may throw. */
export interface TaskWatch {
  /** Before the first byte of the agent's answer is handed on. */
  onAnswer(): void
  /** The agent named a task. Nothing of it reaches the caller before this holds; false means that it must not. */
  own(task: TaskSeen): boolean | Promise<boolean>
  /** Whether a task the agent named is somebody else's: nothing of it is told, and nothing is done to it. */
  isForeign(taskId: string): boolean
  /** The agent named a conversation in a message that belongs to no task. */
  onContext(contextId: string): void
  /** Something was said about a task that is owned. */
  onSaid(task: TaskSeen, said: Said): void
  /** Nobody reads from the agent any more: the task is over, or was lost sight of. */
  onUnwatched(task: TaskSeen, last: LastSight): void
}

export interface LastSight {
  /** What was seen of the task last. */
  readonly snapshot: () => JsonObject | null
  readonly why: FeedEnd['kind']
}

/** An exchange under way. */
export interface Exchange {
  /** Ends the exchange at once: `gone` because nobody waits for the answer, `aborted` because we stop. */
  abort(why: 'gone' | 'aborted'): void
  /** Ends it at once and tells the caller why: an open stream ends with a terminal event. */
  halt(denial: Denial, cancels?: Cancels): void
  /** The task the target works on, as soon as it named one. */
  readonly taskId: string | null
}

/** Who tells the agent to stop working on a task that was written down: whoever ends the exchange, or the exchange itself. */
export type Cancels = 'caller' | 'exchange'

/** What came of an exchange; handed over exactly once. */
export interface ExchangeOutcome {
  /** `answered` also where the answer is an error of the target. */
  readonly kind: 'answered' | 'fault' | 'gone' | 'halted'
  /** Set for `fault`. */
  readonly fault: Fault | null
  /** What the caller is told instead of an answer; a stream has told it already. Set for `fault` and `halted`. */
  readonly denial: Denial | null
  /** The answer to write; null for streams, which are written already, and where there is none. */
  readonly answer: { readonly status: number; readonly headers: HeaderList; readonly body: Uint8Array | string } | null
  /** JSON-RPC code if the target answered with an error. */
  readonly errorCode: number | null
  /** What the target said inside an error we do not pass on; for operators. */
  readonly detail: string | null
  /** Whether any byte of the call may have reached the target. */
  readonly sent: boolean
  /** Bytes of answer that came from the target. */
  readonly bytesIn: number
  /** Bytes of answer that were written to the caller; 0 where the pipeline writes it. */
  readonly bytesOut: number
  /** From sending to the first byte of the answer, null if there was none. Unit: milliseconds. */
  readonly firstByte_ms: number | null
  /** From sending to the end. Unit: milliseconds. */
  readonly upstream_ms: number
  readonly task: TaskSeen | null
  /** What a framework says its models used; absent or empty where it says nothing of it. */
  readonly usage?: readonly ModelUsage[]
  /** What was answered so far, the task or the message in A2A 1.0: parsed when it is asked for. Null where nothing was. */
  readonly says?: (() => JsonObject | null) | null
}

export type Done = (outcome: ExchangeOutcome) => void

export interface RelaySettings {
  readonly first_byte_ms: number
  readonly idle_ms: number
  readonly stall_ms: number
  readonly heartbeat_ms: number
  readonly answer_bytes: number
  readonly event_bytes: number
  readonly stream_buffer_bytes: number
  /** Events, and bytes of them, that a stream keeps for readers that are behind. */
  readonly stream_log_events: number
  readonly stream_log_bytes: number
  /** Tasks that are followed though nobody reads of them. */
  readonly watched_tasks: number
  /** How often a stream that was lost is looked for again. */
  readonly recover_tries: number
  /** How long a caller waits for the end of a task that its agent does not wait for. */
  readonly blocking_ms: number
}

/** What every exchange works with. */
export interface Bench {
  readonly transport: Transport
  readonly wheel: Wheel
  readonly clock: Clock
  readonly settings: RelaySettings
}
