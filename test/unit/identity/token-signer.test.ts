import { expect, test } from 'vitest'
import { isDenial } from '../../../src/domain/verdict.ts'
import { openTokenSigner } from '../../../src/identity/token-signer.ts'
import { openProver } from '../../../src/identity/prover.ts'
import { openProofRunner } from '../../../src/identity/verify-batch.ts'
import { ownKeys } from '../../support/identity-kit.ts'

const kidOf = (raw: string): unknown =>
  (JSON.parse(Buffer.from(raw.split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown }).kid

test('a key that was retired while it signed hands over to its successor', async () => {
  const { ring } = ownKeys()
  const run = openProofRunner(ring.slot)
  const turns = [async () => ring.rotate('token', { now: true })]
  const prover = openProver(
    async (tasks) => {
      await turns.pop()?.()
      return run(tasks)
    },
    { queue_max: 8 },
  )
  const signed = await openTokenSigner(ring, prover)('at+jwt', { sub: 'x' })
  if (isDenial(signed)) throw new Error(signed.detail)
  expect([signed.kid, kidOf(signed.raw)]).toEqual([ring.signer('token').kid, ring.signer('token').kid])
})

test('keys that change with every signature are busy, not a loop', async () => {
  const { ring } = ownKeys()
  const run = openProofRunner(ring.slot)
  const prover = openProver(
    async (tasks) => {
      await ring.rotate('token', { now: true })
      return run(tasks)
    },
    { queue_max: 8 },
  )
  expect(await openTokenSigner(ring, prover)('at+jwt', { sub: 'x' })).toMatchObject({ code: 'busy' })
})
