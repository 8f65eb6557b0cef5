import { readFile } from 'node:fs/promises'
import { calcPrice, type ModelPrice } from '@pydantic/genai-prices'
import { expect, test } from 'vitest'
import { listVersion } from '../../../src/pricing/list.ts'
import { picosOf, rateOf } from '../../../src/pricing/price.ts'
import { bookOf, bookOfAll, listed } from './books.ts'

const now = Date.UTC(2026, 10, 28, 17)
const openai = '{ openai: { api: openai, url: "https://api.openai.com/v1" } }'
/** As the list writes it, 1 / 12 with its last digit rounded up. */
const twelfth = 0.083_333_333_333_333_34
const usage = {
  input_tokens: 1000,
  cached_tokens: 0,
  cache_write_tokens: 0,
  cache_write_1h_tokens: 0,
  output_tokens: 100,
  reasoning_tokens: 0,
}

function quotationsOf(row: ModelPrice): readonly number[] {
  return Object.values(row).flatMap((price) => {
    if (price === undefined) return []
    return typeof price === 'number' ? [price] : [price.base, ...price.tiers.map((tier) => tier.price)]
  })
}

/** All prices in the list, over every model, date and tier. */
const quotations = listed.flatMap(({ models }) =>
  models.flatMap(({ prices }) =>
    (Array.isArray(prices) ? prices : [{ prices }]).flatMap((row) => quotationsOf(row.prices)),
  ),
)

test('the list is read as it came with the package, in the version its source names', async () => {
  const file = await readFile('node_modules/@pydantic/genai-prices/package.json', 'utf8')
  expect((JSON.parse(file) as { version: string }).version).toBe(listVersion)
  expect(listed.reduce((sum, { models }) => sum + models.length, 0)).toBeGreaterThan(1690)
})

test('whole pico-dollars a token hold every price in the list exactly, but for a twelfth of a dollar, which no decimal holds', () => {
  expect(quotations.length).toBeGreaterThan(3900)
  const inexact = quotations.filter((price) => {
    // Fifteen digits are what a double says for certain: the list has 0.18000000000000002 for 0.18.
    const quoted = Number(price.toPrecision(15))
    return picosOf(rateOf(price)) / 1e6 !== quoted
  })
  expect(new Set(inexact)).toEqual(new Set([twelfth]))
  expect(picosOf(rateOf(twelfth))).toBe(83_334)
})

test('every model of the list costs what the list makes of it, rounded up to a micro-dollar', async () => {
  const book = await bookOfAll()
  const used = {
    ...usage,
    input_tokens: 4711,
    cached_tokens: 1234,
    cache_write_tokens: 321,
    cache_write_1h_tokens: 21,
    output_tokens: 987,
    reasoning_tokens: 55,
  }
  const counted = { priced: 0, unknown: 0 }
  for (const [at, { id, models }] of listed.entries())
    for (const { id: model } of models)
      for (const [hour, input_tokens] of [2, 3.5, 7, 15, 17, 23].flatMap(
        (each) =>
          [
            [each, 4711],
            [each, 300_000],
          ] as const,
      )) {
        const when = now - (now % 86_400_000) + hour * 3_600_000
        const price = book.find({ provider: `p${at}`, model }, when)
        const asTold = {
          input_tokens,
          cache_read_tokens: used.cached_tokens,
          cache_write_tokens: used.cache_write_tokens,
          cache_write_1h_tokens: 21,
          output_tokens: used.output_tokens,
          output_reasoning_tokens: used.reasoning_tokens,
        }
        const theirs = calcPrice(asTold, model, { providerId: id, timestamp: new Date(when) })
        counted[price ? 'priced' : 'unknown'] += 1
        if (!price || !theirs || theirs.model_price['output_mtok'] === undefined) continue
        const ours = price.bill({ ...used, input_tokens }).cost_micros
        const exact = theirs.total_price * 1e6
        expect(ours - exact, `${id} ${model} at ${hour}`).toBeGreaterThan(-1e-4)
        expect(ours - exact, `${id} ${model} at ${hour}`).toBeLessThan(1 + 1e-4)
      }
  expect(counted.priced).toBeGreaterThan(counted.unknown * 5)
})

test('a call is billed to the micro-dollar, and its input and output add up', async () => {
  const price = (await bookOf(openai)).find({ provider: 'openai', model: 'gpt-4o' }, now)
  // 600 x 2.50 + 400 x 1.25 + 100 x 10 micro-dollars.
  expect(price?.bill({ ...usage, cached_tokens: 400 })).toEqual({
    cost_micros: 3000,
    input_micros: 2000,
    output_micros: 1000,
  })
  expect(price?.source).toMatch(/^genai-prices \d+\.\d+\.\d+/)
})

test('half a micro-dollar is one, whichever side it is on', async () => {
  const book = await bookOf(
    '{ p: { api: fake, models: { m: { price: { input: 0.5, output: 0.25, call_micros: 7 } } } } }',
  )
  const price = book.find({ provider: 'p', model: 'm' }, now)
  const bill = (input_tokens: number, output_tokens: number) => price?.bill({ ...usage, input_tokens, output_tokens })
  expect(bill(1, 0)).toEqual({ cost_micros: 8, input_micros: 1, output_micros: 0 })
  expect(bill(0, 1)).toEqual({ cost_micros: 8, input_micros: 0, output_micros: 1 })
  expect(bill(1, 2)).toEqual({ cost_micros: 8, input_micros: 1, output_micros: 0 })
  expect(bill(0, 0)).toEqual({ cost_micros: 7, input_micros: 0, output_micros: 0 })
  expect(price?.source).toBe('config')
})

