import { expect, test } from 'vitest'
import { valueByPointer } from '../../../src/base/json-pointer.ts'
import type { PriceSettings } from '../../../src/config/schema-price.ts'
import { noUsage, type Usage } from '../../../src/domain/usage.ts'
import { type Bill, billOf, mostOf, type PriceTokens } from '../../../src/pipeline/price.ts'

const free: PriceSettings = { call_micros: 0, call_tokens: 0 }
const pages: PriceSettings = { ...free, call_micros: 5, units: { at: '/pages', micros: 30, max: 10 } }
const usd: PriceSettings = { ...free, call_micros: 5, reported: { cost_usd: '/usd', max_micros: 1000 } }
const split = { input_tokens: '/in', output_tokens: '/out', model: '/model', max_tokens: 500, max_micros: 90 }
const tokens: PriceSettings = { ...free, call_tokens: 3, tokens_as: 'openai/gpt', reported: split }

/** A token of any kind costs two micro-dollars at that one model. */
const twoEach: PriceTokens = ({ provider, model }, { input_tokens, output_tokens }) => {
  if (`${provider}/${model}` !== 'openai/gpt') return null
  const [input_micros, output_micros] = [2 * input_tokens, 2 * output_tokens]
  return { cost_micros: input_micros + output_micros, input_micros, output_micros, prices: 'test' }
}

interface Saying {
  readonly whole?: boolean
  readonly usage?: readonly { readonly model: string | null; readonly usage: Usage }[]
}

function billed(price: PriceSettings, answer: unknown, { whole = true, usage = [] }: Saying = {}): Bill | null {
  const at = (pointer: string): string | null => {
    const value = valueByPointer(answer, pointer)
    return value === undefined ? null : JSON.stringify(value)
  }
  return billOf(price, { whole, at, usage }, twoEach)
}

const used = (input_tokens: number, output_tokens: number): Usage => ({ ...noUsage, input_tokens, output_tokens })

test('a price that is known before needs no answer', () => {
  expect(billed({ ...free, call_micros: 7 }, {})).toBeNull()
  expect(mostOf({ ...free, call_micros: 7, call_tokens: 2 })).toEqual({ cost_micros: 7, tokens: 2 })
})

test('the most a call may come to is reserved', () => {
  expect(mostOf(pages)).toEqual({ cost_micros: 305, tokens: 0 })
  expect(mostOf(usd)).toEqual({ cost_micros: 1005, tokens: 0 })
  expect(mostOf(tokens)).toEqual({ cost_micros: 90, tokens: 503 })
})

test.each([
  [{ pages: 3 }, 95, { source: 'provider', units: 3, why: null }],
  [{ pages: 0 }, 5, { source: 'provider', units: 0, why: null }],
  [{ pages: 1.01 }, 36, { source: 'provider', units: 1.01, why: null }],
  [{ pages: 11 }, 335, { source: 'provider', units: 11, why: null }],
  [{ pages: '3' }, 305, { source: 'reserved', units: null, why: 'no amount at /pages' }],
  [{ pages: -3 }, 305, { source: 'reserved', units: null, why: 'no amount at /pages' }],
  [{ pages: null }, 305, { source: 'reserved', units: null, why: 'no amount at /pages' }],
  [{}, 305, { source: 'reserved', units: null, why: 'nothing at /pages' }],
])('units are paid for as they are counted: %j', (answer, cost_micros, said) => {
  expect(billed(pages, answer)).toMatchObject({ spent: { cost_micros, tokens: 0 }, used: said, metered: null })
})

test.each([
  [{ usd: 0.0001 }, 105, 'provider'],
  [{ usd: 0.00010000001 }, 106, 'provider'],
  [{ usd: 1 }, 1_000_005, 'provider'],
  [{ usd: 0 }, 5, 'provider'],
  [{ usd: 'free' }, 1005, 'reserved'],
  [{ usd: -1 }, 1005, 'reserved'],
  [{ usd: 1e300 }, 1005, 'reserved'],
  [{}, 1005, 'reserved'],
])('dollars are booked as they are said, and at the most where they are not: %j', (answer, cost_micros, source) => {
  expect(billed(usd, answer)).toMatchObject({ spent: { cost_micros, tokens: 0 }, used: { source } })
})

