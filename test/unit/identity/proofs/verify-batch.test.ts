import { createPublicKey, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { openProofRunner } from '../../../../src/identity/proofs/verify-batch.ts'
import { ownKeys } from '../../../support/identity-kit.ts'

const keys = ownKeys()

// One number in 256 has a leading zero byte, so this many signatures hold some of every length.
test('every signature is two integers of 32 bytes that hold, however short a number came out', async () => {
  const run = openProofRunner(keys.ring.slot)
  const inputs = Array.from({ length: 1000 }, (_, n) => `header.claims${n}`)
  const signatures = await run(inputs.map((input) => ({ kind: 'sign', kid: keys.kid, input })))
  const key = createPublicKey({ key: { ...keys.jwks.keys[0] }, format: 'jwk' })
  const holds = inputs.map((input, at) => {
    const raw = Buffer.from(String(signatures[at]), 'base64url')
    return raw.length === 64 && verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, raw)
  })
  expect(holds.every(Boolean)).toBe(true)
})
