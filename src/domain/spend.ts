/** What a hop used or may use: tokens, and cost in integer micro-dollars. Both are whole numbers >= 0. */
export interface Spend {
  readonly tokens: number
  readonly cost_micros: number
}

/** What was spent in the end. */
export interface Spent extends Spend {
  /** Calls of models in it whose price nobody knows: what they cost is missing in `cost_micros`. Absent for none. */
  readonly unpriced?: number
}

export const nothingSpent: Spend = { tokens: 0, cost_micros: 0 }

/** `$48.20` of 48200000 micro-dollars; fractions of a cent are shown when they are all there is. */
export function formatMicros(micros: number): string {
  const dollars = micros / 1_000_000
  return micros !== 0 && Math.abs(dollars) < 0.01 ? `$${dollars.toFixed(6)}` : `$${dollars.toFixed(2)}`
}

/** `$1.20`, `unknown (3 calls)`, `$1.20 + unknown (1 call)`: what nobody knows the price of is never shown as zero. */
export function formatCost(micros: number, unpriced: number): string {
  if (unpriced === 0) return formatMicros(micros)
  const unknown = `unknown (${unpriced} ${unpriced === 1 ? 'call' : 'calls'})`
  return micros === 0 ? unknown : `${formatMicros(micros)} + ${unknown}`
}
