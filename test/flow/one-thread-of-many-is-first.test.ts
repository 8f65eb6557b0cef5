/** Real threads on one table of used names: of many identical proofs exactly one is the first, and no other is refused. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../src/base/board.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { openReplay, replayPlan } from '../../src/identity/sender/replay.ts'
import * as taker from './name-taker.ts'

const threads = 4

test('64 identical proofs over four threads: exactly one is the first, name after name', async () => {
  const board = createBoard({ gate: 1, ...replayPlan('used', taker.entries) })
  const tallies = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const workerData: taker.Orders = { board, threads, thread }
      const worker = new Worker(new URL('./name-taker.ts', import.meta.url), { workerData })
      const [[tally]] = (await Promise.all([once(worker, 'message'), once(worker, 'exit')])) as [[taker.Tally], unknown]
      return tally
    }),
  )
  const firsts = Array.from({ length: taker.names }, (_, name) =>
    tallies.reduce((sum, { first }) => sum + (first[name] ?? 0), 0),
  )
  expect(firsts.filter((count) => count !== 1)).toEqual([])
  expect(tallies.reduce((sum, { seen }) => sum + seen, 0)).toBe(taker.names * 63)
  expect(tallies.reduce((sum, { own }) => sum + own, 0)).toBe(threads * taker.names)
  // Room that a thread took and gave back while it lost a race is there again: the rest of the table can be filled.
  const here = openReplay(rowsOf(board, 'used'), taker, new ManualClock(taker.now))
  const rest = taker.entries - taker.names * (1 + threads)
  for (let n = 0; n < rest; n += 1) expect(here.once('here', String(n), taker.expiresAt)).toBe('first')
  expect(here.once('here', 'one more', taker.expiresAt)).toBe('full')
})
