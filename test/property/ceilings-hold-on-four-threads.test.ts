/**
 * The law of budget ceilings on real threads: whatever the tree of ceilings, and in whatever order four threads reserve,
 * settle and give back under it, no ceiling ever holds more than it may, and each ends at exactly what was spent under it.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { array, assert, asyncProperty, integer, nat, record } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBoard, rowsOf } from '../../src/base/board.ts'
import { accountsAt } from '../../src/limits/grants.ts'
import type { Seen, Walk } from './spender.ts'

const threads = 4
const moves = 2000
const spenders: Worker[] = []

beforeAll(() => {
  for (let each = 0; each < threads; each += 1)
    spenders.push(new Worker(new URL('./spender.ts', import.meta.url), { workerData: 'spender' }))
})

afterAll(async () => {
  for (const spender of spenders) await spender.terminate()
})

async function spendAll(walk: Omit<Walk, 'threads' | 'moves'>): Promise<readonly Seen[]> {
  return await Promise.all(
    spenders.map(async (spender, index) => {
      const answer = once(spender, 'message')
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
      spender.postMessage({ ...walk, threads, moves, seed: walk.seed + index * 7919 } satisfies Walk)
      const [seen] = (await answer) as [Seen]
      return seen
    }),
  )
}

const ceiling = record({ under: nat(), tokens: integer({ min: 0, max: 4000 }) })
const trees = array(ceiling, { minLength: 1, maxLength: 8 })

test('no ceiling of any tree is ever passed, and each ends at what was spent under it', async () => {
  let refused = 0
  await assert(
    asyncProperty(trees, nat(), async (drawn, seed) => {
      const tree = drawn.map(({ under, tokens }, at) => ({ parent: at === 0 ? null : under % at, tokens }))
      const board = createBoard({ grants: tree.length, gate: 1 })
      const seen = await spendAll({ board, seed, tree })
      expect(seen.map(({ broken }) => broken)).toEqual([0, 0, 0, 0])
      for (const [row, { tokens }] of tree.entries()) {
        const account = accountsAt(rowsOf(board, 'grants'), row).tokens
        const spent = seen.reduce((total, one) => total + (one.spent[row] ?? 0), 0)
        expect([account.held(0), account.spent(0), account.overshoot]).toEqual([spent, spent, 0])
        expect(spent).toBeLessThanOrEqual(tokens)
      }
      refused += seen.reduce((total, one) => total + one.refused, 0)
    }),
    { numRuns: 60 },
  )
  // Without a single refusal nothing would have been at its ceiling.
  expect(refused).toBeGreaterThan(0)
})
