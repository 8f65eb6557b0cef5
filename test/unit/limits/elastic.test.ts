/** Calls that can do with less, and what a refusal says while others hold more than they will spend. */
import { expect, test } from 'vitest'
import type { Spend } from '../../../src/domain/spend.ts'
import type { Ask } from '../../../src/limits/lease.ts'
import { agentId, insights, limits, orchestrator, personId, research, World } from './fixture.ts'

/** Wants so much and can do with a tenth of it; a token costs ten micro-dollars. */
function wants(tokens: number): Pick<Ask, 'fit'> {
  return {
    fit: (left: Spend) => {
      const most = Math.min(tokens, left.tokens, Math.floor(left.cost_micros / 10))
      return most < tokens / 10 ? null : { tokens: most, cost_micros: most * 10 }
    },
  }
}

const spent = (tokens: number): Spend => ({ tokens, cost_micros: tokens * 10 })

test('takes what it wants where that is left, and the rest where that is enough', () => {
  const world = new World(limits({ run: { tokens_max: 150 } }))
  const run = world.open()
  expect(world.take(run, wants(100)).reserved).toEqual({ tokens: 100, cost_micros: 1000 })
  expect(world.take(run, wants(100)).reserved).toEqual({ tokens: 50, cost_micros: 500 })
  expect(run.left.tokens).toBe(0)
})

test.each([
  ['run.tokens_max', { run: { tokens_max: 70, cost_micros_max: 5000 }, agent: { tokens_per_day: 80 } }],
  ['run.cost_micros_max', { run: { tokens_max: 90, cost_micros_max: 700 } }],
  ['agent.tokens_per_day', { run: { tokens_max: 90 }, agent: { tokens_per_day: 70 } }],
  ['team.cost_micros_per_day', { run: { tokens_max: 90 }, team: { cost_micros_per_day: 700 } }],
  ['person.tokens_per_day', { run: { tokens_max: 90 }, person: { tokens_per_day: 70 } }],
  ['token.tokens', { run: { tokens_max: 90 }, agent: { tokens_per_day: 95 } }],
])('is measured by %s where that has the least, and is refused by its name', (rule, plain) => {
  const world = new World(limits(plain))
  const run = world.open(orchestrator, personId('jane'))
  const budget = rule.startsWith('token.') ? [{ grant: 'g', tokens: 70 }] : []
  const lease = world.take(run, { ...wants(100), budget })
  expect(lease.reserved.tokens).toBe(70)
  expect(world.try(run, { ...wants(100), budget })).toMatchObject({ code: 'budget_held', rule, retryAfter_ms: 1000 })
  lease.settle(spent(65))
  const code = rule.startsWith('run.') ? 'run_budget_exhausted' : 'budget_exhausted'
  expect(world.try(run, { ...wants(100), budget })).toMatchObject({ code, rule })
})

test('gives back what it did not spend, of every limit', () => {
  const world = new World(limits({ run: { tokens_max: 100 }, agent: { tokens_per_day: 100 } }))
  const run = world.open()
  world.take(run, wants(100)).settle(spent(30))
  expect(world.take(run, wants(100)).reserved.tokens).toBe(70)
  expect(run.spent.tokens).toBe(30)
})

test('a refused call leaves every counter as it was', () => {
  const world = new World(limits({ run: { tokens_max: 100 }, agent: { invokes_per_minute: 1 } }))
  const run = world.open()
  world.take(run, wants(50))
  const before = world.cells()
  expect(world.try(run, wants(50))).toMatchObject({ code: 'rate_limited' })
  expect(world.try(run, wants(5000))).toMatchObject({ code: 'run_budget_exhausted' })
  expect(world.cells()).toEqual(before)
})

test('a call with a price waits too while others hold what it needs, and ends the run once it is gone', () => {
  const world = new World(limits({ run: { tokens_max: 100 } }))
  const run = world.open()
  const lease = world.take(run, wants(100))
  expect(world.try(run)).toMatchObject({ code: 'budget_held', rule: 'run.tokens_max' })
  lease.settle(spent(95))
  expect(world.try(run)).toMatchObject({ code: 'run_budget_exhausted', rule: 'run.tokens_max' })
})

