import { describe, expect, test } from 'vitest'
import { isRunId } from '../../../src/domain/ids.ts'
import type { Halt } from '../../../src/domain/run.ts'
import { isDenial } from '../../../src/domain/verdict.ts'
import { dayOf } from '../../../src/limits/bench.ts'
import type { RunSnapshot } from '../../../src/limits/runs.ts'
import { insights, limits, maximums, orchestrator, research, World, writer } from './fixture.ts'

const nothing = { tokens: 0, cost_micros: 0 }

function haltAt(at: number): Halt {
  return { code: 'operator', reason: 'enough', actor: 'ana', at, hop: null }
}

describe('a run', () => {
  test('opens with nothing booked and ends by its wall clock', () => {
    const world = new World(limits({ run: { wall_clock_ms: 600_000, tokens_max: 500 } }))
    const run = world.open()
    expect(isRunId(run.id)).toBe(true)
    expect(run.endsAt - run.startedAt).toBe(600_000)
    expect([run.state, run.calls, run.open, run.spent, run.reserved]).toEqual(['active', 0, 0, nothing, nothing])
    expect(run.left).toEqual({ tokens: 500, cost_micros: Number.POSITIVE_INFINITY })
    expect(world.runs.find(run.id)).toBe(run)
  })

  test('halts for exactly one caller, admits nothing from then on, and still settles', () => {
    const world = new World(limits({}))
    const run = world.open()
    const lease = world.take(run)
    const halt = haltAt(world.clock.now())
    expect([world.runs.halt(run, halt), world.runs.halt(run, { ...halt, actor: 'late' })]).toEqual([true, false])
    expect([run.state, run.halt?.actor]).toEqual(['halted', 'ana'])
    expect(world.try(run)).toMatchObject({ code: 'run_halted', detail: 'halted: enough' })
    lease.settle({ tokens: 3, cost_micros: 5 })
    expect([run.spent, run.reserved, run.open]).toEqual([{ tokens: 3, cost_micros: 5 }, nothing, 0])
  })

  test('that has ended admits nothing and cannot be halted any more', () => {
    const world = new World(limits({}))
    const run = world.open()
    expect([world.runs.end(run, world.clock.now()), world.runs.end(run, world.clock.now())]).toEqual([true, false])
    expect(world.runs.halt(run, haltAt(0))).toBe(false)
    expect(world.try(run)).toMatchObject({
      code: 'run_time_exceeded',
      detail: 'the run has ended because nothing happened in it',
    })
  })

  test('that was swept says that its time is over', () => {
    const world = new World(limits({ run: { wall_clock_ms: 1000 } }))
    const run = world.open()
    world.clock.advance(1000)
    expect(world.runs.sweep(world.clock.now())).toEqual([run])
    expect(world.try(run)).toMatchObject({ code: 'run_time_exceeded', rule: 'run.wall_clock_ms' })
  })

  test('whose wall clock is in shadow mode is not swept by it', () => {
    const world = new World(limits({ run: { wall_clock_ms: 1000 } }, 'shadow'))
    world.open()
    world.clock.advance(2000)
    expect(world.runs.sweep(world.clock.now())).toEqual([])
    world.clock.advance(86_400_000)
    expect(world.runs.sweep(world.clock.now())).toHaveLength(1)
  })

  test('knows its participants, its deepest hop and what was refused', () => {
    const world = new World(limits({}))
    const run = world.open()
    world.take(run, { agent: research, target: writer, depth: 4 })
    const ask = world.ask(run, { target: 'tool:search' })
    run.refuse(
      { id: ask.hop, parent: null, from: ask.agent, to: ask.target, depth: 1, at: ask.now },
      { kind: 'denial', code: 'policy_denied', detail: 'no', rule: 'graph.none', retryAfter_ms: null },
    )
    expect([...run.participants]).toEqual([orchestrator, research, writer])
    expect([run.depthMax, run.refused, run.calls]).toEqual([4, 1, 1])
    expect(run.hops().at(-1)).toMatchObject({ state: 'refused', code: 'policy_denied', rule: 'graph.none' })
    expect(run.graph.edges.at(-1)).toMatchObject({ to: 'tool:search', calls: 0, refused: 1 })
  })

  test('shows its last 1000 hops, and why one failed', () => {
    const world = new World(limits({}))
    const run = world.open()
    for (let call = 0; call < 1001; call++) {
      const ask = { ...world.ask(run), parent: null }
      const lease = world.take(run, { hop: ask.hop })
      run.blame(ask.hop, 'failed', 'connect_failed')
      lease.refund()
    }
    const hops = run.hops()
    expect([hops.length, run.calls]).toEqual([1000, 1001])
    expect(hops[0]).toMatchObject({ state: 'failed', code: 'connect_failed' })
  })
})

