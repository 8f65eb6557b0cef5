/**
 * The prices of `@pydantic/genai-prices` that came with the package: nothing is fetched, ever. Its rows are read into sheets;
 * which row stands depends on the date and, at some providers, on the hour.
 *
 * What a row asks for and no usage tells us (web searches, sound and pictures that are read) is not billed, and the source
 * says so: `genai-prices 0.1.8 without input_audio, web_searches`. A model that writes pictures, sound or video at a price
 * of their own, or that has no price for what it reads, has no price here: half of one would pass for all of it.
 */
import {
  calcPrice,
  type ConditionalPrice,
  findProvider,
  type ModelPrice,
  type TieredPrices,
} from '@pydantic/genai-prices'
import { day_ms, type Millis } from '../base/clock.ts'
import { type Band, type Rate, type Rates, rateOf, type Sheet } from './price.ts'

/** That of the package in package.json; a test holds them together. */
export const listVersion = '0.1.8'

/** A sheet, or null for what has no price, and when it stands. */
export interface ListRow {
  readonly sheet: Sheet | null
  standsAt(now: Millis): boolean
}

const seenKeys = new Set([
  'input_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
  'output_mtok',
  'output_reasoning_mtok',
  'requests_kcount',
])
const mediaWritten = ['output_audio_mtok', 'output_image_mtok', 'output_video_mtok']

/** The name of the provider in the list: one that is spelt exactly so, or the one whose API is at that address. */
export function listedProvider(named: { readonly name: string | null; readonly url: string | null }): string | null {
  const { name, url } = named
  if (name !== null) return findProvider({ providerId: name })?.id === name ? name : null
  return url === null ? null : (findProvider({ providerApiUrl: url })?.id ?? null)
}

/** The rows of a model, the last one that stands being its price and else the first; none for an unknown model. */
export function listedRows(providerId: string, model: string): readonly ListRow[] {
  const found = calcPrice({}, model, { providerId, timestamp: new Date(0) })
  if (found === null) return []
  const { prices } = found.model
  const rows: readonly ConditionalPrice[] = Array.isArray(prices) ? prices : [{ prices }]
  return rows.map(({ constraint, prices: row }) => ({ sheet: sheetOf(row), standsAt: standingOf(constraint) }))
}

function standingOf(constraint: ConditionalPrice['constraint']): (now: Millis) => boolean {
  if (constraint === undefined) return () => true
  if (constraint.type === 'start_date') {
    const from = Date.parse(constraint.start_date)
    return (now) => now >= from
  }
  const [from, to] = [timeOfDay(constraint.start_time), timeOfDay(constraint.end_time)]
  return (now) => {
    const at = now % day_ms
    return to < from ? at >= from || at < to : at >= from && at < to
  }
}

/** Milliseconds since midnight in UTC of `16:30:00Z`, also with an offset: `18:30:00+02:00`. */
function timeOfDay(text: string): number {
  return ((Date.parse(`1970-01-02T${text}`) % day_ms) + day_ms) % day_ms
}

function sheetOf(row: ModelPrice): Sheet | null {
  const keys = Object.keys(row).filter((key) => row[key] !== undefined)
  if (row['input_mtok'] === undefined || mediaWritten.some((key) => keys.includes(key))) return null
  const unseen = keys
    .filter((key) => !seenKeys.has(key))
    .map((key) => key.replace(/_(?:mtok|kcount|kpages|hours)$/, ''))
  const without = unseen.length === 0 ? '' : ` without ${unseen.toSorted().join(', ')}`
  return {
    source: `genai-prices ${listVersion}${without}`,
    // A thousand requests cost so many dollars: a million cost a thousand times as many.
    call: rateOf(at(row['requests_kcount'], 0, 0) * 1000),
    bands: bandsOf(row),
  }
}

function bandsOf(row: ModelPrice): readonly Band[] {
  const starts = Object.values(row).flatMap((price) =>
    typeof price === 'object' ? price.tiers.map(({ start }) => start) : [],
  )
  const ends = [...new Set(starts)].toSorted((a, b) => a - b)
  return [...ends, Number.POSITIVE_INFINITY].map((upTo, band) => ({
    upTo,
    // Any count of the band: its first.
    rates: ratesAt(row, (ends[band - 1] ?? -1) + 1),
  }))
}

/** What a kind of token has no price of its own for costs what the kind it is part of does. */
function ratesAt(row: ModelPrice, input: number): Rates {
  const rate = (key: string, otherwise: number): number => at(row[key], input, otherwise)
  const read = rate('input_mtok', 0)
  const cacheWrite = rate('cache_write_mtok', read)
  // What reads only, as embedding models do, writes nothing; what is written all the same is not free.
  const written = rate('output_mtok', read)
  const rates = {
    input: read,
    cached: rate('cache_read_mtok', read),
    cacheWrite,
    cacheWrite1h: rate('cache_write_1h_mtok', cacheWrite),
    output: written,
    reasoning: rate('output_reasoning_mtok', written),
  }
  return Object.fromEntries(Object.entries(rates).map(([name, price]): [string, Rate] => [name, rateOf(price)])) as {
    [Name in keyof typeof rates]: Rate
  }
}

/** The price where so much is read: that of the last tier that starts below. */
function at(price: number | TieredPrices | undefined, input: number, otherwise: number): number {
  if (typeof price !== 'object') return price ?? otherwise
  return price.tiers.reduce((so, tier) => (input > tier.start ? tier.price : so), price.base)
}
