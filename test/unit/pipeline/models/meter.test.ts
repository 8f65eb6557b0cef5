import { expect, test } from 'vitest'
import type { Usage } from '../../../../src/domain/usage.ts'
import { dearestOf, fitOf } from '../../../../src/pipeline/models/fit.ts'
import { meterOf, spendOf, toldOfCost } from '../../../../src/pipeline/models/meter.ts'
import type { Price } from '../../../../src/pricing/contract.ts'
import { priceOf, rateOf } from '../../../../src/pricing/price.ts'
import type { Told } from '../../../../src/relay/models/contract.ts'
import { loadedOf } from '../../../support/temp-config.ts'

const usage: Usage = {
  input_tokens: 100,
  cached_tokens: 40,
  cache_write_tokens: 0,
  output_tokens: 20,
  reasoning_tokens: 5,
}
const call = { target: { kind: 'model', id: 'p/m' }, inputBound: 400 } as const
const reserved = { tokens: 1400, cost_micros: 3400 }

/** One micro-dollar for what is read, half for what is cached, three for what is written. */
function priced(input = 1, output = 3): Price {
  const [read, cached, written] = [rateOf(input), rateOf(input / 2), rateOf(output)]
  const rates = { input: read, cached, cacheWrite: read, cacheWrite1h: read, output: written, reasoning: written }
  return priceOf({ source: 'test', call: rateOf(0), bands: [{ upTo: Number.POSITIVE_INFINITY, rates }] })
}

const { settings } = await loadedOf('models: { providers: { p: { api: fake } } }\n')
const provider = settings.models.providers.get('p')
if (!provider) throw new Error('no provider')
const candidate = { provider, model: 'm-1', weight: 1 }

function told(over: Partial<Told>): { told: Told; sent: true } {
  return { told: { candidate, usage: null, final: true, delivered_bytes: 0, ...over }, sent: true }
}

test('what the provider says is billed, under the name of whoever answered', () => {
  expect(meterOf(call, told({ usage }), priced(), reserved)).toEqual({
    model: 'p/m-1',
    usage,
    source: 'provider',
    cost_micros: 140,
    input_micros: 80,
    output_micros: 60,
    prices: 'test',
  })
})

test('a stream of a model that reasons unseen is billed as reserved where it was cut', () => {
  const cut = { ...told({ usage: null, final: false, delivered_bytes: 50 }), reasons: true }
  expect(meterOf(call, cut, priced(), reserved)).toMatchObject({
    usage: { input_tokens: 400, output_tokens: 1000 },
    source: 'reserved',
    cost_micros: 400 + 3000,
  })
  expect(meterOf(call, { ...told({ usage }), reasons: true }, priced(), reserved)).toMatchObject({ source: 'provider' })
})

test('a stream that was cut is billed by what was delivered, and its input by what the provider said of it', () => {
  const early = { ...usage, output_tokens: 1 }
  expect(meterOf(call, told({ usage: early, final: false, delivered_bytes: 50 }), priced(), reserved)).toMatchObject({
    usage: { ...early, output_tokens: 50 },
    source: 'delivered',
    cost_micros: 80 + 150,
  })
  expect(meterOf(call, told({ usage: null, final: false, delivered_bytes: 50 }), priced(), reserved)).toMatchObject({
    usage: { input_tokens: 400, output_tokens: 50 },
    source: 'delivered',
    cost_micros: 400 + 150,
  })
})

test('an estimate is never above what was reserved, a fact may be', () => {
  expect(meterOf(call, told({ final: false, delivered_bytes: 1e9 }), priced(), reserved)).toMatchObject({
    usage: { input_tokens: 400, output_tokens: 1000 },
    cost_micros: 3400,
  })
  const facts = { ...usage, output_tokens: 2000 }
  expect(meterOf(call, told({ usage: facts, final: false, delivered_bytes: 9 }), priced(), reserved)).toMatchObject({
    usage: facts,
    source: 'delivered',
  })
})

test('where nothing was heard of what was sent, what was reserved is spent', () => {
  const metered = meterOf(call, { told: null, sent: true }, priced(), reserved)
  expect(metered).toMatchObject({
    model: 'p/m',
    source: 'reserved',
    cost_micros: 3400,
    input_micros: 400,
    output_micros: 3000,
  })
  expect(metered && spendOf(metered, reserved)).toEqual(reserved)
})

