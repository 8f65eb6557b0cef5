/**
 * One scripted piece of work of three agents for two persons, in which everything costs something. Every number below was
 * worked out by hand from the prices and the usage in this file: no code of the gateway is asked what it should be.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { CostReport } from '../../src/domain/cost.ts'
import type { CallRecord } from '../../src/domain/record.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { chunkSays, ScriptedSpending, streamBody } from '../support/scripted-spending.ts'
import {
  askModel,
  eventStream,
  heardUntil,
  runMost,
  type SpendingWorld,
  startSpendingWorld,
  useTool,
} from '../support/spending-world.ts'

/** What a call is expected to come to: micro-dollars, null where nobody knows; tokens; and where its usage is from. */
type Sum = readonly [cost: number | null, tokens: number, source?: 'provider' | 'delivered']

/**
 * In micro-dollars a token:
 *   gpt-4o-mini     0.15 read, 0.075 from the cache, 0.60 written          (list)
 *   claude-sonnet   3 read, 0.30 cached, 3.75 and 6 (1 h) to the cache, 15 (list)
 *   embeddings      0.02 read                                             (list)
 *   gpt-4.1         2 read, 8 written                                     (list)
 *   house           2 read, 1 from the cache, 10 written, 100 for each call (configured)
 * Each call is rounded up to a whole micro-dollar, once.
 */
const sums = {
  // A price of its own, for each call.
  research: [1500, 0],
  // 800 x 0.15 + 200 x 0.075 + 300 x 0.6 = 120 + 15 + 180
  unary: [315, 1300, 'provider'],
  // 501 x 2 + 33 x 10 + 100 = 1002 + 330 + 100
  streamed: [1432, 534, 'provider'],
  // 100 x 3 + 250 x 3.75 + 150 x 6 + 1000 x 0.3 + 50 x 15 = 300 + 937.5 + 900 + 300 + 750 = 3187.5
  cached: [3188, 1550, 'provider'],
  // 8 x 0.02 = 0.16
  embedded: [1, 8, 'provider'],
  plain: [70, 0],
  // 5 + 4 x 30
  pages: [125, 0],
  // 0.000222 dollars
  usd: [222, 0],
  // 3 x 2 + 4 x 8
  clerk: [38, 7, 'provider'],
  // 10 x 0.15 + 20 x 0.6 = 1.5 + 12 = 13.5
  fallback: [14, 30, 'provider'],
  unknown: [null, 42, 'provider'],
  // 98 bytes and 1024 for what is put around them are 1122 read; 12 bytes are written: 1122 x 2 + 12 x 10 + 100
  cut: [2464, 1134, 'delivered'],
  // The provider said 200 read before it was left; 12 bytes are written: 200 x 3 + 12 x 15
  left: [780, 212, 'delivered'],
  // 1122 x 2 + 9 x 10 + 100
  halted: [2434, 1131, 'delivered'],
} as const satisfies Readonly<Record<string, Sum>>
type Name = keyof typeof sums

/** What is held for the same stream, whose answer may have 50 tokens: 1122 x 2 + 50 x 10 + 100, and 1122 + 50 tokens. */
const held = [2844, 1172] as const

let world: SpendingWorld
let played: ScriptedSpending

const hopOf = (name: string): string => played.answers.get(name)?.headers.get('weir-hop-id') ?? ''

async function recordOf(name: string): Promise<CallRecord | undefined> {
  const hop = hopOf(name)
  return (await ledgerOf(world.weir)).filter((entry) => entry.kind === 'call').find(({ rid }) => rid === hop)
}

beforeAll(async () => {
  world = await startSpendingWorld()
  played = new ScriptedSpending(world)
  await played.play()
  await vi.waitFor(async () => expect((await recordOf('left'))?.outcome.status).toBe('aborted'), 20_000)
}, 60_000)

afterAll(async () => {
  await world.stop()
})

test.each(Object.keys(sums) as Name[])('the record of a call holds what was worked out for it: %s', async (name) => {
  const [cost, tokens, source]: Sum = sums[name]
  const outcome = (await recordOf(name))?.outcome
  expect(outcome?.spent).toEqual(
    cost === null ? { cost_micros: 0, tokens, unpriced: 1 } : { cost_micros: cost, tokens },
  )
  expect(outcome?.metered?.source).toBe(source)
  if (source !== undefined) expect(outcome?.metered?.cost_micros).toBe(cost)
})

test('a refused call is in the record and costs nothing', async () => {
  expect(await recordOf('refused')).toMatchObject({
    decision: 'deny',
    outcome: { spent: { tokens: 0, cost_micros: 0 } },
  })
  // Who may not use it is not told that it is there.
  expect(played.answers.get('refused')?.status).toBe(404)
})

