/** What the live commands read of the admin listener. */
import type { HopRow } from '../domain/story.ts'

export interface HopList {
  readonly schema: 'weir.hops/v1'
  readonly rows: readonly HopRow[]
  readonly next: string | null
}

export interface TopList {
  readonly schema: 'weir.top/v1'
  readonly window_ms: number
  readonly to: number
  readonly rows: readonly TopLine[]
}

export interface TopLine {
  readonly agent: string
  /** Active runs it takes part in. */
  readonly runs: number
  readonly calls: number
  readonly calls_per_minute: number
  readonly tokens_per_minute: number
  readonly cost_micros_per_minute: number
  /** 0 to 1. */
  readonly deny_share: number
  readonly p99_ms: number | null
  readonly laps: number
  /** The budget of its day that is nearest to its end; null where it has none. */
  readonly budget: TopBudget | null
}

interface TopBudget {
  readonly of: 'tokens' | 'cost_micros'
  readonly spent: number
  /** Spent, and reserved by calls under way. */
  readonly held: number
  readonly max: number
}
