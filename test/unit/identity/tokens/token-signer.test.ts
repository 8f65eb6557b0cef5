import { expect, test } from 'vitest'
import type { RunProofs } from '../../../../src/identity/proofs/proof-tasks.ts'
import { openProver } from '../../../../src/identity/proofs/prover.ts'
import { jwtSigner, openTokenSigner } from '../../../../src/identity/tokens/token-signer.ts'
import { openProofRunner } from '../../../../src/identity/proofs/verify-batch.ts'
import { ownKeys } from '../../../support/identity-kit.ts'

const kidOf = (raw: unknown): unknown =>
  (JSON.parse(Buffer.from(String(raw).split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown }).kid

/** A prover before each of whose batches something happens to the keys. */
function proverAfter(turn: () => Promise<unknown>, run: RunProofs) {
  return openProver(
    async (tasks) => {
      await turn()
      return run(tasks)
    },
    { queue_max: 8 },
  )
}

test('a key that is retired while it signs finishes what was begun, and its successor signs what comes next', async () => {
  const { ring } = ownKeys()
  const first = ring.signer('token').kid
  const turns = [async () => ring.rotate('token', { now: true })]
  const sign = jwtSigner(
    openTokenSigner(
      ring,
      proverAfter(async () => turns.pop()?.(), openProofRunner(ring.slot)),
    ),
  )
  expect(kidOf(await sign('at+jwt', { sub: 'x' }))).toBe(first)
  expect(kidOf(await sign('at+jwt', { sub: 'x' }))).toBe(ring.signer('token').kid)
  expect(ring.signer('token').kid).not.toBe(first)
})

test('a key that is withdrawn while it signs signs nothing more', async () => {
  const { ring } = ownKeys()
  const turns = [async () => ring.rotate('token', { revoke: true })]
  const sign = jwtSigner(
    openTokenSigner(
      ring,
      proverAfter(async () => turns.pop()?.(), openProofRunner(ring.slot)),
    ),
  )
  expect(await sign('at+jwt', { sub: 'x' })).toMatchObject({ code: 'busy' })
})
