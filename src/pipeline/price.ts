/**
 * What a call of an agent or a tool comes to. Before it, the most its price allows; after it, what the answer says, each part
 * that it does not say at the most. Pure: who settles it tells the log.
 */
import { scaledUp } from '../base/decimal.ts'
import { readJson } from '../base/json.ts'
import type { PriceSettings } from '../config/schema-price.ts'
import { type ModelPlace, placeOfModel } from '../config/settings-models.ts'
import type { Spend, Spent } from '../domain/spend.ts'
import { type Metered, type ModelUsage, noUsage, plusUsage, tokensOf, type Usage, type Used } from '../domain/usage.ts'

/** Amounts of one answer beyond it are no amounts: an account could not hold them. */
const most = 2 ** 47 - 1
const usd = 1_000_000

/** What was heard of an answer. */
export interface Heard {
  /** Whether that is all of it. What is cut may have cost more than it says. */
  readonly whole: boolean
  /** The JSON text of the value that a pointer names in it; null where there is none, or no answer. */
  readonly at: (pointer: string) => string | null
  /** What a framework says its models used, by model. */
  readonly usage: readonly ModelUsage[]
}

/** What a model's tokens come to; null where nobody knows its price. */
export type PriceTokens = (place: ModelPlace, usage: Usage) => PricedTokens | null

export interface PricedTokens extends Pick<Metered, 'input_micros' | 'output_micros'> {
  readonly cost_micros: number
  readonly prices: string
}

export interface Bill {
  readonly spent: Spent
  readonly metered: Metered | null
  readonly used: Used | null
}

/** What is reserved for a call: the most it may come to. */
export function mostOf({ call_micros, call_tokens, units, reported }: PriceSettings): Spend {
  const byUnit = units ? units.micros * units.max : 0
  return {
    cost_micros: call_micros + byUnit + (reported?.max_micros ?? 0),
    tokens: call_tokens + (reported?.max_tokens ?? 0),
  }
}

/** The same as a goal has it. */
export function reservedFor(price: PriceSettings): { readonly call_micros: number; readonly call_tokens: number } {
  const { cost_micros, tokens } = mostOf(price)
  return { call_micros: cost_micros, call_tokens: tokens }
}

/** Whether anything of an answer has to be looked at to know what it cost. */
export function readsAnswer({ units, reported }: PriceSettings): boolean {
  return units !== undefined || reported !== undefined
}

export function pointersOf({ units, reported }: PriceSettings): readonly string[] {
  const { max_micros: _micros, max_tokens: _tokens, ...pointers } = reported ?? {}
  return [units?.at, ...Object.values(pointers)].filter((pointer) => pointer !== undefined)
}

/** Null for a price that is known before. */
export function billOf(price: PriceSettings, heard: Heard, priceTokens: PriceTokens): Bill | null {
  if (!readsAnswer(price) && heard.usage.length === 0) return null
  const missing: string[] = []
  const units = unitsOf(price, heard, missing)
  const tokens = tokensHeard(price, heard, missing)
  const known =
    tokens.usage && price.tokens_as !== undefined ? pricedAs(price.tokens_as, tokens.usage, priceTokens) : null
  const cost = costOf(price, heard, missing) ?? known?.cost_micros ?? price.reported?.max_micros ?? 0
  const said: Spend = {
    cost_micros: price.call_micros + units.micros + cost,
    tokens: price.call_tokens + tokens.count,
  }
  const spent = heard.whole ? said : larger(said, mostOf(price))
  if (!heard.whole) missing.unshift('the answer was not heard to its end')
  const used = usedOf(price, units.count, missing)
  const metered = tokens.usage && meteredOf(price, { heard, usage: tokens.usage, known, spent, missing })
  return { spent: metered?.cost_micros === null ? { ...spent, unpriced: 1 } : spent, used, metered }
}

function usedOf(price: PriceSettings, units: number | null, missing: readonly string[]): Used | null {
  if (!readsAnswer(price)) return null
  if (missing.length === 0) return { source: 'provider', units, why: null }
  return { source: 'reserved', units, why: missing.join('; ') }
}

function unitsOf(
  { units }: PriceSettings,
  { at }: Heard,
  missing: string[],
): { readonly count: number | null; readonly micros: number } {
  if (!units) return { count: null, micros: 0 }
  const text = at(units.at)
  const micros = text === null ? null : scaledUp(text, units.micros, most)
  if (text !== null && micros !== null) return { count: Number(text), micros }
  missing.push(noAmount(units.at, text))
  return { count: null, micros: units.micros * units.max }
}

