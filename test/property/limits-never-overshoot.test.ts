/**
 * The law of the organ, against a model of a few lines: whatever the order of calls, answers and failures over several
 * runs and agents, reserved plus spent never passes a limit, refusals agree with the model, and a run ends at exactly
 * what it spent.
 */
import { array, assert, constantFrom, integer, nat, oneof, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { isDenial, type Lease } from '../../src/domain/verdict.ts'
import { dayOf } from '../../src/limits/bench.ts'
import { agentId, insights, limits, World } from '../unit/limits/fixture.ts'

const ceilings = {
  run: { tokens_max: 100, concurrency_max: 4, calls_max: 12 },
  agent: { tokens_per_day: 150, concurrency_max: 5 },
  team: { tokens_per_day: 220 },
}
const agents = [agentId('a'), agentId('b')] as const

interface Open {
  readonly lease: Lease
  readonly run: number
  readonly agent: number
  readonly day: number
  readonly tokens: number
}

/** What should be held, in plain numbers. */
class Model {
  readonly open: Open[] = []
  readonly runHeld = [0, 0]
  readonly runSpent = [0, 0]
  readonly calls = [0, 0]
  readonly #dayHeld = new Map<string, number>()

  held(who: string, day: number): number {
    return this.#dayHeld.get(`${who} ${day}`) ?? 0
  }

  admits(run: number, agent: number, day: number, tokens: number): boolean {
    const fits = (held: number, max: number): boolean => held < max && held + tokens <= max
    return (
      (this.calls[run] ?? 0) < ceilings.run.calls_max &&
      this.open.filter((one) => one.run === run).length < ceilings.run.concurrency_max &&
      this.open.filter((one) => one.agent === agent).length < ceilings.agent.concurrency_max &&
      fits(this.runHeld[run] ?? 0, ceilings.run.tokens_max) &&
      fits(this.held(`agent ${agent}`, day), ceilings.agent.tokens_per_day) &&
      fits(this.held('team', day), ceilings.team.tokens_per_day)
    )
  }

  take(one: Open): void {
    this.open.push(one)
    this.calls[one.run] = (this.calls[one.run] ?? 0) + 1
    this.#book(one, one.tokens)
  }

  close(one: Open, spent: number): void {
    this.open.splice(this.open.indexOf(one), 1)
    this.runSpent[one.run] = (this.runSpent[one.run] ?? 0) + spent
    this.#book(one, spent - one.tokens)
  }

  #book(one: Open, by: number): void {
    this.runHeld[one.run] = (this.runHeld[one.run] ?? 0) + by
    for (const who of [`agent ${one.agent}`, 'team'])
      this.#dayHeld.set(`${who} ${one.day}`, this.held(who, one.day) + by)
  }
}

const step = oneof(
  { weight: 5, arbitrary: record({ kind: constantFrom('call'), run: nat(1), agent: nat(1), tokens: nat(60) }) },
  { weight: 4, arbitrary: record({ kind: constantFrom('settle', 'refund'), which: nat(20), part: nat(100) }) },
  { weight: 1, arbitrary: record({ kind: constantFrom('sleep'), hours: integer({ min: 1, max: 30 }) }) },
)

test('whatever the order of calls and answers, nothing holds more than its limit and a run ends at what it spent', () => {
  assert(
    property(array(step, { maxLength: 80 }), (walk) => {
      const world = new World(limits(ceilings))
      const runs = [world.open(), world.open()] as const
      const model = new Model()
      const day = (): number => dayOf(world.clock.now())
      const check = (): void => {
        for (const [at, run] of runs.entries()) {
          expect(run.spent.tokens + run.reserved.tokens).toBe(model.runHeld[at])
          expect(run.spent.tokens + run.reserved.tokens).toBeLessThanOrEqual(ceilings.run.tokens_max)
          expect([run.spent.tokens, run.calls]).toEqual([model.runSpent[at], model.calls[at]])
          expect([run.open, run.overshoot.tokens]).toEqual([model.open.filter((one) => one.run === at).length, 0])
        }
        for (const [at, id] of agents.entries())
          expect(world.bench.agent(id)?.tokens.held(day())).toBe(model.held(`agent ${at}`, day()))
        expect(world.bench.team(insights)?.tokens.held(day())).toBe(model.held('team', day()))
      }
      const close = (one: Open, spent: number | null): void => {
        if (spent === null) one.lease.refund()
        else one.lease.settle({ tokens: spent, cost_micros: 0 })
        model.close(one, spent ?? 0)
      }
      for (const move of walk) {
        if ('tokens' in move) {
          const { run, agent, tokens } = move
          const expected = model.admits(run, agent, day(), tokens)
          const lease = world.try(runs[run === 0 ? 0 : 1], {
            agent: agents[agent === 0 ? 0 : 1],
            price: { tokens, cost_micros: 0 },
          })
          expect(!isDenial(lease)).toBe(expected)
          if (!isDenial(lease)) model.take({ lease, run, agent, tokens, day: day() })
        } else if ('hours' in move) world.clock.advance(move.hours * 3_600_000)
        else {
          const one = model.open[move.which % Math.max(1, model.open.length)]
          if (one) close(one, move.kind === 'settle' ? Math.floor((one.tokens * move.part) / 100) : null)
        }
        check()
      }
      for (const one of model.open.slice()) close(one, one.tokens)
      check()
      for (const run of runs) expect([run.reserved.tokens, run.open]).toEqual([0, 0])
    }),
    { numRuns: 300 },
  )
})
