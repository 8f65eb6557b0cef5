/**
 * The law of calls that can do with less: whatever they and calls of a fixed price do, and wherever one thread comes between
 * another's look at what is left and its taking it, no budget is passed by one unit; and a refusal asks to wait exactly where
 * the call would fit if everybody gave back what they hold and are not sure to spend.
 */
import { array, assert, boolean, integer, nat, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Spend } from '../../src/domain/spend.ts'
import { type Denial, isDenial, type Lease } from '../../src/domain/verdict.ts'
import { dayOf } from '../../src/limits/bench.ts'
import { limits, maximums, orchestrator, personId, World } from '../unit/limits/fixture.ts'

const jane = personId('jane')
const ceilings = { run: 1000, agent: 900, team: 1100, person: 950, token: 800 }
const settings = limits({
  run: { cost_micros_max: ceilings.run },
  agent: { cost_micros_per_day: ceilings.agent },
  team: { cost_micros_per_day: ceilings.team },
  person: { cost_micros_per_day: ceilings.person },
})
const budget = [{ grant: 'g', cost_micros: ceilings.token }]

interface Open {
  readonly lease: Lease
  readonly elastic: boolean
}

const move = record({
  elastic: boolean(),
  wanted: integer({ min: 1, max: 600 }),
  least: integer({ min: 1, max: 80 }),
  /** Leases that end before the call, and how much of each is spent, of 100. */
  ends: nat(2),
  spends: nat(100),
  /** Moves that another thread makes between the look and the taking. */
  between: nat(3),
})

type Move = typeof move extends { filter: (of: (value: infer Value) => boolean) => unknown } ? Value : never

function fitFor({ wanted, least }: Move, between: () => void): (left: Spend) => Spend | null {
  return (left) => {
    between()
    const cost_micros = Math.min(wanted, left.cost_micros)
    return cost_micros < Math.min(wanted, least) ? null : { tokens: 0, cost_micros }
  }
}

class Thread {
  readonly world: World
  readonly run
  readonly open: Open[] = []
  spent = 0

  constructor(world: World) {
    this.world = world
    this.run = world.open(orchestrator, jane)
  }

  end({ ends, spends }: Move): void {
    for (const { lease, elastic } of this.open.splice(0, ends)) {
      const cost_micros = elastic ? Math.floor((lease.reserved.cost_micros * spends) / 100) : lease.reserved.cost_micros
      lease.settle({ tokens: 0, cost_micros })
      this.spent += cost_micros
    }
  }

  call(of: Move, between: () => void): Denial | null {
    const price = { tokens: 0, cost_micros: of.least }
    const lease = this.world.try(this.run, { price, budget, ...(of.elastic ? { fit: fitFor(of, between) } : {}) })
    if (isDenial(lease)) return lease
    this.open.push({ lease, elastic: of.elastic })
    return null
  }

  held(): readonly number[] {
    const { bench, clock } = this.world
    const day = dayOf(clock.now())
    const [agent, person] = [bench.agent(orchestrator), bench.person(jane, clock.now())]
    const ofPerson = person === 'free' || person === null ? 0 : person.cost.held(day)
    return [this.run.cells.cost.held(0), agent?.cost.held(day) ?? 0, ofPerson]
  }
}

function staysWithin({ run, agent, person }: typeof ceilings, held: readonly number[]): void {
  const [ofRun = 0, ofAgent = 0, ofPerson = 0] = held
  expect([ofRun <= run, ofAgent <= agent, ofPerson <= person]).toEqual([true, true, true])
}

test('one thread: no budget is passed, and only what is held and may come back asks to wait', () => {
  assert(
    property(array(move, { maxLength: 60 }), (moves) => {
      const thread = new Thread(new World(settings))
      for (const each of moves) {
        thread.end(each)
        const denial = thread.call(each, () => undefined)
        staysWithin(ceilings, thread.held())
        if (!denial) continue
        const firm = thread.open.reduce(
          (sum, { lease, elastic }) => sum + (elastic ? 0 : lease.reserved.cost_micros),
          0,
        )
        // The token has the least of all, and everything is counted under it.
        const notGone = ceilings.token - thread.spent - firm
        const needed = each.elastic ? Math.min(each.wanted, each.least) : each.least
        const held = notGone > 0 && needed <= notGone
        expect(denial.code === 'budget_held', denial.detail).toBe(held)
        if (each.elastic) expect(denial.rule).toBe('token.cost_micros')
      }
      thread.end({ ends: 100, spends: 0, elastic: true, wanted: 1, least: 1, between: 0 })
      expect(thread.run.reserved.cost_micros).toBe(0)
      expect(thread.run.spent.cost_micros).toBe(thread.spent)
    }),
    { numRuns: 300 },
  )
})

test('two threads, one coming between the look and the taking of the other: no budget is passed, none is lost', () => {
  assert(
    property(array(move, { maxLength: 60 }), array(move, { minLength: 1, maxLength: 60 }), (moves, others) => {
      const first = new World(settings)
      const [one, other] = [new Thread(first), new Thread(new World(settings, maximums, first.board))]
      let next = 0
      const between = (times: number): void => {
        for (let time = 0; time < times; time++) {
          const of = others[next++ % others.length]
          if (!of) return
          other.end(of)
          other.call(of, () => undefined)
          staysWithin(ceilings, other.held())
        }
      }
      for (const each of moves) {
        one.end(each)
        one.call(each, () => between(each.between))
        staysWithin(ceilings, one.held())
      }
      const rest = { ends: 1000, spends: 50, elastic: true, wanted: 1, least: 1, between: 0 }
      one.end(rest)
      other.end(rest)
      const spent = one.spent + other.spent
      expect(one.held()).toEqual([spent, spent, spent])
      expect(one.run.reserved.cost_micros).toBe(0)
    }),
    { numRuns: 300 },
  )
})