test('counting tokens is in the record and costs nothing', async () => {
  const calls = (await ledgerOf(world.weir)).filter((entry) => entry.kind === 'call')
  const counts = calls.filter(({ dialect }) => dialect === 'anthropic-count')
  expect(counts.map(({ outcome }) => [outcome.status, outcome.spent])).toEqual([
    ['answered', { tokens: 0, cost_micros: 0 }],
  ])
})

test.each([
  // Input and output apart, the input rounded up: 135, 2437.5, 0.16, 1.5.
  ['unary', '315;unit=micro-usd;in=135;out=180'],
  ['cached', '3188;unit=micro-usd;in=2438;out=750'],
  ['embedded', '1;unit=micro-usd;in=1;out=0'],
  ['fallback', '14;unit=micro-usd;in=2;out=12'],
  ['unknown', 'unknown'],
  ['research', '1500;unit=micro-usd'],
  ['clerk', '38;unit=micro-usd'],
  ['refused', null],
  ['counted', null],
])('who asked is told what it cost: %s', (name, cost) => {
  expect(played.answers.get(name)?.headers.get('weir-cost')).toBe(cost)
})

test('a stream is told at its end', () => {
  expect(played.streams.get('streamed')).toContain(`: weir cost=0.001432 run=${played.runs.one}\n\ndata: [DONE]\n\n`)
})

/**
 *   research in run one   315 + 1432 + 3188 + 1 + 70 + 125 + 222 = 5353     1300 + 534 + 1550 + 8 = 3392 tokens
 *   console in run one    1500 + 38 + 14 = 1552, one unknown                7 + 30 + 42 = 79
 *   run one               5353 + 1552 = 6905                                3392 + 79 = 3471
 *   run two               2464 + 780 = 3244                                 1134 + 212 = 1346
 *   run three             2434                                              1131
 *   desk                  3244 + 2434 = 5678                                1346 + 1131 = 2477
 *   lab                   5353 + 5678 = 11031                               3392 + 2477 = 5869
 *   all                   6905 + 5678 = 12583                               3471 + 2477 = 5948
 */
type Row = readonly [key: string, cost: number, tokens: number, unpriced: number, delivered: number]

test.each<readonly [by: string, rows: readonly Row[]]>([
  [
    'agent',
    [
      ['agent:desk', 5678, 2477, 0, 3],
      ['agent:research', 5353, 3392, 0, 0],
      ['agent:console', 1552, 79, 1, 0],
    ],
  ],
  [
    'team',
    [
      ['team:lab', 11_031, 5869, 0, 3],
      ['team:apps', 1552, 79, 1, 0],
    ],
  ],
  [
    'person',
    [
      ['user:tomas', 6905, 3471, 1, 0],
      ['user:ana', 5678, 2477, 0, 3],
    ],
  ],
  [
    'model',
    [
      // 1432 + 2464 + 2434
      ['openai/house', 6330, 2799, 0, 2],
      // 3188 + 780
      ['anthropic/claude-sonnet-4-5', 3968, 1762, 0, 1],
      // 315 + 14
      ['openai/gpt-4o-mini', 329, 1330, 0, 0],
      ['openai/gpt-4.1', 38, 7, 0, 0],
      ['openai/text-embedding-3-small', 1, 8, 0, 0],
      ['nobody/mystery', 0, 42, 1, 0],
    ],
  ],
  [
    'tool',
    [
      ['files/usd', 222, 0, 0, 0],
      ['files/pages', 125, 0, 0, 0],
      ['files/plain', 70, 0, 0, 0],
    ],
  ],
])('weir cost %s adds up to the same', async (by, rows) => {
  const report = await costBy(by)
  expect(report.rows.map(rowOf)).toEqual(rows)
})

test('weir cost run adds up to the same', async () => {
  const report = await costBy('run')
  expect(report.rows.map(rowOf)).toEqual([
    [played.runs.one, 6905, 3471, 1, 0],
    [played.runs.two, 3244, 1346, 0, 2],
    [played.runs.three, 2434, 1131, 0, 1],
  ])
  expect(report.total).toMatchObject({ cost_micros: 12_583, tokens: 5948, unpriced: 1, delivered: 3, open: 0 })
})

test('people are shown the price nobody knows as unknown', async () => {
  const { stdout } = await runWeir('cost', 'model', '--config', join(world.weir.directory, 'weir.yaml'))
  expect(stdout.split('\n').find((line) => line.includes('nobody/mystery'))).toContain('unknown (1 call)')
})

