import { expect, test } from 'vitest'
import type { PriceSettings } from '../../../../src/config/schema-price.ts'
import { bytesByPointer } from '../../../../src/base/json-pointer.ts'
import { metered, type Meter, meterOf } from '../../../../src/pipeline/mcp/meter.ts'
import type { McpVisit } from '../../../../src/pipeline/mcp/threshold.ts'
import { outcomeOf } from '../../../support/road.ts'

const free: PriceSettings = { call_micros: 0, call_tokens: 0 }
const usd: PriceSettings = { ...free, reported: { cost_usd: '/_meta/usd', max_micros: 1000 } }

const visit = {
  call: { target: { kind: 'tool', id: 's/t' }, rpcId: '7' },
  snapshot: {},
  road: {},
} as unknown as McpVisit

function meterFor(price: PriceSettings): Meter | null {
  return meterOf(visit, {
    settings: { price, tools: new Map() } as unknown as Parameters<typeof meterOf>[1]['settings'],
  })
}

function costOf(...messages: readonly string[]): number | undefined {
  const meter = meterFor(usd)
  for (const message of messages) meter?.message(Buffer.from(message))
  return meter?.bill(visit, outcomeOf('answered'))?.spent.cost_micros
}

const answer = (cost: string, id = '7'): string => `{"jsonrpc":"2.0","id":${id},"result":{"_meta":{"usd":${cost}}}}`

test('a tool whose price is known before has no meter, and its messages are handed on unread', () => {
  expect(meterFor({ ...free, call_micros: 5 })).toBeNull()
  const rewrite = (message: Buffer): Buffer => message
  expect(metered(null, rewrite)).toBe(rewrite)
  expect(metered(null, null)).toBeNull()
})

test('what the meter sees is handed on as it is', () => {
  const message = Buffer.from(answer('0.1'))
  expect(metered(meterFor(usd), null)?.(message)).toBe(message)
})

test.each([
  ['0.000100', 100],
  ['0.00010000000000000000000000000000001', 101],
  ['1e-4', 100],
  ['"0.0001"', 1000],
  ['[0.0001]', 1000],
  [`0.${'0'.repeat(600)}1`, 1000],
])('every digit of %s counts', (written, cost) => {
  expect(costOf(answer(written))).toBe(cost)
})

test('only the answer to the request counts, and the last one of it', () => {
  expect(costOf(answer('0.0002', '8'), answer('0.0001'))).toBe(100)
  expect(costOf(answer('0.0001'), answer('0.0002', '"7"'))).toBe(100)
  expect(costOf('{"jsonrpc":"2.0","method":"notifications/progress","params":{"_meta":{"usd":1}}}')).toBe(1000)
  expect(costOf('{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}')).toBe(1000)
  expect(costOf('not json')).toBe(1000)
})

test('a pointer finds bytes where it finds a value', () => {
  const document = Buffer.from(' {"a/b":1.50,"list":["x",{"y":4e0}],"m~n":{"":true}} ')
  const found = (pointer: string): string | undefined => bytesByPointer(document, pointer)?.toString()
  expect(['/a~1b', '/list/1/y', '/m~0n/', '/list/0'].map(found)).toEqual(['1.50', '4e0', 'true', '"x"'])
  expect(['/list/2', '/list/01', '/list/-', '/list/length', '/none', 'list', ''].map(found)).toEqual(
    Array.from({ length: 7 }),
  )
})
