/**
 * Looks at the answer to a call of a tool whose price depends on it, as it passes. Only what the price points at is kept, and
 * calls of all other tools have no meter.
 */
import { bytesByPointer } from '../../base/json-pointer.ts'
import { scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { PriceSettings } from '../../config/schema-price.ts'
import { toolRowOf } from '../../config/tool-row.ts'
import { nameOfTool } from '../../domain/call.ts'
import type { ExchangeOutcome } from '../../relay/exchange.ts'
import { billOfTool } from '../bill.ts'
import { type Bill, pointersOf, readsAnswer } from '../price.ts'
import type { ToolServerEntry } from '../road.ts'
import type { McpVisit } from './threshold.ts'

export interface Meter {
  /** A message of the server; only one with a result for the request counts. */
  message(message: Buffer): void
  /** The result by itself. */
  result(result: Buffer): void
  bill(visit: McpVisit, outcome: ExchangeOutcome): Bill | null
}

/** Null for a price that is known before. */
export function meterOf(visit: McpVisit, { settings }: Pick<ToolServerEntry, 'settings'>): Meter | null {
  const { price } = toolRowOf(settings, nameOfTool(visit.call.target))
  return readsAnswer(price) ? new ResultMeter(price, visit.call.rpcId) : null
}

/** The same handing-on, seen by the meter. */
export function metered<Answer>(
  meter: Meter | null,
  rewrite: ((message: Buffer) => Answer) | null,
): ((message: Buffer) => Answer | Buffer) | null {
  if (meter === null) return rewrite
  return (message) => {
    meter.message(message)
    return rewrite === null ? message : rewrite(message)
  }
}

const answerShape = jsonShape(['id', 'result'], 'ignore')
const anyShape = jsonShape([], 'ignore')

class ResultMeter implements Meter {
  readonly #price: PriceSettings
  readonly #rpcId: string
  #texts: ReadonlyMap<string, string> = new Map()

  constructor(price: PriceSettings, rpcId: string) {
    this.#price = price
    this.#rpcId = rpcId
  }

  message(message: Buffer): void {
    const spans = scanJson(message, answerShape)
    if (spans.kind === 'mistake' || spans.raw('id') !== this.#rpcId) return
    const result = spans.slice('result')
    if (result !== null) this.#keep(result)
  }

  result(result: Buffer): void {
    if (scanJson(result, anyShape).kind === 'spans') this.#keep(result)
  }

  bill(visit: McpVisit, outcome: ExchangeOutcome): Bill | null {
    return billOfTool(visit, this.#price, outcome, (pointer) => this.#texts.get(pointer) ?? null)
  }

  #keep(result: Buffer): void {
    const found = pointersOf(this.#price).flatMap((pointer): readonly (readonly [string, string])[] => {
      const value = bytesByPointer(result, pointer)
      return value === null ? [] : [[pointer, value.toString('utf8', 0, kept_bytes)]]
    })
    this.#texts = new Map(found)
  }
}

/** No amount and no name of a model is longer; what is cut here is neither. */
const kept_bytes = 512
