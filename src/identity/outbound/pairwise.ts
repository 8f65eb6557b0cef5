/**
 * Names for our people that only one partner ever sees: stable for it, worth nothing beside those another one sees
 * (OpenID Connect Core section 8.1). They hang on a secret that outlives every signing key.
 */
import { createHmac } from 'node:crypto'
import type { Dice } from '../../base/dice.ts'
import type { KeyProblem } from '../keys/key-files.ts'
import { openSecret } from '../keys/secret-file.ts'

/** The name of a person (without `user:`) for the issuer that is told of it: 64 hexadecimal digits. */
export type PairwiseName = (issuer: string, person: string) => string

export function pairwiseWith(secret: Uint8Array): PairwiseName {
  // No issuer is a URL with a line break in it, so no two pairs are written alike.
  return (issuer, person) => createHmac('sha256', secret).update(`${issuer}\n${person}`).digest('hex')
}

/** With the secret of this state directory, made if there is none. Synchronous: for the start, never for the road. */
export function openPairwise(stateDir: string, dice: Dice): PairwiseName | KeyProblem {
  const secret = openSecret(stateDir, 'pairwise', dice)
  return Buffer.isBuffer(secret) ? pairwiseWith(secret) : secret
}
