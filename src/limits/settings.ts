/** What this organ needs of the configuration: every limit as a ceiling and a mode. Absent means no limit. */
import type { AgentId, PersonId, TeamId } from '../domain/ids.ts'

/**
 * `enforce` refuses; `warn` and `shadow` let the call through and name the limit in its record. In both of them the
 * counters go past the limit, so that the page shows what enforcing would have meant.
 */
export type LimitMode = 'shadow' | 'warn' | 'enforce'

export interface Limit {
  readonly max: number
  readonly mode: LimitMode
}

/** How often, and how many of these at once after a pause; without `burst` a whole minute's worth. */
export interface RateLimit extends Limit {
  readonly burst?: number | undefined
}

export interface RunLimits {
  readonly depth_max?: Limit | undefined
  readonly laps_max?: Limit | undefined
  readonly calls_max?: Limit | undefined
  readonly fan_out_max?: Limit | undefined
  readonly concurrency_max?: Limit | undefined
  readonly wall_clock_ms?: Limit | undefined
  readonly tokens_max?: Limit | undefined
  readonly cost_micros_max?: Limit | undefined
}

/** Budgets for a day are for a day in UTC. */
export interface TeamLimits {
  readonly tokens_per_day?: Limit | undefined
  readonly cost_micros_per_day?: Limit | undefined
}

export interface AgentLimits extends TeamLimits {
  readonly invokes_per_minute?: RateLimit | undefined
  readonly concurrency_max?: Limit | undefined
}

export interface LimitSettings {
  /** What a breach does beside refusing the call: halt its run and alert, or nothing more. */
  readonly on_breach: 'halt' | 'refuse'
  readonly run: RunLimits
  /** For agents, teams and persons that have no row of their own; a row stands alone and is not merged here. */
  readonly agent: AgentLimits
  readonly team: TeamLimits
  /** For each person a run is for. */
  readonly person: TeamLimits
  readonly agents: ReadonlyMap<AgentId, AgentLimits>
  readonly teams: ReadonlyMap<TeamId, TeamLimits>
  readonly people: ReadonlyMap<PersonId, TeamLimits>
  /** Calls of one tool that may be open at once, by its name as a target; those that have no limit are not there. */
  readonly tools: ReadonlyMap<string, Limit>
}

/** The ceilings of this organ's own stores. */
export interface LimitMaximums {
  readonly runs: number
  readonly edges_per_run: number
  /** Trace and session ids by which callers find one run. */
  readonly run_aliases: number
  /** Budget ceilings of tokens that are counted at once. */
  readonly grants: number
  /** Agents in one delegation chain, enforced whatever the modes say. */
  readonly chain: number
}