test('the runs, and what they say is left, add up to the same', async () => {
  expect(await runView(played.runs.one)).toMatchObject({ spent: { cost_micros: 6905, tokens: 3471 }, unpriced: 1 })
  expect(await runView(played.runs.two)).toMatchObject({ spent: { cost_micros: 3244, tokens: 1346 }, unpriced: 0 })
  expect(await runView(played.runs.three)).toMatchObject({
    spent: { cost_micros: 2434, tokens: 1131 },
    state: 'halted',
  })
  const left = played.answers.get('fallback')?.headers.get('weir-run-budget') ?? ''
  const cost = `cost;q=${runMost.cost_micros};r=${runMost.cost_micros - 6905};unit=micro-usd`
  expect(left).toContain(`${cost}, tokens;q=${runMost.tokens};r=${runMost.tokens - 3471}`)
})

test('after kill -9 all of it is put back, and a call whose end nobody saw counts with all that was held for it', async () => {
  const headers = { 'weir-run-id': played.runs.two }
  const says = eventStream([chunkSays('on and on')], { stays: true })
  const open = await askModel(world, { from: 'desk', path: 'chat/completions', body: streamBody, headers, says })
  const rest = await heardUntil(open, 'on and on')
  await ledgerOf(world.weir)
  await world.weir.kill('SIGKILL')
  await rest().catch(() => undefined)
  expect((await costBy('run')).total).toMatchObject({ cost_micros: 12_583, open: 1, held_micros: held[0] })

  const told = { max: 1, mode: 'warn' }
  const day = { cost_micros_per_day: told, tokens_per_day: told }
  await world.restart({ run: { cost_micros_max: told, tokens_max: told }, agent: day, team: day, person: day })
  expect(await runView(played.runs.one)).toMatchObject({ spent: { cost_micros: 6905, tokens: 3471 }, unpriced: 1 })
  // 3244 + 2844 and 1346 + 1172
  expect(await runView(played.runs.two)).toMatchObject({ spent: { cost_micros: 6088, tokens: 2518 } })
  expect(await runView(played.runs.three)).toMatchObject({
    spent: { cost_micros: 2434, tokens: 1131 },
    state: 'halted',
  })

  // Each of these costs one micro-dollar and one token, and goes past every limit, which says what it had counted.
  await useTool(world, { from: 'research', name: 'penny' })
  await useTool(world, { from: 'desk', name: 'penny', headers })
  await useTool(world, { from: 'console', name: 'penny', headers: { 'weir-run-id': played.runs.one } })
  await vi.waitFor(
    () => expect(world.weir.log()).toContain(`${played.runs.one} went past person.cost_micros_per_day`),
    10_000,
  )
  expect(readingsOf(played.runs.one)).toEqual({
    'run.tokens_max': 3471,
    'run.cost_micros_max': 6905,
    'agent.tokens_per_day': 79,
    'agent.cost_micros_per_day': 1552,
    'team.tokens_per_day': 79,
    'team.cost_micros_per_day': 1552,
    'person.tokens_per_day': 3471,
    'person.cost_micros_per_day': 6905,
  })
  // desk and ana 5678 + 2844 and 2477 + 1172; lab 11031 + 2844 and 5869 + 1172, and the one of research just before.
  expect(readingsOf(played.runs.two)).toEqual({
    'run.tokens_max': 2518,
    'run.cost_micros_max': 6088,
    'agent.tokens_per_day': 3649,
    'agent.cost_micros_per_day': 8522,
    'team.tokens_per_day': 7042,
    'team.cost_micros_per_day': 13_876,
    'person.tokens_per_day': 3649,
    'person.cost_micros_per_day': 8522,
  })
  expect(world.weir.log()).toContain('agent.cost_micros_per_day: 5353 of 1')
  expect(world.weir.log()).toContain('agent.tokens_per_day: 3392 of 1')
})

async function costBy(by: string): Promise<CostReport> {
  await ledgerOf(world.weir).catch(() => undefined)
  const { stdout } = await runWeir('cost', by, '--json', '--config', join(world.weir.directory, 'weir.yaml'))
  return JSON.parse(stdout) as CostReport
}

function rowOf({ key, cost_micros, tokens, unpriced, delivered }: CostReport['rows'][number]): readonly unknown[] {
  return [key, cost_micros, tokens, unpriced, delivered]
}

async function runView(run: string): Promise<object> {
  return await world.weir.ask<object>(`/api/v1/runs/${run}`)
}

/** What the limits of a run and of those in it had counted when it went past them. */
function readingsOf(run: string): Readonly<Record<string, number>> {
  const readings: Record<string, number> = {}
  for (const [, of, rule = '', reading] of world.weir.log().matchAll(warning))
    if (of === run) readings[rule] = Number(reading)
  return readings
}

const warning = /(run_\w+) went past ([\w.]+), which warns: [\w.]+: (\d+) of 1/g
