/**
 * Names for our people that only one partner ever sees: stable for it, worth nothing beside those another one sees
 * (OpenID Connect Core section 8.1). They hang on a secret that outlives every signing key.
 */
import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from '../../base/dice.ts'
import { type KeyProblem, keyProblem, openFolder, writeWholeSync } from '../keys/key-files.ts'

/** The name of a person (without `user:`) for the issuer that is told of it: 64 hexadecimal digits. */
export type PairwiseName = (issuer: string, person: string) => string

const fileName = 'pairwise.secret'
const secretForm = /^[0-9a-f]{64}\n?$/

export function pairwiseWith(secret: Uint8Array): PairwiseName {
  // No issuer is a URL with a line break in it, so no two pairs are written alike.
  return (issuer, person) => createHmac('sha256', secret).update(`${issuer}\n${person}`).digest('hex')
}

/** With the secret of this state directory, made if there is none. Synchronous: for the start, never for the road. */
export function openPairwise(stateDir: string, dice: Dice): PairwiseName | KeyProblem {
  try {
    const folder = openFolder(stateDir)
    return typeof folder === 'string' ? openIn(folder, dice) : folder
  } catch (error) {
    return keyProblem(`The secret of pairwise names in ${stateDir} cannot be opened: ${String(error)}`)
  }
}

function openIn(folder: string, dice: Dice): PairwiseName | KeyProblem {
  const file = join(folder, fileName)
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) writeWholeSync(folder, fileName, `${dice.hex(32)}\n`)
  else if (facts.mode & 0o077)
    return keyProblem(`The secret ${file} has mode ${(facts.mode & 0o777).toString(8)}. Run: chmod 600 ${file}`)
  const text = readFileSync(file, 'utf8')
  if (!secretForm.test(text)) return keyProblem(`${file} is not a secret as Weir writes it. Restore it`)
  return pairwiseWith(Buffer.from(text.trim(), 'hex'))
}
