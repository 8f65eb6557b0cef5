/** One of several threads that hammer the same board; started by four-threads-never-overadmit.test.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Board, intsPerRow, longsPerRow, rowsOf } from '../../src/base/board.ts'
import { Account } from '../../src/limits/account.ts'
import { Gauge } from '../../src/limits/gauge.ts'
import { Rate } from '../../src/limits/rate.ts'

export interface Orders {
  readonly board: Board
  readonly threads: number
  readonly attempts: number
}

/** What one thread saw. */
export interface Tally {
  readonly calls: number
  readonly through: number
  readonly gaugePeakBroken: number
  readonly budgetTaken: number
  readonly settled: number
  readonly lawBroken: number
  readonly daysTaken: readonly number[]
}

/** One, so that every entry is at the limit. */
export const gaugeMax = 1
export const callsMax = 50_000
export const burst = 40_000
export const budgetMax = 1_000_003
export const settledMax = 1000
export const dayMax = 30_000
export const days = 5
export const startOfTime = 1_800_000_000_000

/** One limit at a time, all threads at once, so that they meet on the same cell as often as they can. */
function hammer({ board, threads, attempts }: Orders): Tally {
  const { ints, longs } = rowsOf(board, 'hammered')
  let phase = 0
  const together = (attack: (attempt: number) => void): void => {
    phase += 1
    Atomics.add(ints, 0, 1)
    Atomics.notify(ints, 0)
    const all = threads * phase
    for (let here = Atomics.load(ints, 0); here < all; here = Atomics.load(ints, 0)) Atomics.wait(ints, 0, here, 100)
    for (let attempt = 0; attempt < attempts; attempt++) attack(attempt)
  }
  const tally = { calls: 0, through: 0, gaugePeakBroken: 0, budgetTaken: 0, settled: 0, lawBroken: 0 }
  const calls = new Gauge(ints, intsPerRow * 1)
  together(() => {
    if (calls.enter(callsMax)) tally.calls += 1
  })
  const rate = new Rate(longs, longsPerRow * 2)
  together(() => {
    if (rate.take(60, burst, startOfTime) === 0) tally.through += 1
  })
  const gauge = new Gauge(ints, intsPerRow * 3)
  together(() => {
    if (!gauge.enter(gaugeMax)) return
    if (gauge.value > gaugeMax) tally.gaugePeakBroken += 1
    gauge.leave()
  })
  const budget = new Account(longs, longsPerRow * 4)
  together((attempt) => {
    const amount = 7 + (attempt % 13)
    if (budget.reserve(amount, budgetMax, 0) === 0) tally.budgetTaken += amount
  })
  const settling = new Account(longs, longsPerRow * 5)
  together((attempt) => {
    if (settling.reserve(400, settledMax, 0) !== 0) return
    if (settling.held(0) > settledMax) tally.lawBroken += 1
    const spent = attempt % 256 === 0 ? 1 : 0
    settling.settle({ reserved: 400, max: settledMax, period: 0 }, spent)
    tally.settled += spent
  })
  const daily = new Account(longs, longsPerRow * 6)
  const daysTaken = Array.from({ length: days }, () => 0)
  together((attempt) => {
    const booked = daily.reserve(1, dayMax, Math.floor((attempt * days) / attempts))
    if (booked >= 0) daysTaken[booked] = (daysTaken[booked] ?? 0) + 1
  })
  return { ...tally, daysTaken }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
parentPort?.postMessage(hammer(workerData as Orders))
