/** Four real threads, each with a hundred calls of models at once, on one small budget: never passed, and nearly all of it used. */
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { beforeAll, expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../src/base/board.ts'
import { Account, longsPerAccount } from '../../src/limits/account.ts'
import { limitsPlan } from '../../src/limits/bench.ts'
import { cellsAt, runRowsOf } from '../../src/limits/run-cells.ts'
import * as spender from './model-spender.ts'

const threads = 4
const concurrent = 100
const plan = limitsPlan({ runs: 1, agents: 1, teams: 1, people: 1, grants: 8, tools: 1 })
const board = createBoard({ ...plan, gate: 1 })
const run = cellsAt(runRowsOf(board), 0).cost
/** The cost on the first row of each, which is the one that every thread takes first. */
const costOf = (name: string, before: number): Account =>
  new Account(rowsOf(board, name).longs, before + longsPerAccount)
const daily = ['limits.agents', 'limits.teams', 'limits.people'].map((name) => costOf(name, 1))
const grant = costOf('limits.grants', 0)
let tallies: readonly spender.Tally[] = []
let [looks, broken, highest] = [0, 0, 0]

beforeAll(async () => {
  const working = new AbortController()
  const watch = async (): Promise<void> => {
    while (!working.signal.aborted) {
      const held = Math.max(run.held(0), grant.held(0))
      looks += 1
      highest = Math.max(highest, held)
      broken += held > spender.budget_micros ? 1 : 0
      await setImmediate()
    }
  }
  const watching = watch()
  tallies = await Promise.all(
    Array.from({ length: threads }, async (_, at) => {
      const orders: spender.Orders = { board, threads, concurrent, seed: at + 1 }
      const worker = new Worker(new URL('./model-spender.ts', import.meta.url), { workerData: orders })
      const [[tally]] = (await Promise.all([once(worker, 'message'), once(worker, 'exit')])) as [
        [spender.Tally],
        unknown,
      ]
      return tally
    }),
  )
  working.abort()
  await watching
})

function sum(pick: (tally: spender.Tally) => number): number {
  return tallies.reduce((total, tally) => total + pick(tally), 0)
}

test('no budget is passed by one micro-dollar, whoever looks and whenever', () => {
  expect(sum((tally) => tally.lawBroken) + broken).toBe(0)
  expect(looks).toBeGreaterThan(100)
  expect(highest).toBeGreaterThan(spender.budget_micros * 0.9)
  expect(highest).toBeLessThanOrEqual(spender.budget_micros)
  expect(run.overshoot).toBe(0)
})

test('at the end nothing is held, and what is booked is the sum of the bills', () => {
  const spent = sum((tally) => tally.spent)
  expect([run.held(0), run.spent(0), grant.held(0), grant.spent(0)]).toEqual([spent, spent, spent, spent])
  expect(daily.map((account) => [account.held(spender.day), account.spent(spender.day)])).toEqual(
    daily.map(() => [spent, spent]),
  )
  expect(sum((tally) => tally.dearer)).toBe(0)
})

test('at least nine tenths of it are used, and every caller is told in the end that it is gone', () => {
  expect(sum((tally) => tally.spent)).toBeGreaterThanOrEqual(spender.budget_micros * 0.9)
  expect(sum((tally) => tally.exhausted)).toBe(threads * concurrent)
})

test('the budget was small: calls waited for others, and answers were trimmed to what was left', () => {
  expect(sum((tally) => tally.calls)).toBeGreaterThan(100)
  expect(sum((tally) => tally.waits)).toBeGreaterThan(0)
  expect(sum((tally) => tally.trimmed)).toBeGreaterThan(0)
})
