/**
 * What a call of a model came to. What the provider says is what is booked; a stream that was cut before it said so is booked
 * by what was delivered, an answer of which nothing was heard by what was reserved, and both say so. A request that was lost on
 * the way to an answer may be billed like one: then budgets count all that was reserved, whatever the answer came to.
 */
import type { ModelCall } from '../../domain/call.ts'
import { nothingSpent, type Spend, type Spent } from '../../domain/spend.ts'
import { type Metered, tokensOf, type Usage, type UsageSource } from '../../domain/usage.ts'
import type { Price } from '../../pricing/contract.ts'
import type { ModelOutcome, Told } from '../../relay/models/contract.ts'
import { modelName } from '../../config/settings-models.ts'

interface Heard extends Pick<ModelOutcome, 'told' | 'sent' | 'lost'> {
  /** Whether whoever answers is known to reason where nobody sees it: then what was seen bounds nothing. */
  readonly reasons?: boolean
}

/**
 * Null where nothing was used: nothing left, or the provider answered with an error. `price` is that of whoever answered, or
 * the dearest of those who may have; null where nobody knows it.
 */
export function meterOf(
  call: Pick<ModelCall, 'target' | 'inputBound'>,
  { told, sent, lost = 0, reasons = false }: Heard,
  price: Price | null,
  reserved: Spend,
): Metered | null {
  if (!sent) return null
  const bound = boundsOf(call, reserved)
  const metered = told && answerBill(told, { bound, reasons }, price)
  if (metered && lost === 0) return metered
  if (told && lost === 0) return null
  const bill = metered ?? reservedBill(call.target.id, bound, price, reserved)
  return lost === 0 ? bill : { ...bill, lost }
}

interface Cut {
  readonly bound: Bounds
  readonly reasons: boolean
}

function answerBill(told: Told, { bound, reasons }: Cut, price: Price | null): Metered | null {
  const { provider, model } = told.candidate
  const name = modelName({ provider: provider.id, model })
  if (told.final && told.usage !== null) return billed(name, told.usage, 'provider', price)
  if (told.final && told.delivered_bytes === 0) return null
  const isSeen = !reasons && Number.isFinite(told.delivered_bytes)
  const delivered_bytes = isSeen ? told.delivered_bytes : Number.POSITIVE_INFINITY
  return billed(name, delivered({ ...told, delivered_bytes }, bound), isSeen ? 'delivered' : 'reserved', price)
}

/** What budgets count. One whose price nobody knows costs nothing there, but is counted as such. */
export function spendOf({ usage, cost_micros, lost }: Metered, reserved: Spend): Spent {
  const least = lost === undefined ? nothingSpent : reserved
  const tokens = Math.max(tokensOf(usage), least.tokens)
  if (cost_micros === null) return { tokens, cost_micros: least.cost_micros, unpriced: 1 }
  return { tokens, cost_micros: Math.max(cost_micros, least.cost_micros) }
}

/** What the caller is told it cost: as it is booked, and of what parts where these add up to that. Null for an unknown price. */
export function toldOfCost(metered: Metered | null, spent: Spent): Metered | Spend | null {
  if (metered === null) return spent
  if (metered.cost_micros === null) return null
  return metered.lost === undefined ? metered : spent
}

/** The most it may have read and written, as it was reserved. */
type Bounds = Readonly<Record<'input' | 'output', number>>

function boundsOf({ inputBound }: Pick<ModelCall, 'inputBound'>, { tokens }: Spend): Bounds {
  const input = Math.min(inputBound, tokens)
  return { input, output: tokens - input }
}

/** No token is less than a byte. What the provider said of the answer so far is a fact also where it is more. */
function delivered({ usage, delivered_bytes }: Told, bound: Bounds): Usage {
  const output = Math.min(delivered_bytes, bound.output)
  if (usage === null) return usageOf(bound.input, output)
  return { ...usage, output_tokens: Math.max(usage.output_tokens, output) }
}

function usageOf(input_tokens: number, output_tokens: number): Usage {
  return { input_tokens, cached_tokens: 0, cache_write_tokens: 0, output_tokens, reasoning_tokens: 0 }
}

function billed(model: string, usage: Usage, source: UsageSource, price: Price | null): Metered {
  const bill = price?.bill(usage) ?? { cost_micros: null, input_micros: null, output_micros: null }
  return { model, usage, source, ...bill, prices: price?.source ?? null }
}

/** All that was reserved, whatever part of it the input would have come to. */
function reservedBill(model: string, bound: Bounds, price: Price | null, reserved: Spend): Metered {
  const metered = billed(model, usageOf(bound.input, bound.output), 'reserved', price)
  if (metered.cost_micros === null) return metered
  const { cost_micros } = reserved
  const input_micros = Math.min(metered.input_micros ?? 0, cost_micros)
  return { ...metered, cost_micros, input_micros, output_micros: cost_micros - input_micros }
}
