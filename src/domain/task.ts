/** A piece of work at an agent that outlives the call that started it, and whose it is. */
import type { Millis } from '../base/clock.ts'
import type { DialectName } from './call.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'

/** The states of A2A 1.0 section 4.1.3, which every revision and framework is read into. */
export const taskStates = [
  'TASK_STATE_UNSPECIFIED',
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_REJECTED',
  'TASK_STATE_AUTH_REQUIRED',
] as const

export type TaskState = (typeof taskStates)[number]

/** Where a task stands: it is worked on, is over, or waits for its caller. */
export type TaskPhase = 'open' | 'terminal' | 'interrupted'

const phases: Readonly<Record<TaskState, TaskPhase>> = {
  TASK_STATE_UNSPECIFIED: 'open',
  TASK_STATE_SUBMITTED: 'open',
  TASK_STATE_WORKING: 'open',
  TASK_STATE_COMPLETED: 'terminal',
  TASK_STATE_FAILED: 'terminal',
  TASK_STATE_CANCELED: 'terminal',
  TASK_STATE_INPUT_REQUIRED: 'interrupted',
  TASK_STATE_REJECTED: 'terminal',
  TASK_STATE_AUTH_REQUIRED: 'interrupted',
}

export function phaseOf(state: TaskState): TaskPhase {
  return phases[state]
}

export function isTaskState(text: string): text is TaskState {
  return Object.hasOwn(phases, text)
}

/** Who names an id or is told one: an agent for a person, in a run. */
export interface Party {
  readonly agent: AgentId
  readonly person: PersonId | null
  /** Null for a call that opens its run. */
  readonly run: RunId | null
}

/** Whose a task is, and where it is worked on. Durable before the caller hears of the task. */
export interface TaskRow {
  /** The agent that works on it, as callers know it. */
  readonly target: AgentId
  readonly taskId: string
  readonly contextId: string | null
  /** Who started it, in which run. */
  readonly owner: Party
  /** The hop that started it. */
  readonly hop: HopId
  /** From the root agent of the run to `target`: those before the owner may look at the task. */
  readonly chain: readonly AgentId[]
  /** The instance that works on it, by its URL; null where the agent has one. */
  readonly instance: string | null
  /** How the agent is spoken to; null for a framework that speaks no A2A. */
  readonly dialect: DialectName | null
  readonly state: TaskState
  readonly createdAt: Millis
  /** When its state was last seen to change. */
  readonly updatedAt: Millis
  /** What the driver of a framework has to remember of it, JSON; null where nothing. At most 4096 characters. */
  readonly memo: string | null
  /** The task as it was last seen, A2A 1.0 JSON; null where its agent can be asked or it was too large to keep. */
  readonly snapshot: string | null
}