test('a request that was lost may be billed, so all that was reserved is spent, and the record says how many there were', () => {
  // The answer came to 100 read, 40 of them from a cache, and 20 written: 60 + 20 + 60 micro-dollars.
  const answered = meterOf(call, { ...told({ usage }), lost: 2 }, priced(), reserved)
  expect(answered).toMatchObject({ usage, source: 'provider', cost_micros: 140, lost: 2 })
  expect(answered && spendOf(answered, reserved)).toEqual(reserved)
  expect(answered && toldOfCost(answered, reserved)).toEqual(reserved)
  const refusedThen = meterOf(call, { ...told({}), lost: 1 }, priced(), reserved)
  expect(refusedThen).toMatchObject({ source: 'reserved', cost_micros: 3400, lost: 1 })
  const unpriced = meterOf(call, { ...told({ usage }), lost: 1 }, null, reserved)
  expect(unpriced && spendOf(unpriced, reserved)).toEqual({ ...reserved, unpriced: 1 })
  expect(unpriced && toldOfCost(unpriced, reserved)).toBeNull()
})

test('what never left and what the provider refused costs nothing', () => {
  expect(meterOf(call, { told: null, sent: false }, priced(), reserved)).toBeNull()
  expect(meterOf(call, told({}), priced(), reserved)).toBeNull()
})

test('an unknown price stays unknown, and is counted as that', () => {
  for (const heard of [told({ usage }), told({ final: false, delivered_bytes: 3 }), { told: null, sent: true }]) {
    const metered = meterOf(call, heard, null, { tokens: 1400, cost_micros: 0 })
    expect(metered).toMatchObject({ cost_micros: null, input_micros: null, output_micros: null, prices: null })
    expect(metered && spendOf(metered, reserved)).toMatchObject({ cost_micros: 0, unpriced: 1 })
  }
})

test('a call takes what it wants, or as much answer as is left for, and goes out with exactly that ceiling', () => {
  const fitting = fitOf({ price: priced(), inputBound: 400, outputWanted: 500, choices: 2 })
  const all = fitting.fit({ tokens: Infinity, cost_micros: Infinity })
  expect(all).toEqual({ tokens: 1400, cost_micros: 3400 })
  expect(all && fitting.ceilingOf(all)).toBe(500)
  for (const left of [
    { tokens: 455, cost_micros: Infinity },
    { tokens: Infinity, cost_micros: 400 + 3 * 55 },
  ]) {
    const some = fitting.fit(left)
    expect(some).toEqual({ tokens: 454, cost_micros: 400 + 3 * 54 })
    expect(some && fitting.ceilingOf(some)).toBe(27)
  }
})

test('an answer of a few tokens is none, unless no more was wanted', () => {
  const fits = (outputWanted: number, tokens: number) =>
    fitOf({ price: priced(), inputBound: 400, outputWanted, choices: 1 }).fit({ tokens, cost_micros: Infinity })
  expect(fits(500, 415)).toBeNull()
  expect(fits(500, 416)).toEqual({ tokens: 416, cost_micros: 448 })
  expect(fits(3, 403)).toEqual({ tokens: 403, cost_micros: 409 })
  expect([fits(0, 399), fits(0, 400)]).toEqual([null, { tokens: 400, cost_micros: 400 }])
  expect(fits(500, 0)).toBeNull()
})

test('a call without a known price holds only tokens', () => {
  const fitting = fitOf({ price: null, inputBound: 400, outputWanted: 500, choices: 1 })
  expect(fitting.fit({ tokens: 600, cost_micros: 0 })).toEqual({ tokens: 600, cost_micros: 0 })
})

test('of several places the dearest counts, whichever that is for a call', () => {
  const dearest = dearestOf([priced(1, 3), null, priced(2, 1)])
  expect([dearest?.bound(100, 0), dearest?.bound(0, 100), dearest?.bound(100, 100)]).toEqual([200, 300, 400])
  expect(dearest?.afford(250, 100, 1000)).toBe(50)
  expect(dearest?.afford(150, 100, 1000)).toBeNull()
  expect(dearest?.afford(200, 100, 0)).toBe(0)
  expect(dearest?.bill(usage).cost_micros).toBe(180)
  expect(dearestOf([null])).toBeNull()
})
