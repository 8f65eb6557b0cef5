/**
 * What a call of a model makes of what is left of its budgets: its input whatever that comes to, and of the answer as much as
 * is left for. The ceiling that goes upstream is exactly the one that was reserved for.
 */
import type { Spend } from '../../domain/spend.ts'
import type { Price } from '../../pricing/contract.ts'

export interface Wanting {
  /** The dearest of the places it may go to; null where nobody knows it, so that only its tokens count. */
  readonly price: Price | null
  /** No tokenizer makes more of what is sent. */
  readonly inputBound: number
  /** The most tokens of one answer: what the caller allows, or else the most the model can; 0 for what answers without tokens. */
  readonly outputWanted: number
  /** Answers at once. */
  readonly choices: number
}

export interface Fitting {
  /** For `Goal.fit`. */
  fit(left: Spend): Spend | null
  /** The most tokens of one answer, of what was reserved. */
  ceilingOf(reserved: Spend): number
}

/** Nobody is helped by a shorter answer, and the Responses API of OpenAI takes no lower `max_output_tokens`. */
const outputLeast = 16

export function fitOf({ price, inputBound, outputWanted, choices }: Wanting): Fitting {
  const least = Math.min(outputWanted, outputLeast)
  const spendAt = (output: number): Spend => ({
    tokens: inputBound + output * choices,
    cost_micros: price?.bound(inputBound, output * choices) ?? 0,
  })
  return {
    fit: (left) => {
      const room = left.tokens - inputBound
      if (room < 0) return null
      const byTokens = Math.min(outputWanted * choices, room)
      const affordable = price ? price.afford(left.cost_micros, inputBound, byTokens) : byTokens
      if (affordable === null) return null
      const output = Math.floor(affordable / choices)
      return output < least ? null : spendAt(output)
    },
    ceilingOf: (reserved) => Math.max(0, Math.floor((reserved.tokens - inputBound) / choices)),
  }
}

/** The price no place of a call is dearer than, as far as prices are known; null where none is. */
export function dearestOf(prices: readonly (Price | null)[]): Price | null {
  const known = prices.filter((price) => price !== null)
  const [first, ...others] = known
  if (first === undefined || others.length === 0) return first ?? null
  return {
    source: first.source,
    bill: (usage) =>
      known
        .map((price) => price.bill(usage))
        .reduce((one, other) => (other.cost_micros > one.cost_micros ? other : one)),
    bound: (input, output) => Math.max(...known.map((price) => price.bound(input, output))),
    afford: (micros, input, wanted) =>
      known.reduce<number | null>(
        (least, price) => (least === null ? null : price.afford(micros, input, least)),
        wanted,
      ),
  }
}
