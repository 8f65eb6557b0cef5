/** The laws of prices: a bound is above every bill it covers, what can be afforded is the most that can, and parts add up. */
import { assert, constantFrom, nat, property, record, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { type Band, priceOf, rateOf, type Rates } from '../../src/pricing/price.ts'
import { bookOfAll, listed } from '../unit/pricing/books.ts'

const rate = constantFrom(0, 0.000001, 0.05, 0.15, 1.25, 3, 75, 1 / 12, 999_999.999_999).map(rateOf)
const rates = record<Rates>({
  input: rate,
  cached: rate,
  cacheWrite: rate,
  cacheWrite1h: rate,
  output: rate,
  reasoning: rate,
})
const ends = constantFrom<readonly number[]>([], [100], [100, 5000])
const sheets = tuple(ends, tuple(rates, rates, rates), rate).map(([steps, [a, b, c], call]) => {
  const bands: readonly Band[] = [...steps, Number.POSITIVE_INFINITY].map((upTo, at) => ({
    upTo,
    rates: [a, b, c][at] ?? a,
  }))
  return { source: 'test', call, bands }
})
const counts = record({
  input_tokens: nat(10_000),
  cached_tokens: nat(10_000),
  cache_write_tokens: nat(10_000),
  cache_write_1h_tokens: nat(10_000),
  output_tokens: nat(10_000),
  reasoning_tokens: nat(10_000),
})

test('no bill is above the bound of what was read and written at most, in whatever parts and tier', () => {
  assert(
    property(sheets, counts, nat(500), nat(500), (sheet, usage, moreInput, moreOutput) => {
      const price = priceOf(sheet)
      const bill = price.bill(usage)
      expect(bill.cost_micros).toBeLessThanOrEqual(
        price.bound(usage.input_tokens + moreInput, usage.output_tokens + moreOutput),
      )
      const { cache_write_1h_tokens: _, ...untold } = usage
      expect(price.bill(untold).cost_micros).toBeLessThanOrEqual(price.bound(usage.input_tokens, usage.output_tokens))
      expect(price.bill(untold).cost_micros).toBeGreaterThanOrEqual(bill.cost_micros)
    }),
    { numRuns: 2000 },
  )
})

test('what can be afforded fits, and one token more does not', () => {
  assert(
    property(sheets, nat(10_000), nat(10_000), nat(2_000_000), (sheet, input, wanted, micros) => {
      const price = priceOf(sheet)
      const output = price.afford(micros, input, wanted)
      if (output === null) {
        expect(price.bound(input, Math.min(wanted, 1))).toBeGreaterThan(micros)
        return
      }
      expect(price.bound(input, output)).toBeLessThanOrEqual(micros)
      if (output < wanted) expect(price.bound(input, output + 1)).toBeGreaterThan(micros)
    }),
    { numRuns: 2000 },
  )
})

test('input and output add up to the bill but for what every call costs, and nothing is billed to a side without tokens', () => {
  assert(
    property(sheets, counts, (sheet, usage) => {
      const bill = priceOf({ ...sheet, call: rateOf(0) }).bill(usage)
      expect(bill.input_micros + bill.output_micros).toBe(bill.cost_micros)
      expect(Math.min(bill.input_micros, bill.output_micros)).toBeGreaterThanOrEqual(0)
      if (usage.output_tokens === 0) expect(bill.output_micros).toBe(0)
      if (usage.input_tokens === 0) expect(bill.input_micros).toBe(0)
      expect(priceOf(sheet).bill(usage).cost_micros).toBeGreaterThanOrEqual(bill.cost_micros)
    }),
    { numRuns: 2000 },
  )
})

test('the bound holds for every model of the list', async () => {
  const book = await bookOfAll()
  const all = listed.flatMap(({ models }, at) => models.map(({ id: model }) => ({ provider: `p${at}`, model })))
  assert(
    property(constantFrom(...all), counts, nat(86_400_000), nat(400_000), (place, usage, at, more) => {
      const price = book.find(place, Date.UTC(2026, 10, 28) + at)
      if (price === null) return
      const used = { ...usage, input_tokens: usage.input_tokens + more }
      expect(price.bill(used).cost_micros).toBeLessThanOrEqual(price.bound(used.input_tokens, used.output_tokens))
    }),
    { numRuns: 5000 },
  )
})
