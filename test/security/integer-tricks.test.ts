/** Numbers that are no amounts: whoever lets one through has a ceiling that holds nothing. */
import { describe, expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../src/base/board.ts'
import { Account } from '../../src/limits/account.ts'
import { problemsOf } from '../support/temp-config.ts'
import type { Authority, Detail } from '../../src/domain/authority.ts'
import { covers } from '../../src/domain/authority/covers.ts'
import { narrower } from '../../src/domain/authority/narrower.ts'
import { readDetails } from '../../src/domain/authority/read.ts'

const tricks = [
  ['a negative number', '-1'],
  ['the smallest negative number', '-5e-324'],
  ['more than any number can be', '1e309'],
  ['less than any number can be', '-1e309'],
  ['2^53, where two numbers begin to look alike', '9007199254740992'],
  ['2^53 + 1, which reads as 2^53', '9007199254740993'],
  ['2^64', '18446744073709551616'],
  ['a fraction', '0.5'],
  ['almost one', '0.9999999999999999'],
  ['a number in a text', '"100"'],
  ['no number', 'null'],
  ['a list of a number', '[100]'],
  ['true', 'true'],
] as const

const places = [
  ['max_output_tokens', (number: string) => `{"type":"model_use","max_output_tokens":${number}}`],
  ['max_usd_u', (number: string) => `{"type":"model_use","max_usd_u":${number}}`],
  ['max of an argument', (number: string) => `{"type":"mcp_tool","args":{"/limit":{"max":${number}}}}`],
  ['min of an argument', (number: string) => `{"type":"mcp_tool","args":{"/limit":{"min":${number}}}}`],
] as const

const cases = places.flatMap(([place, write]) => tricks.map(([what, number]) => [what, place, write(number)] as const))

test.each(cases)('threat 44: %s is refused as %s', (_what, _place, detail) => {
  expect(readDetails(JSON.parse(`[${detail}]`))).toContain('expected a whole number from 0 to 9007199254740991')
})

test.each(['-1', '1e309', '9007199254740992', '0.5', 'null', '[1]', '{}'])('an argument is never eq %s', (number) => {
  expect(typeof readDetails(JSON.parse(`[{"type":"mcp_tool","args":{"/x":{"eq":${number}}}}]`))).toBe('string')
  expect(typeof readDetails(JSON.parse(`[{"type":"mcp_tool","args":{"/x":{"in":[${number}]}}}]`))).toBe('string')
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%s is refused wherever it comes from',
  (number) => {
    expect(typeof readDetails([{ type: 'model_use', max_usd_u: number }])).toBe('string')
    expect(typeof readDetails([{ type: 'mcp_tool', args: { '/x': { max: number } } }])).toBe('string')
  },
)

test.each(['0', '-0', '1e2', '100.0', '9007199254740991'])('%s is a whole number and is read', (number) => {
  expect(readDetails(JSON.parse(`[{"type":"model_use","max_usd_u":${number}}]`))).toEqual([
    { type: 'model_use', max_usd_u: Number(number) },
  ])
})

const detailed = (detail: Detail): Authority => ({ scopes: null, details: [detail] })

test('NaN is within no ceiling and no ceiling at all is within it', () => {
  const spent = (max_usd_u: number): Authority => detailed({ type: 'model_use', max_usd_u })
  expect(narrower(spent(Number.NaN), spent(100))).not.toBeNull()
  expect(narrower(spent(100), spent(Number.NaN))).not.toBeNull()
  expect(narrower(spent(Number.NaN), spent(Number.NaN))).not.toBeNull()
  expect(narrower(spent(Number.POSITIVE_INFINITY), spent(100))).not.toBeNull()
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a call of %s is beyond every ceiling', (amount) => {
  const model = { kind: 'model', model: 'small' } as const
  const ceiling = Number.MAX_SAFE_INTEGER
  const tokens = detailed({ type: 'model_use', max_output_tokens: ceiling })
  const cost = detailed({ type: 'model_use', max_usd_u: ceiling })
  expect(covers(tokens, { ...model, maxOutputTokens: amount, costMicros: 1 })).not.toBeNull()
  expect(covers(cost, { ...model, maxOutputTokens: 1, costMicros: amount })).not.toBeNull()
})

test.each(['1e309', '-1e309', '"5"', 'null', 'true', '[5]'])('the argument %s is within no bounds', (number) => {
  const args = JSON.parse(`{"limit":${number}}`) as Record<string, unknown>
  const call = { kind: 'tool', server: 's', tool: 't', args } as const
  expect(covers(detailed({ type: 'mcp_tool', args: { '/limit': { max: 100 } } }), call)).not.toBeNull()
  expect(covers(detailed({ type: 'mcp_tool', args: { '/limit': { min: 0 } } }), call)).not.toBeNull()
})

/** JSON knows no NaN; YAML, in which a configuration is written, does. */
const amounts = [
  '.nan',
  '.inf',
  '-.inf',
  '-1',
  '1e309',
  '9007199254740993',
  '18446744073709551616',
  '0.5',
  '"100"',
  '[1]',
]

const settings = [
  ['the price of a call', (number: string) => `agents: { a: { url: "http://h/", price: { call_micros: ${number} } } }`],
  [
    'the tokens of a call',
    (number: string) => `agents: { a: { url: "http://h/", price: { call_tokens: ${number} } } }`,
  ],
  ['the budget of a run', (number: string) => `limits: { run: { cost_micros_max: ${number} } }`],
  ['the tokens of a run', (number: string) => `limits: { run: { tokens_max: { max: ${number}, mode: enforce } } }`],
  ['the budget of a day', (number: string) => `limits: { agent: { cost_micros_per_day: ${number} } }`],
  ['a rate', (number: string) => `limits: { agent: { invokes_per_minute: ${number} } }`],
] as const

describe.each(settings)('threat 44: %s', (_what, write) => {
  test.each(amounts)('is never %s', async (number) => {
    expect((await problemsOf(write(number))).join('\n')).toContain('expected a whole number')
  })

  test('is a whole number', async () => {
    expect((await problemsOf(write('100'))).join('\n')).not.toContain('whole number')
  })
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5])('threat 44: an account books no %s', (amount) => {
  const account = new Account(rowsOf(createBoard({ one: 1 }), 'one').longs, 0)
  expect(() => account.reserve(amount, 100, 0)).toThrow(/whole number/)
  expect(() => account.settle({ reserved: 0, max: 100, period: 0 }, amount)).toThrow(/whole number/)
  expect([account.held(0), account.spent(0), account.overshoot]).toEqual([0, 0, 0])
})

test('threat 44: an account that is asked for more than it can count lets nothing wrap around', () => {
  const account = new Account(rowsOf(createBoard({ one: 1 }), 'one').longs, 0)
  for (const amount of [2 ** 47, 2 ** 53, 2 ** 64, Number.MAX_SAFE_INTEGER]) {
    expect(account.reserve(amount, Number.MAX_SAFE_INTEGER, 0)).toBe(-1)
    expect(account.held(0)).toBe(0)
  }
  expect(account.reserve(2 ** 47 - 1, Number.MAX_SAFE_INTEGER, 0)).toBe(0)
  expect(account.reserve(1, Number.MAX_SAFE_INTEGER, 0)).toBe(-1)
})