test('a budget that calls of a fixed price hold is used up, however many others wait', () => {
  const world = new World(limits({ run: { tokens_max: 20 } }))
  const run = world.open()
  const [first] = [world.take(run), world.take(run)]
  expect(world.try(run)).toMatchObject({ code: 'run_budget_exhausted' })
  expect(world.try(run, wants(10))).toMatchObject({ code: 'run_budget_exhausted' })
  first.refund()
  expect(world.take(run, wants(10)).reserved.tokens).toBe(10)
  expect(world.try(run)).toMatchObject({ code: 'budget_held' })
})

test('what is held in the budget of an agent makes nobody wait who has another', () => {
  const world = new World(limits({ agent: { tokens_per_day: 100 } }))
  const run = world.open()
  world.take(run, wants(100))
  expect(world.try(run, wants(100))).toMatchObject({ code: 'budget_held', rule: 'agent.tokens_per_day' })
  expect(world.take(run, { ...wants(100), agent: research }).reserved.tokens).toBe(100)
})

test('limits that only watch measure nothing', () => {
  const world = new World(limits({ run: { tokens_max: 20 } }, 'warn'))
  const run = world.open()
  const lease = world.take(run, wants(100))
  expect(lease.reserved.tokens).toBe(100)
  expect(lease.overruled).toMatchObject([{ rule: 'run.tokens_max', mode: 'warn' }])
})

test('what is left is looked at again where somebody was faster, but not without end', () => {
  const world = new World(limits({ run: { tokens_max: 100 } }))
  const run = world.open()
  let looks = 0
  const greedy = (left: Spend): Spend => {
    looks += 1
    // Stands for a thread that takes what was just seen.
    return { tokens: left.tokens + 1, cost_micros: 0 }
  }
  const before = world.cells()
  expect(world.try(run, { fit: greedy })).toMatchObject({ rule: 'run.tokens_max' })
  expect(looks).toBe(17)
  expect(world.cells()).toEqual(before)
  const outrun = (left: Spend): Spend => ({ tokens: ++looks < 20 ? left.tokens + 1 : left.tokens, cost_micros: 0 })
  expect(world.take(run, { fit: outrun }).reserved.tokens).toBe(100)
})

test('yesterday holds nothing of today', () => {
  const world = new World(limits({ agent: { tokens_per_day: 100 } }))
  const run = world.open()
  const late = world.take(run, wants(100))
  const lateAtPrice = world.try(run)
  expect(lateAtPrice).toMatchObject({ code: 'budget_held' })
  world.clock.advance(86_400_000)
  for (let call = 0; call < 10; call++) world.take(run)
  late.settle(spent(100))
  expect(world.try(run)).toMatchObject({ code: 'budget_exhausted', rule: 'agent.tokens_per_day' })
})

test('persons are counted over all agents and runs, each by their own limit', () => {
  const jane = personId('jane')
  const settings = { ...limits({ person: { tokens_per_day: 20 } }) }
  const own = new Map([[personId('tomas'), { tokens_per_day: { max: 10, mode: 'enforce' } as const }]])
  const world = new World({ ...settings, people: own })
  const [one, other, his] = [
    world.open(orchestrator, jane),
    world.open(research, jane),
    world.open(orchestrator, personId('tomas')),
  ]
  world.take(one)
  world.take(other, { agent: research, team: null })
  expect(world.try(one)).toMatchObject({ code: 'budget_exhausted', rule: 'person.tokens_per_day' })
  world.take(his)
  expect(world.try(his)).toMatchObject({ rule: 'person.tokens_per_day' })
  expect(world.take(world.open(), { team: insights }).reserved.tokens).toBe(10)
})

test('one person more than the table holds is refused, and finds room where nobody counts today', () => {
  const world = new World(limits({ person: { tokens_per_day: 20 } }))
  world.take(world.open(orchestrator, personId('a')))
  const free = world.open(orchestrator, personId('b'))
  world.take(free).refund()
  const third = world.take(world.open(orchestrator, personId('c')))
  third.settle({ tokens: 1, cost_micros: 1 })
  expect(world.try(free)).toMatchObject({ code: 'busy', rule: 'maximums.people' })
  world.clock.advance(86_400_000)
  // The call of `a` that is under way keeps its row.
  world.take(free)
  expect(world.try(world.open(orchestrator, personId('d')), { agent: agentId('x') })).toMatchObject({ code: 'busy' })
})

test('nobody without a limit takes a row', () => {
  const world = new World(limits({ run: { tokens_max: 100 } }))
  for (const name of ['a', 'b', 'c', 'd']) world.take(world.open(orchestrator, personId(name))).refund()
})
