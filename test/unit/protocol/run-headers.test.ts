import { expect, test } from 'vitest'
import type { HopId, RunId } from '../../../src/domain/ids.ts'
import type { Metered } from '../../../src/domain/usage.ts'
import { closingComment, costHeader, idHeaders, runHeaders, type RunTold } from '../../../src/protocol/run-headers.ts'

const run = `run_${'a'.repeat(32)}` as RunId
const hop = `hop_${'b'.repeat(16)}` as HopId

const told: RunTold = {
  hop,
  run,
  decision: { rule: 'graph.a-to-b', config: '0123456789ab' },
  left: {
    cost: { max: 50_000_000, left: 1_800_214 },
    tokens: { max: 500_000, left: 20_110 },
    wall: { max: 600, left: 31.9 },
    depth: { max: 5, left: 1 },
    calls: null,
  },
  rate: { max: 60, left: 12, reset_s: 34 },
  isOfModel: false,
}

/** A structured field (RFC 9651 section 4.2) of items: integers, tokens and strings, each with parameters of the same. */
const bare = /-?\d{1,15}|[A-Za-z*][\w!#$%&'*+.^`|~:/-]*|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/.source
const item = `(?:${bare})(?: *;[a-z*][a-z0-9_.*-]*(?:=(?:${bare}))?)*`
const field = new RegExp(`^${item}(?:, ${item})*$`)

test('an answer says its ids, what permitted it, what is left of its run and of the rate of its caller', () => {
  expect(runHeaders(told)).toEqual([
    ['weir-run-id', run],
    ['weir-hop-id', hop],
    ['weir-decision', 'allow;rule="graph.a-to-b";config="0123456789ab"'],
    [
      'weir-run-budget',
      'cost;q=50000000;r=1800214;unit=micro-usd, tokens;q=500000;r=20110, wall;q=600;r=31, depth;q=5;r=1',
    ],
    ['ratelimit-policy', '"agent-invoke";q=60;w=60'],
    ['ratelimit', '"agent-invoke";r=12;t=34'],
  ])
})

test('SDKs of models find their own names beside them', () => {
  const names = ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests']
  const headers = new Map(runHeaders({ ...told, isOfModel: true }))
  expect([headers.get('x-request-id'), headers.get('request-id')]).toEqual([hop, hop])
  expect(names.map((name) => headers.get(name))).toEqual(['60', '12', '34s'])
  expect(idHeaders({ ...told, run: null })).toEqual([['weir-hop-id', hop]])
})

test('a refusal says why and no rule, and where nothing is limited nothing is left to say', () => {
  const nothing = { cost: null, tokens: null, wall: null, depth: null, calls: null }
  expect(runHeaders({ ...told, run: null, decision: 'not_found', left: nothing, rate: null })).toEqual([
    ['weir-hop-id', hop],
    ['weir-decision', 'deny;code=not_found'],
  ])
})

const usage = { input_tokens: 1, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 1, reasoning_tokens: 0 }
const bill: Metered = {
  model: 'openai/gpt',
  usage,
  source: 'provider',
  cost_micros: 2140,
  input_micros: 1240,
  output_micros: 900,
  prices: 'config',
}

test('a cost is in whole micro-dollars, and one that nobody knows is not zero', () => {
  expect(costHeader(bill)).toEqual(['weir-cost', '2140;unit=micro-usd;in=1240;out=900'])
  expect(costHeader({ tokens: 3, cost_micros: 0 })).toEqual(['weir-cost', '0;unit=micro-usd'])
  const unknown = { ...bill, cost_micros: null, input_micros: null, output_micros: null }
  expect([costHeader(unknown), costHeader(null)]).toEqual([
    ['weir-cost', 'unknown'],
    ['weir-cost', 'unknown'],
  ])
})

test.each([
  [2140, '0.00214'],
  [0, '0'],
  [1, '0.000001'],
  [1_500_000, '1.5'],
  [20_000_000, '20'],
  [null, 'unknown'],
])('the comment at the end of a stream says %j micro-dollars as %s, and ends its event', (micros, said) => {
  expect(closingComment(micros, run)).toBe(`: weir cost=${said} run=${run}\n\n`)
})

test('whatever a policy is called, every header is a structured field', () => {
  for (const rule of ['p12', 'a "quoted\\ name', 'gräph\n', '', 'x:y/z']) {
    const headers = runHeaders({
      ...told,
      decision: { rule, config: '0123' },
      rate: { max: 1e18, left: -1, reset_s: 0.5 },
    })
    for (const [name, value] of [...headers, costHeader(bill), costHeader(null)])
      if (!name.endsWith('-id')) expect(value).toMatch(field)
  }
})