/** What the answer says it cost; null where nobody asks it. */
function costOf({ reported }: PriceSettings, heard: Heard, missing: string[]): number | null {
  if (reported?.cost_usd !== undefined)
    return amountAt(heard, reported.cost_usd, { scale: usd, missing }) ?? reported.max_micros ?? 0
  if (reported?.cost_micros === undefined) return null
  return amountAt(heard, reported.cost_micros, { scale: 1, missing }) ?? reported.max_micros ?? 0
}

interface Tokens {
  readonly count: number
  /** What they were; null where only their number is known. */
  readonly usage: Usage | null
}

function tokensHeard({ reported }: PriceSettings, heard: Heard, missing: string[]): Tokens {
  const usage = heard.usage.reduce((sum, one) => plusUsage(sum, one.usage), noUsage)
  if (heard.usage.length > 0) return { count: Math.min(tokensOf(usage), most), usage }
  const reserved = { count: reported?.max_tokens ?? 0, usage: null }
  const part = (pointer: string): number | null => amountAt(heard, pointer, { scale: 1, missing })
  if (reported?.tokens !== undefined) {
    const count = part(reported.tokens)
    return count === null ? reserved : { count, usage: null }
  }
  if (reported?.input_tokens !== undefined && reported.output_tokens !== undefined) {
    const [input_tokens, output_tokens] = [part(reported.input_tokens), part(reported.output_tokens)]
    if (input_tokens === null || output_tokens === null) return reserved
    return { count: input_tokens + output_tokens, usage: { ...noUsage, input_tokens, output_tokens } }
  }
  if (reported && !pointsAtCost(reported)) missing.push('nothing is said of what was used')
  return reserved
}

function pointsAtCost({ cost_usd, cost_micros }: NonNullable<PriceSettings['reported']>): boolean {
  return cost_usd !== undefined || cost_micros !== undefined
}

interface Amount {
  readonly scale: number
  readonly missing: string[]
}

function amountAt({ at }: Heard, pointer: string, { scale, missing }: Amount): number | null {
  const text = at(pointer)
  const amount = text === null ? null : scaledUp(text, scale, most)
  if (amount === null) missing.push(noAmount(pointer, text))
  return amount
}

/** Nothing of the answer stands in it. */
function noAmount(pointer: string, text: string | null): string {
  return text === null ? `nothing at ${pointer}` : `no amount at ${pointer}`
}

function pricedAs(model: string, usage: Usage, priceTokens: PriceTokens): PricedTokens | null {
  const place = placeOfModel(model)
  return place && priceTokens(place, usage)
}

interface Metering {
  readonly heard: Heard
  readonly usage: Usage
  readonly known: PricedTokens | null
  readonly spent: Spend
  readonly missing: readonly string[]
}

/** The cost is that of the whole call where it is known at all; the parts of the tokens stand beside it. */
function meteredOf(price: PriceSettings, { heard, usage, known, spent, missing }: Metering): Metered {
  const { reported } = price
  const isReported = reported !== undefined && pointsAtCost(reported)
  return {
    model: price.tokens_as ?? modelOf(price, heard),
    usage,
    source: heard.whole ? (missing.length === 0 ? 'provider' : 'reserved') : 'delivered',
    cost_micros: known || isReported ? spent.cost_micros : null,
    input_micros: known?.input_micros ?? null,
    output_micros: known?.output_micros ?? null,
    prices: known?.prices ?? (isReported ? 'reported' : null),
  }
}

/** Unit: characters. */
const model_max = 128
const unknownModel = 'unknown'

/** As the answer calls it; several are `several`. */
function modelOf({ reported }: PriceSettings, { usage, at }: Heard): string {
  const named = new Set(usage.map(({ model }) => model ?? unknownModel))
  if (named.size > 1) return 'several'
  const [only] = named
  const said = only ?? textOf(reported?.model === undefined ? null : at(reported.model))
  return said?.slice(0, model_max) ?? unknownModel
}

function textOf(text: string | null): string | null {
  const read = text === null ? null : readJson(text)
  return read?.ok === true && typeof read.value === 'string' && read.value !== '' ? read.value : null
}

function larger(one: Spend, other: Spend): Spend {
  return {
    tokens: Math.max(one.tokens, other.tokens),
    cost_micros: Math.max(one.cost_micros, other.cost_micros),
  }
}
