/** What a model used, as its provider counts it, and what that came to. */

/** Whole numbers >= 0, in tokens. Members that are part of another are counted in it too. */
export interface Usage {
  /** Everything that was read, from caches too. */
  readonly input_tokens: number
  /** Of the input: read from a cache. */
  readonly cached_tokens: number
  /** Of the input: written to a cache. */
  readonly cache_write_tokens: number
  /** Of what was written to a cache: kept for an hour. Absent where the provider does not say for how long. */
  readonly cache_write_1h_tokens?: number
  /** Everything that was written, reasoning too. */
  readonly output_tokens: number
  /** Of the output: reasoning that is not shown. */
  readonly reasoning_tokens: number
}

/** Names of what is counted, in the order in which it is told. */
export const usageKinds = [
  'input_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
] as const satisfies readonly (keyof Usage)[]

export const noUsage: Usage = {
  input_tokens: 0,
  cached_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
}

export function plusUsage(one: Usage, other: Usage): Usage {
  return {
    input_tokens: one.input_tokens + other.input_tokens,
    cached_tokens: one.cached_tokens + other.cached_tokens,
    cache_write_tokens: one.cache_write_tokens + other.cache_write_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    reasoning_tokens: one.reasoning_tokens + other.reasoning_tokens,
  }
}

/**
 * Where the numbers come from: the provider said them; a stream was cut before it could, so what was delivered stands for
 * the answer, by its bytes; or nothing was heard and what was reserved is taken as spent.
 */
export type UsageSource = 'provider' | 'delivered' | 'reserved'

/** The bill of one call of a model. */
export interface Metered {
  /** Who answered: `openai/gpt-5.5`, provider and its name for the model. */
  readonly model: string
  readonly usage: Usage
  readonly source: UsageSource
  /** Integer micro-dollars; null where nobody knows the price, which is not zero. */
  readonly cost_micros: number | null
  /** What the input and the output came to; they add up to `cost_micros` but for what is paid per call. */
  readonly input_micros: number | null
  readonly output_micros: number | null
  /** Which list of prices it was billed by: `config`, or the name and version of a price list. Null for an unknown price. */
  readonly prices: string | null
  /**
   * Requests that left for the same call and of which no whole answer was heard; absent for none. Their provider may bill
   * them, so budgets count all that was reserved.
   */
  readonly lost?: number
}

/** What one model used of what an agent reports. */
export interface ModelUsage {
  /** As the agent calls it; null where it does not. */
  readonly model: string | null
  readonly usage: Usage
}

/** What an answer of an agent or a tool was asked about by its price: what it counts, and what it says of its own cost. */
export interface Used {
  /** `reserved`: something was missing or no amount, so the most it may be was booked for that. */
  readonly source: Exclude<UsageSource, 'delivered'>
  /** As the answer counts them; null where the price knows no units, or the answer did not count. */
  readonly units: number | null
  /** Why it was not the answer that said it, for operators; null for `provider`. */
  readonly why: string | null
}

/** All tokens of a bill: what budgets of tokens count. */
export function tokensOf({ input_tokens, output_tokens }: Usage): number {
  return input_tokens + output_tokens
}
