/** What work cost, by whoever or whatever it is looked at. */
import { byText } from '../base/by-text.ts'
import type { Usage } from './usage.ts'

export const costDimensions = ['agent', 'team', 'person', 'model', 'tool', 'run'] as const
export type CostDimension = (typeof costDimensions)[number]

/** Names of what is counted and summed, beside the usage of models. */
export const costCounts = [
  'calls',
  'tokens',
  'cost_micros',
  'unpriced',
  'delivered',
  'reserved',
  'open',
  'held_micros',
] as const satisfies readonly (keyof CostSums)[]

/** What calls came to together. */
export interface CostSums {
  /** Calls that were let through and have ended. */
  readonly calls: number
  readonly tokens: number
  readonly cost_micros: number
  /** Of the calls: those of models whose price nobody knows. Their cost is missing in the sum. */
  readonly unpriced: number
  /** Of the calls: answers that were cut and settled by what was delivered. */
  readonly delivered: number
  /** Of the calls: those of which nothing was heard, or a request was lost, settled by what was reserved. */
  readonly reserved: number
  /** Of the tokens: those of models, by kind. */
  readonly usage: Usage
  /** Calls whose end is not in the ledger: under way, or under way when a gateway stopped. Not among the calls. */
  readonly open: number
  /** What these hold. */
  readonly held_micros: number
}

export interface CostRow extends CostSums {
  /** `agent:research`, `openai/gpt-5.5`; null for calls that have nobody there: an agent without a team. */
  readonly key: string | null
}

/** The dearest first. */
export function byCost(a: CostRow, b: CostRow): number {
  return b.cost_micros - a.cost_micros || b.tokens - a.tokens || byText(a.key ?? '', b.key ?? '')
}

export interface CostReport {
  readonly schema: 'weir.cost/v1'
  readonly by: CostDimension
  /** Milliseconds since the epoch; null for everything that is kept. */
  readonly since: number | null
  readonly run: string | null
  /** The dearest first. */
  readonly rows: readonly CostRow[]
  readonly total: CostSums
  /** Places of the ledger that could not be read, in sentences. */
  readonly problems: readonly string[]
}
