import { describe, expect, test } from 'vitest'
import type { DenialCode } from '../../../src/domain/denials.ts'
import { isDenial } from '../../../src/domain/verdict.ts'
import type { Ask } from '../../../src/limits/lease.ts'
import { agentId, hopId, limits, maximums, orchestrator, research, World } from './fixture.ts'

type Plain = Parameters<typeof limits>[0]

interface Case {
  readonly rule: string
  readonly code: DenialCode
  readonly limits: Plain
  /** Calls that are let through before the one that is refused. */
  readonly before?: number
  readonly given?: Partial<Ask>
  readonly wait_ms?: number
}

const cycle = { from: orchestrator, to: research, depth: 1, lap: 1, path: [research, orchestrator] }

const cases: readonly Case[] = [
  { rule: 'run.wall_clock_ms', code: 'run_time_exceeded', limits: { run: { wall_clock_ms: 0 } } },
  { rule: 'run.depth_max', code: 'depth_exceeded', limits: { run: { depth_max: 5 } }, given: { depth: 6 } },
  { rule: 'run.laps_max', code: 'loop_detected', limits: { run: { laps_max: 0 } }, given: { cycle } },
  { rule: 'run.calls_max', code: 'calls_exceeded', limits: { run: { calls_max: 2 } }, before: 2 },
  { rule: 'run.fan_out_max', code: 'fan_out_exceeded', limits: { run: { fan_out_max: 1 } }, before: 1 },
  { rule: 'run.concurrency_max', code: 'concurrency_limited', limits: { run: { concurrency_max: 1 } }, before: 1 },
  { rule: 'agent.concurrency_max', code: 'concurrency_limited', limits: { agent: { concurrency_max: 1 } }, before: 1 },
  { rule: 'run.tokens_max', code: 'run_budget_exhausted', limits: { run: { tokens_max: 25 } }, before: 2 },
  { rule: 'run.cost_micros_max', code: 'run_budget_exhausted', limits: { run: { cost_micros_max: 150 } }, before: 1 },
  { rule: 'agent.tokens_per_day', code: 'budget_exhausted', limits: { agent: { tokens_per_day: 20 } }, before: 2 },
  { rule: 'agent.cost_micros_per_day', code: 'budget_exhausted', limits: { agent: { cost_micros_per_day: 99 } } },
  { rule: 'team.tokens_per_day', code: 'budget_exhausted', limits: { team: { tokens_per_day: 10 } }, before: 1 },
  { rule: 'team.cost_micros_per_day', code: 'budget_exhausted', limits: { team: { cost_micros_per_day: 99 } } },
  {
    rule: 'agent.invokes_per_minute',
    code: 'rate_limited',
    limits: { agent: { invokes_per_minute: 6 } },
    before: 6,
    wait_ms: 10_000,
  },
]

function worldBefore(one: Case, mode: Parameters<typeof limits>[1]) {
  const world = new World(limits(one.limits, mode))
  const run = world.open()
  for (let call = 0; call < (one.before ?? 0); call++) world.take(run)
  return { world, run }
}

describe.each(cases)('$rule', (one) => {
  test('enforced: refuses by its own name and leaves every counter as it was', () => {
    const { world, run } = worldBefore(one, 'enforce')
    const before = world.cells()
    const views = run.hops()
    const refusal = world.try(run, one.given)
    expect(refusal).toMatchObject({ kind: 'denial', code: one.code, rule: one.rule })
    if (one.wait_ms !== undefined) expect(refusal).toMatchObject({ retryAfter_ms: one.wait_ms })
    expect(world.cells()).toEqual(before)
    expect(run.hops()).toEqual(views)
    expect(run.hopLog.children(null)).toBe(one.before ?? 0)
  })

  test.each(['shadow', 'warn'] as const)('%s: lets through, names the rule, and counts the fact', (mode) => {
    const { world, run } = worldBefore(one, mode)
    const lease = world.take(run, one.given)
    expect(lease.overruled).toMatchObject([{ code: one.code, rule: one.rule }])
    expect(run.shadow).toEqual([one.rule])
    expect([run.calls, run.open]).toEqual([(one.before ?? 0) + 1, (one.before ?? 0) + 1])
    lease.settle({ tokens: 1000, cost_micros: 1000 })
    expect(run.spent).toEqual({ tokens: 1000, cost_micros: 1000 })
    expect(run.overshoot).toEqual({ tokens: 0, cost_micros: 0 })
  })
})

