import type { Millis } from '../base/clock.ts'
import type { DenialCode } from './denials.ts'
import type { AgentId, HopId, PersonId, RunId } from './ids.ts'
import type { Taint } from './principal.ts'
import type { RunGraph } from './run-graph.ts'
import type { Spend } from './spend.ts'

export type RunState = 'active' | 'halted' | 'ended'

/** How a hop found its run, in the order of trust. `trace` and `vendor` are claims that only join what the caller began. */
export type RunOrigin = 'token' | 'header' | 'trace' | 'vendor' | 'inferred' | 'new'

/** Why and by whom a run was halted. */
export interface Halt {
  readonly code: DenialCode | 'operator'
  readonly reason: string
  /** `weir` for a breach, otherwise the operator. */
  readonly actor: string
  readonly at: Millis
  /** The hop that broke the limit, if one did. */
  readonly hop: HopId | null
}

/**
 * One bounded piece of work of many agents, as everyone may read it. Only `limits/runs.ts` changes one;
 * its counters live on the board.
 */
export interface Run {
  readonly id: RunId
  readonly root: AgentId
  readonly person: PersonId | null
  readonly startedAt: Millis
  readonly endsAt: Millis
  readonly graph: RunGraph
  readonly state: RunState
  readonly halt: Halt | null
  /** Hops admitted so far. */
  readonly calls: number
  readonly open: number
  readonly depthMax: number
  readonly spent: Spend
  readonly reserved: Spend
  /** What is left of the run's budget; Infinity where the run has no such budget. */
  readonly left: Spend
  /** How far the outside may have steered it; only ever rises. */
  readonly taint: Taint
}