describe('the table', () => {
  test('is full when something is under way in every run, and has room again when one has ended', () => {
    const world = new World(limits({}), { ...maximums, runs: 2 })
    const [first, second] = [world.open(), world.open()]
    world.take(first)
    const lease = world.take(second)
    expect(world.runs.open(orchestrator, null, 0)).toMatchObject({ code: 'busy', rule: 'maximums.runs' })
    world.runs.halt(first, haltAt(world.clock.now()))
    expect(isDenial(world.runs.open(orchestrator, null, 0))).toBe(true)
    lease.refund()
    world.runs.end(second, world.clock.now())
    const third = world.open()
    expect(world.runs.list()).toEqual([third, first])
    expect(world.runs.active).toBe(1)
  })

  test('lets quiet runs give way when it is full, but never one in which something is under way', () => {
    const world = new World(limits({}), { ...maximums, runs: 2 })
    const [busy, quiet] = [world.open(), world.open()]
    world.take(busy)
    const next = world.open()
    expect([busy.state, quiet.state, next.state]).toEqual(['active', 'ended', 'active'])
  })

  test('takes room from the agent with the most runs, so that nobody opens runs until those of others are gone', () => {
    const world = new World(limits({}), { ...maximums, runs: 20 })
    const victims = [world.open(research), world.open(research)]
    const flood = Array.from({ length: 100 }, () => world.open(orchestrator))
    expect(victims.map(({ state }) => state)).toEqual(['active', 'active'])
    expect(flood.at(-1)?.state).toBe('active')
    for (const run of flood) world.runs.end(run, world.clock.now())
    const busy = Array.from({ length: 18 }, () => world.open(orchestrator))
    for (const run of busy) world.take(run)
    expect(world.open(writer).state).toBe('active')
    expect(victims[0]?.state).toBe('ended')
  })

  test('ends a run in which nothing has happened for a minute, and no other', () => {
    const world = new World(limits({}))
    const [quiet, busy] = [world.open(), world.open()]
    world.take(busy)
    world.runs.sweep(world.clock.now())
    world.clock.advance(59_999)
    expect(world.runs.sweep(world.clock.now())).toEqual([])
    world.clock.advance(1)
    expect([world.runs.sweep(world.clock.now()), busy.state]).toEqual([[quiet], 'active'])
  })

  test('keeps a run that has ended while something of it is under way', () => {
    const world = new World(limits({}), { ...maximums, runs: 1 })
    const run = world.open()
    const lease = world.take(run)
    world.runs.end(run, world.clock.now())
    world.clock.advance(86_400_000)
    world.runs.sweep(world.clock.now())
    expect([isDenial(world.runs.open(orchestrator, null, 0)), world.runs.find(run.id)]).toEqual([true, run])
    lease.refund()
    world.runs.sweep(world.clock.now())
    expect(world.runs.find(run.id)).toBeUndefined()
  })

  test('never lets a run that has left read the row of its successor', () => {
    const world = new World(limits({}), { ...maximums, runs: 1 })
    const gone = world.open()
    world.take(gone).settle({ tokens: 7, cost_micros: 9 })
    world.runs.end(gone, world.clock.now())
    const next = world.open()
    world.take(next)
    expect([gone.state, gone.calls, gone.open, gone.spent]).toEqual(['ended', 1, 0, { tokens: 7, cost_micros: 9 }])
    expect(world.try(gone)).toMatchObject({ code: 'run_time_exceeded' })
    expect([next.calls, next.open, next.spent]).toEqual([1, 1, nothing])
  })

  test('keeps a halted run until its wall clock and a while are over', () => {
    const world = new World(limits({ run: { wall_clock_ms: 600_000 } }))
    const run = world.open()
    world.runs.halt(run, haltAt(world.clock.now()))
    world.clock.advance(899_999)
    world.runs.sweep(world.clock.now())
    expect(world.runs.find(run.id)?.state).toBe('halted')
    world.clock.advance(1)
    world.runs.sweep(world.clock.now())
    expect(world.runs.list()).toEqual([])
  })
})

describe('the taint of a run', () => {
  test('only rises, and says whether it did', () => {
    const world = new World(limits({}))
    const [run, other] = [world.open(), world.open()]
    expect(run.taint).toBe('none')
    const raised = (['none', 'untrusted', 'external', 'untrusted', 'injected', 'none'] as const).map((taint) =>
      run.raiseTaint(taint),
    )
    expect(raised).toEqual([false, true, false, false, true, false])
    expect([run.taint, other.taint, run.spent]).toEqual(['injected', 'none', { tokens: 0, cost_micros: 0 }])
  })

  test('stays readable when the run has left the table, and its successor is clean', () => {
    const world = new World(limits({}), { ...maximums, runs: 1 })
    const first = world.open()
    first.raiseTaint('external')
    world.runs.end(first, world.clock.now())
    const second = world.open()
    expect([first.taint, second.taint]).toEqual(['external', 'none'])
  })
})

