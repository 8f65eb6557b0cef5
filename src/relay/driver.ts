/**
 * How an agent is spoken to. The relay and the road know agents only through this: an agent that speaks A2A has the
 * driver of its dialect, a framework with an API of its own has one that makes A2A of it.
 */
import type { JsonObject } from '../base/json.ts'
import type { Call } from '../domain/call.ts'
import type { Fault } from '../domain/fault.ts'
import type { TaskState } from '../domain/task.ts'
import type { ModelUsage } from '../domain/usage.ts'
import type { Claim, Denial, Hop, Probe } from '../domain/verdict.ts'
import type { HeaderList } from '../protocol/http.ts'
import type { AgentError, Said } from '../protocol/a2a/said.ts'

/**
 * What is asked of an agent. Only a Hop starts work; only a Claim goes on with what a Hop has started. A Probe does both,
 * for an operator who looks whether the agent works, and in no gateway.
 */
export type Ask = StartAsk | FollowAsk

export interface StartAsk {
  readonly operation: 'send' | 'stream'
  readonly warrant: Hop | Probe
  readonly call: Call
  /** The request in A2A 1.0 JSON (`SendMessageRequest`), read when it is first asked for; without any push config. */
  params(): JsonObject
  /** `params` asks for something else than the bytes of the call, so they must not be forwarded. */
  readonly rewritten?: boolean
  readonly known: Known
}

export interface FollowAsk {
  readonly operation: 'get' | 'subscribe' | 'cancel'
  /** A Hop cancels the task it started itself, when it is halted. */
  readonly warrant: Claim | Hop | Probe
  readonly taskId: string
  readonly historyLength: number | null
  readonly known: Known
}

/** What is remembered of the task or, for a new task, of its conversation. */
export interface Known {
  /** The instance it must go to, by its URL; null for any. */
  readonly instance: string | null
  /** What the driver said of the task with `onMemo`; null for a new one. */
  readonly task: JsonObject | null
  /** What the driver said of the conversation. */
  readonly context: JsonObject | null
}

/** What goes along with it. */
export interface Errand {
  /** The delivery token: what the target forwards to stay in the run; null for a target that gets another token instead. */
  readonly delivery: string | null
  /** What we prove to the target ourselves: headers whose names neither operator nor caller set. */
  readonly credential: HeaderList
  /** Headers of the caller that may cross, as `headersUpwards` picks them. */
  readonly headers: HeaderList
  /** Asked before anything of a stream is passed on: why it must not go on, or null. Costs next to nothing. */
  readonly standing: () => Denial | null
}

/**
 * Hears of one ask: maybe memos, then what the agent says, then exactly one of end, error and fault. Nothing after
 * `abort`, and nothing before `open` has returned. A `send`, `get` or `cancel` hears `onSaid` once.
 */
export interface Ear {
  /** The agent has begun to answer; these headers of it may cross. */
  onHead(headers: HeaderList): void
  /** To be remembered with the task or the conversation; before the `onSaid` that first names the task. */
  onMemo(memo: Partial<Pick<Known, 'task' | 'context'>>): void
  onSaid(said: Said): void
  /** What the agent failed with inside an answer that does not tell it: for operators, never for callers. Before its `onSaid`. */
  onDetail?(detail: string): void
  /** What models have used for this ask so far, all of it each time; the last word counts. */
  onUsage?(usage: readonly ModelUsage[]): void
  /** Bytes of a stream that say nothing: comments, heartbeats. */
  onQuiet(): void
  onEnd(): void
  onError(error: AgentError): void
  onFault(fault: Fault): void
}

/** What is known of a task an agent works on, as far as it said. */
export interface TaskSeen {
  readonly id: string
  readonly contextId: string | null
  /** Null while the target has said nothing of it. */
  readonly state: TaskState | null
  /** Whether the target still works on it, as far as the last answer or event said. */
  readonly open: boolean
  /** Where it is worked on; null where the agent has one instance. */
  readonly instance: string | null
  /** What the driver wants to be remembered. */
  readonly memo: Partial<Pick<Known, 'task' | 'context'>> | null
}

/** One ask under way. */
export interface Line {
  /** Lets go of it; its ear hears nothing more. The agent may go on working. */
  abort(): void
  pause(): void
  resume(): void
  /** Whether any byte of the request may have left. */
  readonly sent: boolean
  /** The instance it went to, by its URL; null where the agent has one, or none was chosen yet. */
  readonly instance: string | null
  /** The task it waits for, where that was shown to it and not to its ear yet: to be cancelled when it is halted. */
  readonly awaited?: TaskSeen | null
}

/** What an agent can do by itself; the relay makes up for the rest. */
export interface Features {
  /** It answers `stream` with events while it works. Without: the relay asks `send` and then polls `get`. */
  readonly stream: boolean
  /** It can be asked about a task that it works on. */
  readonly get: boolean
  readonly subscribe: boolean
  readonly cancel: boolean
  /** `send` waits for the end of the task where the caller asked for it. Without: the relay polls. */
  readonly blocking: boolean
}

export interface Driver {
  readonly features: Features
  open(ask: Ask, errand: Errand, ear: Ear): Line
}
