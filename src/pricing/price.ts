/**
 * A price sheet as a `Price`. Rates are whole pico-dollars a token, which holds what is quoted as dollars for a million
 * tokens to six decimals; each is kept as whole micro-dollars and the picos beyond them, so that every product and every sum
 * is an exact integer below 2^53 and nothing is rounded but once, up, at the end.
 */
import { assert } from '../base/assert.ts'
import type { Usage } from '../domain/usage.ts'
import type { Bill, Price } from './contract.ts'

/** What a token costs: `micros` micro-dollars and `picos` pico-dollars, fewer than a million of them. */
export interface Rate {
  readonly micros: number
  readonly picos: number
}

/** What each kind of token costs. */
export interface Rates {
  /** What is read and in no cache. */
  readonly input: Rate
  readonly cached: Rate
  readonly cacheWrite: Rate
  readonly cacheWrite1h: Rate
  /** What is written and shown. */
  readonly output: Rate
  readonly reasoning: Rate
}

/** The rates of calls that read at most `upTo` tokens, and more than the band before. */
export interface Band {
  readonly upTo: number
  readonly rates: Rates
}

export interface Sheet {
  readonly source: string
  /** Every call, beside its tokens. */
  readonly call: Rate
  /** By what they read, the last one without an end. */
  readonly bands: readonly Band[]
}

/** A sum that may have more than a million picos. */
type Amount = Rate

const picosPerMicro = 1_000_000
/** No answer has more; a count above it is taken for this one, so that sums at a million micro-dollars a token stay exact. */
const tokensCeiling = 4_000_000_000
/** A double carries this many digits of a decimal for certain; what comes after them was never quoted. */
const quotedDigits = 15
const nothing: Rate = { micros: 0, picos: 0 }

/**
 * Reads a quotation in dollars for a million units, 0 to a million. One with more than six decimals, such as a twelfth of a
 * dollar, is rounded up.
 */
export function rateOf(dollarsPerMillion: number): Rate {
  assert(
    dollarsPerMillion >= 0 && dollarsPerMillion <= 1_000_000,
    'a price is none below zero and none beyond the table',
  )
  const [digits = '0', exponent = '0'] = dollarsPerMillion.toExponential(quotedDigits - 1).split('e')
  const shift = Number(exponent) - (quotedDigits - 1) + 6
  const mantissa = BigInt(digits.replace('.', ''))
  const picos = shift >= 0 ? mantissa * 10n ** BigInt(shift) : divideUp(mantissa, 10n ** BigInt(-shift))
  return { micros: Number(picos / BigInt(picosPerMicro)), picos: Number(picos % BigInt(picosPerMicro)) }
}

export function picosOf({ micros, picos }: Rate): number {
  return micros * picosPerMicro + picos
}

export function priceOf({ source, call, bands }: Sheet): Price {
  const dearest = bands.map(({ upTo, rates }) => ({ upTo, ...dearestOf(rates) }))
  const bound = (input: number, output: number): number => {
    const [read, written] = [counted(input), counted(output)]
    let most = 0
    let from = -1
    for (const band of dearest) {
      // A band is reached by what reads more than the one before it; there the most that it allows is the dearest.
      if (read <= from) break
      from = band.upTo
      const tokens = plus(times(Math.min(read, band.upTo), band.input), times(written, band.output))
      most = Math.max(most, roundedUp(plus(tokens, call)))
    }
    return most
  }
  return {
    source,
    bill: (usage) => billOf(usage, bandOf(bands, counted(usage.input_tokens)).rates, call),
    bound,
    afford: (micros, input, wanted) => affordable(wanted, (output) => bound(input, output) <= micros),
  }
}

/** The largest output that fits, by halving: what fits leaves room for everything smaller. */
function affordable(wanted: number, fits: (output: number) => boolean): number | null {
  if (fits(wanted)) return wanted
  if (wanted < 1 || !fits(1)) return null
  let [fitting, beyond] = [1, wanted]
  while (beyond - fitting > 1) {
    const middle = Math.floor((fitting + beyond) / 2)
    if (fits(middle)) fitting = middle
    else beyond = middle
  }
  return fitting
}

/** The input is rounded up, and what is then missing of the sum rounded up is the output's: so nothing read or written costs nothing. */
function billOf(usage: Usage, rates: Rates, call: Rate): Bill {
  const input = inputOf(usage, rates)
  const tokens = plus(input, outputOf(usage, rates))
  const input_micros = roundedUp(input)
  return {
    cost_micros: roundedUp(plus(tokens, call)),
    input_micros,
    output_micros: roundedUp(tokens) - input_micros,
  }
}

/** Parts that a provider says are larger than the whole are taken as the whole. */
function inputOf(usage: Usage, rates: Rates): Amount {
  const all = counted(usage.input_tokens)
  const cached = Math.min(counted(usage.cached_tokens), all)
  const written = Math.min(counted(usage.cache_write_tokens), all - cached)
  const caches = plus(times(cached, rates.cached), writesOf(usage, written, rates))
  return plus(times(all - cached - written, rates.input), caches)
}

/** How long they are kept is said by who knows of it; of one who says nothing they are taken as the dearer. */
function writesOf(usage: Usage, written: number, { cacheWrite, cacheWrite1h }: Rates): Amount {
  if (usage.cache_write_1h_tokens === undefined) return times(written, dearer(cacheWrite, cacheWrite1h))
  const long = Math.min(counted(usage.cache_write_1h_tokens), written)
  return plus(times(written - long, cacheWrite), times(long, cacheWrite1h))
}

function outputOf(usage: Usage, rates: Rates): Amount {
  const all = counted(usage.output_tokens)
  const reasoning = Math.min(counted(usage.reasoning_tokens), all)
  return plus(times(all - reasoning, rates.output), times(reasoning, rates.reasoning))
}

function bandOf(bands: readonly Band[], input: number): Band {
  const band = bands.find(({ upTo }) => input <= upTo)
  assert(band !== undefined, 'the last band has no end')
  return band
}

function dearestOf(rates: Rates): { readonly input: Rate; readonly output: Rate } {
  const { input, cached, cacheWrite, cacheWrite1h, output, reasoning } = rates
  return { input: [cached, cacheWrite, cacheWrite1h].reduce(dearer, input), output: dearer(output, reasoning) }
}

function dearer(one: Rate, other: Rate): Rate {
  return picosOf(one) >= picosOf(other) ? one : other
}

function counted(tokens: number): number {
  return Math.min(tokens, tokensCeiling)
}

function times(tokens: number, { micros, picos }: Rate): Amount {
  return tokens === 0 ? nothing : { micros: tokens * micros, picos: tokens * picos }
}

function plus(one: Amount, other: Amount): Amount {
  return { micros: one.micros + other.micros, picos: one.picos + other.picos }
}

function roundedUp({ micros, picos }: Amount): number {
  const rest = picos % picosPerMicro
  return micros + (picos - rest) / picosPerMicro + (rest > 0 ? 1 : 0)
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}