describe('after a restart', () => {
  const before: RunSnapshot = {
    id: new World(limits({})).open().id,
    root: orchestrator,
    person: null,
    startedAt: 1000,
    endsAt: 601_000,
    halt: null,
    calls: 3,
    taint: 'external',
    unpriced: 2,
    depthMax: 2,
    spent: { tokens: 90, cost_micros: 900 },
    grants: new Map([['g1', { tokens: 60, cost_micros: 600 }]]),
    edges: [
      { from: orchestrator, to: research, calls: 2, depth: 1, tokens: 60, cost_micros: 600 },
      { from: research, to: orchestrator, calls: 1, depth: 2, tokens: 30, cost_micros: 300 },
    ],
  }

  test('a run goes on where it was: budget, graph, laps and participants', () => {
    const world = new World(limits({ run: { tokens_max: 100, laps_max: 1 } }))
    const run = world.runs.restore(before)
    if (isDenial(run)) throw new Error(run.detail)
    expect([run.id, run.calls, run.depthMax, run.spent]).toEqual([before.id, 3, 2, before.spent])
    expect(run.taint).toBe('external')
    expect([run.left.tokens, [...run.participants]]).toEqual([10, [orchestrator, research]])
    expect(run.graph.edges).toMatchObject([
      { calls: 2, tokens: 60 },
      { calls: 1, cost_micros: 300 },
    ])
    const again = { agent: research, target: orchestrator, depth: 4, now: 2000 }
    expect(world.try(run, again)).toMatchObject({ code: 'loop_detected', rule: 'run.laps_max' })
    expect(world.try(run, { now: 2000, price: { tokens: 11, cost_micros: 0 } })).toMatchObject({
      rule: 'run.tokens_max',
    })
  })

  test('what was spent under the ceiling of a token stays spent', () => {
    const world = new World(limits({}))
    const run = world.runs.restore(before)
    if (isDenial(run)) throw new Error(run.detail)
    const budget = [{ grant: 'g1', tokens: 70 }]
    expect(world.bench.grants.left(run, budget).tokens).toBe(10)
    world.take(run, { now: 2000, budget })
    expect(world.try(run, { now: 2000, budget })).toMatchObject({ code: 'budget_exhausted', rule: 'token.tokens' })
  })

  test('a run whose ceilings cannot be counted is not put back, so none of them is spent twice', () => {
    const world = new World(limits({}), { ...maximums, grants: 8 })
    const two = new Map(['g1', 'g2'].map((grant) => [grant, before.spent]))
    expect(world.runs.restore({ ...before, grants: two })).toMatchObject({ code: 'busy', rule: 'maximums.grants' })
    expect([world.runs.list(), world.bench.grants.size]).toEqual([[], 0])
  })

  test('a halted run stays halted', () => {
    const world = new World(limits({}))
    const run = world.runs.restore({ ...before, halt: haltAt(2000) })
    expect(run).toMatchObject({ kind: 'run', state: 'halted', halt: { actor: 'ana' } })
  })

  test('what an agent and its team had spent today still counts today and not tomorrow', () => {
    const world = new World(limits({ agent: { tokens_per_day: 100 } }))
    const run = world.open()
    const now = world.clock.now()
    world.bench.restore(world.bench.agent(orchestrator), { tokens: 95, cost_micros: 5 }, now)
    world.bench.restore(world.bench.team(insights), { tokens: 95, cost_micros: 5 }, now)
    expect(world.bench.team(insights)?.cost.spent(dayOf(now))).toBe(5)
    expect(world.try(run)).toMatchObject({ rule: 'agent.tokens_per_day' })
    world.clock.advance(86_400_000)
    expect(isDenial(world.try(run))).toBe(false)
  })
})

test('a run for which a token is out is not ended for being idle before that expires', () => {
  const world = new World(limits({}))
  const [held, idle] = [world.open(), world.open()]
  const start = world.clock.now()
  held.holdUntil(start + 100_000)
  held.holdUntil(start + 50_000)
  const states = [0, 61_000, 39_000, 61_000].map((wait_ms) => {
    world.clock.advance(wait_ms)
    world.runs.sweep(world.clock.now())
    return [held.state, idle.state]
  })
  expect(states).toEqual([
    ['active', 'active'],
    ['active', 'ended'],
    ['active', 'ended'],
    ['ended', 'ended'],
  ])
})
