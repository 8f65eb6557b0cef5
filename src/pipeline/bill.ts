/** What a call that is over has cost, by the price of its target and by what was heard of its answer. */
import { exactNumber } from '../base/exact-json.ts'
import { valueByPointer } from '../base/json-pointer.ts'
import type { PriceSettings } from '../config/schema-price.ts'
import { type AnyCall, targetName } from '../domain/call.ts'
import type { Hop } from '../domain/verdict.ts'
import type { ExchangeOutcome } from '../relay/exchange.ts'
import { type Bill, billOf, type Heard, readsAnswer } from './price.ts'
import type { AnyVisit, Visit } from './visit.ts'

/** Null where the price was known before. */
export function billOfAgent(visit: Visit, outcome: ExchangeOutcome): Bill | null {
  const { call, snapshot } = visit
  const price = call.target.kind === 'agent' ? snapshot.agents.get(call.target.id)?.settings.price : undefined
  if (!price) return null
  const { usage = [] } = outcome
  if (usage.length === 0 && !readsAnswer(price)) return null
  // Parsed once, and only here.
  const said = readsAnswer(price) ? (outcome.says?.() ?? null) : null
  const at = (pointer: string): string | null => textOf(valueByPointer(said, pointer))
  return billed(visit, price, { whole: isWhole(outcome), at, usage })
}

/** The same of a tool, whose answer was looked at as it passed. */
export function billOfTool(
  visit: AnyVisit,
  price: PriceSettings,
  outcome: ExchangeOutcome,
  at: Heard['at'],
): Bill | null {
  return readsAnswer(price) ? billed(visit, price, { whole: isWhole(outcome), at, usage: [] }) : null
}

/** A task that goes on may go on to cost. */
function isWhole({ kind, task }: ExchangeOutcome): boolean {
  return kind === 'answered' && task?.open !== true
}

function billed({ snapshot, road }: AnyVisit, price: PriceSettings, heard: Heard): Bill | null {
  return billOf(price, heard, (place, usage) => {
    const known = snapshot.prices.find(place, road.clock.now())
    return known ? { ...known.bill(usage), prices: known.source } : null
  })
}

/** Metadata of A2A are protobuf values (google.protobuf.Struct), whose numbers have no more digits than these. */
function textOf(value: unknown): string | null {
  return value === undefined ? null : (exactNumber(value) ?? JSON.stringify(value))
}

/** Said once a run: whoever reports more than its maximum spends what nobody reserved. */
export function tellBeyond({ road, run }: AnyVisit, { id, call, lease }: Hop<AnyCall>, { spent }: Bill): void {
  const { reserved } = lease
  if (spent.cost_micros <= reserved.cost_micros && spent.tokens <= reserved.tokens) return
  const target = targetName(call.target)
  if (run?.warnsFirst(`price of ${target}`) === false) return
  const told = `${spent.cost_micros} micro-dollars and ${spent.tokens} tokens`
  const held = `${reserved.cost_micros} and ${reserved.tokens} were reserved`
  road.log.warn(`a call of ${target} cost more than its price allows: ${told}; ${held}`, { hop: id })
}