test('what a cache keeps for an hour costs its own price, and of unknown duration the dearer of both', async () => {
  const book = await bookOf('{ claude: { api: anthropic, url: "https://api.anthropic.com" } }')
  const price = book.find({ provider: 'claude', model: 'claude-opus-4-6' }, now)
  const wrote = (cache_write_1h_tokens: number | undefined) =>
    price?.bill({
      input_tokens: 1000,
      cached_tokens: 0,
      cache_write_tokens: 1000,
      output_tokens: 0,
      reasoning_tokens: 0,
      ...(cache_write_1h_tokens === undefined ? {} : { cache_write_1h_tokens }),
    }).cost_micros
  expect([wrote(0), wrote(400), wrote(1000), wrote(undefined)]).toEqual([6250, 7750, 10_000, 10_000])
})

test('prices have dates, hours and steps', async () => {
  const book = await bookOf(
    '{ a: { api: openai, url: "http://127.0.0.1:1", prices_as: anthropic }, d: { api: openai, url: "https://api.deepseek.com" } }',
  )
  const read = (input_tokens: number, at: number): number | undefined =>
    book.find({ provider: 'a', model: 'claude-opus-4-6' }, at)?.bill({ ...usage, input_tokens, output_tokens: 0 })
      .cost_micros
  expect([read(200_000, Date.UTC(2026, 2, 12)), read(200_001, Date.UTC(2026, 2, 12))]).toEqual([1_000_000, 2_000_010])
  expect([read(200_000, Date.UTC(2026, 2, 13)), read(200_001, Date.UTC(2026, 2, 13))]).toEqual([1_000_000, 1_000_005])
  const atHour = (hour: number): number | undefined =>
    book
      .find({ provider: 'd', model: 'deepseek-v4-pro' }, Date.UTC(2026, 10, 28, hour))
      ?.bill({ ...usage, output_tokens: 0 }).cost_micros
  expect([0, 1, 3, 4, 6, 9, 10].map(atHour)).toEqual([660, 1320, 1320, 660, 1320, 1320, 660])
})

test('whose prices they are is what the row says or whose address it is, and never a guess', async () => {
  const book = await bookOf(`{
    openai: { api: openai, url: "https://api.openai.com/v1" },
    proxy: { api: openai, url: "http://127.0.0.1:4000/v1" },
    named: { api: openai, url: "http://127.0.0.1:4000/v1", prices_as: openai },
    nearly: { api: openai, url: "https://api.openai.com/v1", prices_as: open-ai },
  }`)
  const knows = (provider: string, model = 'gpt-4o') => book.find({ provider, model }, now) !== null
  expect([knows('openai'), knows('named')]).toEqual([true, true])
  expect([knows('proxy'), knows('nearly'), knows('nobody')]).toEqual([false, false, false])
  expect(knows('openai', 'no-such-model')).toBe(false)
})

test('what Weir plays itself costs nothing, and that is known', async () => {
  const book = await bookOf('{ local: { api: fake } }')
  expect(book.find({ provider: 'local', model: 'echo' }, now)?.bill(usage).cost_micros).toBe(0)
})

test('a configured price stands in place of the one in the list', async () => {
  const book = await bookOf(
    '{ openai: { api: openai, url: "https://api.openai.com/v1", models: { gpt-4o: { price: { input: 1, cached: 0.1, cache_write: 3, output: 2 } } } } }',
  )
  const price = book.find({ provider: 'openai', model: 'gpt-4o' }, now)
  expect(price?.bill({ ...usage, cached_tokens: 500, cache_write_tokens: 100 }).cost_micros).toBe(400 + 50 + 300 + 200)
})

test('what a usage does not tell is named in the source, and a model that writes media has no price', async () => {
  const book = await bookOf(`{
    claude: { api: anthropic, url: "https://api.anthropic.com" },
    openai: { api: openai, url: "https://api.openai.com/v1" },
  }`)
  expect(book.find({ provider: 'claude', model: 'claude-opus-4-6' }, now)?.source).toMatch(/ without web_searches$/)
  expect(book.find({ provider: 'openai', model: 'gpt-audio' }, now)).toBeNull()
})

test('counts that contradict themselves are billed as far as they can be true', async () => {
  const price = (await bookOf(openai)).find({ provider: 'openai', model: 'gpt-4o' }, now)
  const most = {
    ...usage,
    cached_tokens: 9000,
    cache_write_tokens: 9000,
    cache_write_1h_tokens: 9999,
    reasoning_tokens: 9999,
  }
  expect(price?.bill(most).cost_micros).toBe(1250 + 1000)
  const huge = { ...usage, input_tokens: Number.MAX_SAFE_INTEGER, output_tokens: Number.MAX_SAFE_INTEGER }
  expect(Number.isSafeInteger(price?.bill(huge).cost_micros)).toBe(true)
})
