/** One of several threads that spend one budget on models; started by model-budgets-hold-over-threads.test.ts. */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { type Board, rowsOf } from '../../src/base/board.ts'
import { ManualClock } from '../../src/base/clock.ts'
import type { Account } from '../../src/limits/account.ts'
import { isDenial } from '../../src/domain/verdict.ts'
import { fitOf } from '../../src/pipeline/models/fit.ts'
import { priceOf, rateOf } from '../../src/pricing/price.ts'
import { dayOf } from '../../src/limits/bench.ts'
import { limits, maximums, orchestrator, personId, World } from '../unit/limits/fixture.ts'

export interface Orders {
  readonly board: Board
  readonly threads: number
  /** Calls under way at once in each thread. */
  readonly concurrent: number
  readonly seed: number
}

/** What one thread saw. */
export interface Tally {
  readonly spent: number
  readonly calls: number
  /** Calls whose answer was trimmed to what was left. */
  readonly trimmed: number
  readonly waits: number
  readonly exhausted: number
  readonly lawBroken: number
  /** Bills above what was reserved for them. */
  readonly dearer: number
}

export const budget_micros = 2_000_000
const jane = personId('jane')
/** That of the clock of every world, which stands still. */
export const day = dayOf(new ManualClock().now())
const cost = { cost_micros_per_day: budget_micros }
const settings = limits({ run: { cost_micros_max: budget_micros }, agent: cost, team: cost, person: cost })
const grants = [{ grant: 'g', cost_micros: budget_micros }]

/** Dollars for a million tokens, at a price that leaves a fraction of a micro-dollar in most bills. */
const rates = {
  input: rateOf(2.513),
  cached: rateOf(0.251),
  cacheWrite: rateOf(3.1),
  cacheWrite1h: rateOf(5),
  output: rateOf(10.007),
  reasoning: rateOf(10.007),
}
const price = priceOf({ source: 'test', call: rateOf(0), bands: [{ upTo: Number.POSITIVE_INFINITY, rates }] })
const outputWanted = 4000

/** Numerical Recipes' generator: chance enough here, and the same at every run. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

async function spend({ board, threads, concurrent, seed }: Orders): Promise<Tally> {
  const world = new World(settings, maximums, board)
  const run = world.open(orchestrator, jane)
  const [agent, person] = [world.bench.agent(orchestrator), world.bench.person(jane, world.clock.now())]
  if (!agent || !person || person === 'free') throw new Error('the board has a row for each')
  const accounts: readonly (readonly [Account, number])[] = [
    [run.cells.cost, 0],
    [agent.cost, day],
    [person.cost, day],
  ]
  const { ints } = rowsOf(board, 'gate')
  Atomics.add(ints, 0, 1)
  while (Atomics.load(ints, 0) < threads) await setImmediate()
  const tally = { spent: 0, calls: 0, trimmed: 0, waits: 0, exhausted: 0, lawBroken: 0, dearer: 0 }
  const below = dice(seed)
  const look = (): void => {
    for (const [account, period] of accounts) if (account.held(period) > budget_micros) tally.lawBroken += 1
  }
  const caller = async (): Promise<void> => {
    for (;;) {
      const inputBound = 500 + below(3500)
      const fitting = fitOf({ price, inputBound, outputWanted, choices: 1 })
      const lease = world.try(run, { budget: grants, fit: (left) => fitting.fit(left) })
      look()
      if (isDenial(lease)) {
        if (lease.code !== 'budget_held') {
          tally.exhausted += lease.code === 'run_budget_exhausted' || lease.code === 'budget_exhausted' ? 1 : -1e9
          return
        }
        tally.waits += 1
        await setTimeout(below(3))
        continue
      }
      for (let turn = below(6); turn >= 0; turn--) await setImmediate()
      const ceiling = fitting.ceilingOf(lease.reserved)
      const [input_tokens, output_tokens] = [Math.ceil(inputBound / 4), below(ceiling + 1)]
      const used = { input_tokens, output_tokens, cached_tokens: below(input_tokens + 1) }
      const { cost_micros } = price.bill({ ...used, cache_write_tokens: 0, reasoning_tokens: 0 })
      lease.settle({ tokens: input_tokens + output_tokens, cost_micros })
      look()
      tally.spent += cost_micros
      tally.calls += 1
      tally.trimmed += ceiling < outputWanted ? 1 : 0
      tally.dearer += cost_micros > lease.reserved.cost_micros ? 1 : 0
    }
  }
  await Promise.all(Array.from({ length: concurrent }, caller))
  return tally
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
parentPort?.postMessage(await spend(workerData as Orders))
