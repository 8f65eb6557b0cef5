/** Real threads on one board: exactly the allowed number is let through, and nothing that was taken is lost. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, test } from 'vitest'
import { createBoard, intsPerRow, longsPerRow, rowsOf } from '../../src/base/board.ts'
import { Account } from '../../src/limits/account.ts'
import { Gauge } from '../../src/limits/gauge.ts'
import * as hammer from './hammer.ts'

const threads = 4
const attempts = 100_000
const board = createBoard({ hammered: 8 })
const { ints, longs } = rowsOf(board, 'hammered')
let tallies: readonly hammer.Tally[] = []

beforeAll(async () => {
  const orders: hammer.Orders = { board, threads, attempts }
  tallies = await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL('./hammer.ts', import.meta.url), { workerData: orders })
      // Both are awaited from the start: a thread that ends at once hands over its message and its end in one turn.
      const [[tally]] = (await Promise.all([once(worker, 'message'), once(worker, 'exit')])) as [
        [hammer.Tally],
        unknown,
      ]
      return tally
    }),
  )
})

function sum(pick: (tally: hammer.Tally) => number): number {
  return tallies.reduce((total, tally) => total + pick(tally), 0)
}

describe('four threads', () => {
  test('are counted exactly', () => {
    expect(sum((tally) => tally.calls)).toBe(hammer.callsMax)
    expect(new Gauge(ints, intsPerRow).value).toBe(hammer.callsMax)
  })

  test('share one burst of a rate exactly', () => {
    expect(sum((tally) => tally.through)).toBe(hammer.burst)
  })

  test('never stand above a concurrency limit, and all leave', () => {
    expect(sum((tally) => tally.gaugePeakBroken)).toBe(0)
    expect(new Gauge(ints, intsPerRow * 3).value).toBe(0)
  })

  test('fill a budget without passing it, and none of it is lost', () => {
    const budget = new Account(longs, longsPerRow * 4)
    expect(sum((tally) => tally.budgetTaken)).toBe(budget.held(0))
    expect(budget.held(0)).toBeLessThanOrEqual(hammer.budgetMax)
    expect(budget.held(0)).toBeGreaterThan(hammer.budgetMax - 7)
  })

  test('reserve and settle around a limit without breaking it, and the books end at what was spent', () => {
    const settling = new Account(longs, longsPerRow * 5)
    expect(sum((tally) => tally.lawBroken)).toBe(0)
    expect([settling.held(0), settling.spent(0), settling.overshoot]).toEqual([
      sum((tally) => tally.settled),
      sum((tally) => tally.settled),
      0,
    ])
  })

  test('walk through five midnights, and every day is filled at most once', () => {
    const daily = new Account(longs, longsPerRow * 6)
    const taken = Array.from({ length: hammer.days }, (_, day) => sum((tally) => tally.daysTaken[day] ?? 0))
    for (const day of taken) expect(day).toBeLessThanOrEqual(hammer.dayMax)
    expect(daily.held(hammer.days - 1)).toBe(taken.at(-1))
    expect(taken.at(-1)).toBe(hammer.dayMax)
  })
})
