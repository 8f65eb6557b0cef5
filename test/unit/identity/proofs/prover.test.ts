import { expect, test } from 'vitest'
import type { ProofTask } from '../../../../src/identity/proofs/proof-tasks.ts'
import { openProver } from '../../../../src/identity/proofs/prover.ts'

const task = (n: number) => ({ raw: `t${n}`, alg: 'ES256', key: 'k' })

test('what is asked for in one turn travels in batches of at most 32, in order', async () => {
  const batches: (readonly ProofTask[])[] = []
  const prover = openProver(
    async (tasks) => {
      batches.push(tasks)
      return tasks.map((each) => each.kind === 'verify' && each.raw.endsWith('0'))
    },
    { queue_max: 100 },
  )
  const results = await Promise.all(Array.from({ length: 70 }, async (_, n) => await prover.verify(task(n))))
  expect(batches.map((batch) => batch.length)).toEqual([32, 32, 6])
  expect(results).toEqual(Array.from({ length: 70 }, (_, n) => n % 10 === 0))
})

test('no more batches are under way than there are threads', async () => {
  let underWay = 0
  let most = 0
  const prover = openProver(
    async (tasks) => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      return tasks.map(() => true)
    },
    { queue_max: 1000, batch_max: 4, batches_max: 2 },
  )
  await Promise.all(Array.from({ length: 50 }, async (_, n) => await prover.verify(task(n))))
  expect(most).toBe(2)
})

test('a flood of verifications neither crowds out nor delays the signatures of admitted hops', async () => {
  const batches: (readonly ProofTask[])[] = []
  const prover = openProver(
    async (tasks) => {
      batches.push(tasks)
      return tasks.map((each) => (each.kind === 'sign' ? 'sig' : true))
    },
    { queue_max: 8, batch_max: 4 },
  )
  const flood = Array.from({ length: 20 }, async (_, n) => await prover.verify(task(n)))
  expect(await prover.sign({ kid: 'k', input: 'h.c' })).toBe('h.c.sig')
  expect(batches[0]?.[0]).toEqual({ kind: 'sign', kid: 'k', input: 'h.c' })
  const outcomes = await Promise.all(flood)
  expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(8)
  expect(outcomes.at(-1)).toMatchObject({ code: 'busy' })
})