test('an answer that was cut costs at least what was reserved, and more where it has said so', () => {
  expect(billed(usd, { usd: 0.0001 }, { whole: false })).toMatchObject({
    spent: { cost_micros: 1005 },
    used: { source: 'reserved', why: 'the answer was not heard to its end' },
  })
  expect(billed(usd, { usd: 0.002 }, { whole: false })?.spent.cost_micros).toBe(2005)
})

test('tokens that are pointed at have the price of the model', () => {
  const bill = billed(tokens, { in: 30, out: 10, model: 'gpt-x' })
  expect(bill?.spent).toEqual({ cost_micros: 80, tokens: 43 })
  expect(bill?.metered).toEqual({
    model: 'openai/gpt',
    usage: used(30, 10),
    source: 'provider',
    cost_micros: 80,
    input_micros: 60,
    output_micros: 20,
    prices: 'test',
  })
})

test('half a report is none', () => {
  expect(billed(tokens, { in: 30 })).toMatchObject({
    spent: { cost_micros: 90, tokens: 503 },
    used: { source: 'reserved', why: 'nothing at /out' },
    metered: null,
  })
})

test('a price nobody knows is unknown: its tokens are counted and its maximum is booked', () => {
  const bill = billed({ ...tokens, tokens_as: 'openai/other' }, { in: 30, out: 10 })
  expect(bill?.spent).toEqual({ cost_micros: 90, tokens: 43, unpriced: 1 })
  expect(bill?.metered).toMatchObject({ model: 'openai/other', cost_micros: null, input_micros: null, prices: null })
})

test('tokens alone are counted, of no model', () => {
  const price: PriceSettings = { ...free, reported: { tokens: '/n', max_tokens: 100 } }
  expect(billed(price, { n: 12 })).toMatchObject({ spent: { cost_micros: 0, tokens: 12 }, metered: null })
  expect(billed(price, { n: 'many' })).toMatchObject({ spent: { tokens: 100 }, used: { source: 'reserved' } })
})

test('what a framework tells needs no pointer, and its models have their names', () => {
  const one = { model: 'gpt-5', usage: used(7, 5) }
  expect(billed(free, null, { usage: [one] })).toMatchObject({
    spent: { cost_micros: 0, tokens: 12 },
    metered: { model: 'gpt-5', source: 'provider', cost_micros: null },
    used: null,
  })
  const two = [one, { model: null, usage: used(1, 1) }]
  expect(billed(free, null, { usage: two })).toMatchObject({
    spent: { tokens: 14 },
    metered: { model: 'several', usage: used(8, 6) },
  })
  expect(billed({ ...free, tokens_as: 'openai/gpt' }, null, { usage: two })).toMatchObject({
    spent: { cost_micros: 28, tokens: 14 },
    metered: { model: 'openai/gpt', cost_micros: 28 },
  })
})

test('a framework that tells nothing is booked at its maximum, and so is one that was cut', () => {
  const price: PriceSettings = { ...free, reported: { max_tokens: 50, max_micros: 9 } }
  expect(billed(price, null)).toEqual({
    spent: { cost_micros: 9, tokens: 50 },
    metered: null,
    used: { source: 'reserved', units: null, why: 'nothing is said of what was used' },
  })
  const cut = billed(price, null, { whole: false, usage: [{ model: null, usage: used(1, 2) }] })
  expect(cut).toMatchObject({ spent: { tokens: 50 }, metered: { source: 'delivered', usage: used(1, 2) } })
})

test('a long name of a model is kept short, and what is no name is none', () => {
  const price: PriceSettings = { ...free, reported: { ...split } }
  const answer = { in: 1, out: 1, model: 'm'.repeat(1000) }
  expect(billed(price, answer)?.metered?.model).toHaveLength(128)
  expect(billed(price, { ...answer, model: 7 })?.metered?.model).toBe('unknown')
})
