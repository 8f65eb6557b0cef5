import { describe, expect, test } from 'vitest'
import { isDenial } from '../../../src/domain/verdict.ts'
import { limits, maximums, orchestrator, research, World } from './fixture.ts'

const nothing = { tokens: 0, cost_micros: 0 }
const price = { tokens: 10, cost_micros: 100 }
const outer = { grant: 'outer', tokens: 25, cost_micros: 10_000 }
const inner = { grant: 'inner', tokens: 10 }

describe('the ceiling of a token', () => {
  test('is spent together by all who stand under it', () => {
    const world = new World(limits({}))
    const run = world.open()
    world.take(run, { budget: [outer] })
    world.take(run, { budget: [outer, inner], agent: research, target: orchestrator })
    expect(world.try(run, { budget: [outer] })).toMatchObject({
      code: 'budget_exhausted',
      rule: 'token.tokens',
      detail: 'token.tokens: 20 of 25',
    })
    expect(isDenial(world.try(run))).toBe(false)
  })

  test('lower down binds before the one above it, which counts on', () => {
    const world = new World(limits({}))
    const run = world.open()
    world.take(run, { budget: [outer, inner] })
    expect(world.try(run, { budget: [outer, inner] })).toMatchObject({ detail: 'token.tokens: 10 of 10' })
    expect(world.bench.grants.left(run, [outer])).toEqual({ tokens: 15, cost_micros: 9900 })
    expect(world.bench.grants.left(run, [outer, inner]).tokens).toBe(0)
  })

  test('that refuses leaves every counter as it was, also those of the ceilings before it', () => {
    const world = new World(limits({ run: { tokens_max: 100 }, agent: { tokens_per_day: 100 } }))
    const run = world.open()
    const before = world.cells()
    const short = { grant: 'short', cost_micros: 99 }
    expect(world.try(run, { budget: [outer, inner, short] })).toMatchObject({ rule: 'token.cost_micros' })
    expect(world.cells()).toEqual(before)
    expect(world.try(run, { budget: [outer, { grant: 'none', tokens: 9 }] })).toMatchObject({ rule: 'token.tokens' })
    expect(world.cells()).toEqual(before)
  })

  test('handed out whole to many is spent once', () => {
    const world = new World(limits({}))
    const run = world.open()
    const children = Array.from({ length: 20 }, (_, n) => [outer, { ...outer, grant: `child${n % 3}` }])
    const leases = children.map((budget) => world.try(run, { budget }))
    expect(leases.filter((lease) => !isDenial(lease))).toHaveLength(2)
    expect(world.bench.grants.left(run, [outer]).tokens).toBe(5)
  })

  test('gets back what a call did not spend', () => {
    const world = new World(limits({}))
    const run = world.open()
    world.take(run, { budget: [outer, inner] }).settle({ tokens: 4, cost_micros: 40 })
    world.take(run, { budget: [outer, inner], price: nothing }).refund()
    expect(world.bench.grants.left(run, [outer, inner])).toEqual({ tokens: 6, cost_micros: 9960 })
  })

  test.each(['shadow', 'warn'] as const)('holds where every limit is in %s', (mode) => {
    const world = new World(limits({ run: { tokens_max: 1 } }, mode))
    const run = world.open()
    world.take(run, { budget: [inner] })
    expect(world.try(run, { budget: [inner] })).toMatchObject({ rule: 'token.tokens' })
  })

  test('of nothing lets nothing through, also not what is free', () => {
    const world = new World(limits({}))
    const zero = [{ grant: 'zero', cost_micros: 0 }]
    expect(world.try(world.open(), { budget: zero, price: nothing })).toMatchObject({ rule: 'token.cost_micros' })
  })

  test('never lifts the budget of the run', () => {
    const world = new World(limits({ run: { tokens_max: 12 } }))
    const run = world.open()
    expect(world.bench.grants.left(run, [outer]).tokens).toBe(12)
    world.take(run, { budget: [outer] })
    expect(world.try(run, { budget: [outer] })).toMatchObject({ rule: 'run.tokens_max' })
    expect(world.bench.grants.left(run, [outer]).tokens).toBe(2)
  })

  test('counts for one run: the same name in another is another account', () => {
    const world = new World(limits({}))
    world.take(world.open(), { budget: [inner] })
    expect(isDenial(world.try(world.open(), { budget: [inner] }))).toBe(false)
  })
})

describe('accounts', () => {
  const few = { ...maximums, grants: 16 }
  const one = (name: string) => [{ grant: name, tokens: 100 }]

  test('are made with the first call that counts on them, and one run has an eighth of them at most', () => {
    const world = new World(limits({}), few)
    const run = world.open()
    world.take(run, { budget: one('a') })
    world.take(run, { budget: one('a') })
    world.take(run, { budget: one('b') })
    expect(world.bench.grants.size).toBe(2)
    expect(world.try(run, { budget: one('c') })).toMatchObject({ code: 'busy', rule: 'maximums.grants' })
    expect(isDenial(world.try(run, { budget: one('b') }))).toBe(false)
    expect(isDenial(world.try(world.open(), { budget: one('c') }))).toBe(false)
  })

  test('of a run that is over are free again once nothing of it is under way, and start empty', () => {
    const world = new World(limits({}), few)
    const run = world.open()
    const lease = world.take(run, { budget: one('a'), price: { tokens: 100, cost_micros: 0 } })
    world.runs.end(run, world.clock.now())
    world.runs.sweep(world.clock.now())
    expect(world.bench.grants.size).toBe(1)
    lease.settle({ tokens: 90, cost_micros: 0 })
    world.runs.sweep(world.clock.now())
    expect(world.bench.grants.size).toBe(0)
    const next = world.open()
    world.take(next, { budget: one('a'), price })
    expect(world.bench.grants.left(next, one('a')).tokens).toBe(90)
  })
})