test('a call that breaks several limits names the first of the table', () => {
  const world = new World(
    limits({ run: { depth_max: 0, laps_max: 0, calls_max: 0 }, agent: { invokes_per_minute: 0 } }),
  )
  expect(world.try(world.open(), { cycle })).toMatchObject({ rule: 'run.depth_max' })
})

test('fan-out is counted for each parent apart', () => {
  const world = new World(limits({ run: { fan_out_max: 1 } }))
  const run = world.open()
  world.take(run, { parent: hopId(77) })
  expect(isDenial(world.try(run, { parent: hopId(77) }))).toBe(true)
  expect(isDenial(world.try(run, { parent: hopId(78) }))).toBe(false)
})

test('the ceiling of a chain holds whatever the modes say', () => {
  const world = new World(limits({ run: { depth_max: 1 } }, 'shadow'), { ...maximums, chain: 3 })
  const chain = [orchestrator, research, orchestrator, research]
  expect(world.try(world.open(), { chain, depth: 3 })).toMatchObject({ code: 'depth_exceeded', rule: 'maximums.chain' })
})

test('a graph that is full lets known edges through and new ones not', () => {
  const world = new World(limits({}), { ...maximums, edges_per_run: 1 })
  const run = world.open()
  world.take(run)
  expect(isDenial(world.try(run))).toBe(false)
  expect(world.try(run, { target: 'tool:search' })).toMatchObject({ rule: 'maximums.edges_per_run' })
})

test('an agent for which the board has no row is refused, not forgotten', () => {
  const world = new World(limits({}))
  const run = world.open()
  for (const slug of ['a', 'b', 'c', 'd']) world.take(run, { agent: agentId(slug) })
  expect(world.try(run)).toMatchObject({ code: 'busy', rule: 'board.rows' })
})

test('settling gives back the rest, refunding everything, and both leave the call counted', () => {
  const world = new World(limits({ run: { tokens_max: 100, cost_micros_max: 1000 } }))
  const run = world.open()
  const [first, second] = [world.take(run), world.take(run)]
  expect(run.reserved).toEqual({ tokens: 20, cost_micros: 200 })
  first.settle({ tokens: 4, cost_micros: 30 })
  second.refund()
  expect([run.reserved.tokens, run.spent, run.left]).toEqual([
    0,
    { tokens: 4, cost_micros: 30 },
    { tokens: 96, cost_micros: 970 },
  ])
  expect([run.calls, run.open]).toEqual([2, 0])
  expect(run.graph.edges).toMatchObject([{ calls: 2, tokens: 4, cost_micros: 30 }])
  expect(run.hops().map((hop) => [hop.state, hop.cost_micros])).toEqual([
    ['answered', 30],
    ['failed', 0],
  ])
})

test('a lease is settled or refunded once', () => {
  const world = new World(limits({}))
  const lease = world.take(world.open())
  lease.refund()
  expect(() => lease.settle({ tokens: 0, cost_micros: 0 })).toThrow('settled or refunded once')
})

test('a hop that costs more than was left is booked to the limit, and nothing more is let in', () => {
  const world = new World(limits({ run: { cost_micros_max: 250 } }))
  const run = world.open()
  world.take(run).settle({ tokens: 0, cost_micros: 400 })
  expect([run.spent.cost_micros, run.overshoot.cost_micros, run.left.cost_micros]).toEqual([250, 150, 0])
  expect(world.try(run, { price: { tokens: 0, cost_micros: 0 } })).toMatchObject({ rule: 'run.cost_micros_max' })
})

test('the day budget of an agent is whole again after midnight UTC', () => {
  const world = new World(limits({ agent: { cost_micros_per_day: 100 } }))
  const run = world.open()
  const late = world.take(run)
  expect(world.try(run)).toMatchObject({ code: 'budget_exhausted', rule: 'agent.cost_micros_per_day' })
  world.clock.advance(86_400_000)
  world.take(run)
  late.settle({ tokens: 10, cost_micros: 100 })
  expect(world.try(run)).toMatchObject({ rule: 'agent.cost_micros_per_day' })
})

test('a reload puts other limits in force and leaves the counters alone', () => {
  const world = new World(limits({ agent: { concurrency_max: 1 } }))
  const run = world.open()
  world.take(run)
  expect(isDenial(world.try(run))).toBe(true)
  world.bench.use({
    ...limits({}),
    agents: new Map([[orchestrator, { concurrency_max: { max: 2, mode: 'enforce' } }]]),
  })
  world.take(run)
  expect(isDenial(world.try(run))).toBe(true)
})
