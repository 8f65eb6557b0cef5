/**
 * Secrets of the state directory that are no signing keys: 32 bytes each, made at the first start and never turned, because
 * what hangs on them has to outlive every key.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from '../../base/dice.ts'
import { type KeyProblem, keyProblem, openFolder, writeWholeSync } from './key-files.ts'

const secretForm = /^[0-9a-f]{64}\n?$/

/** The secret in `keys/<name>.secret`, made if there is none. Synchronous: for the start, never for the road. */
export function openSecret(stateDir: string, name: string, dice: Dice): Buffer | KeyProblem {
  try {
    const folder = openFolder(stateDir)
    return typeof folder === 'string' ? openIn(folder, `${name}.secret`, dice) : folder
  } catch (error) {
    return keyProblem(`The secret ${name}.secret in ${stateDir} cannot be opened: ${String(error)}`)
  }
}

function openIn(folder: string, fileName: string, dice: Dice): Buffer | KeyProblem {
  const file = join(folder, fileName)
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) writeWholeSync(folder, fileName, `${dice.hex(32)}\n`)
  else if (facts.mode & 0o077)
    return keyProblem(`The secret ${file} has mode ${(facts.mode & 0o777).toString(8)}. Run: chmod 600 ${file}`)
  const text = readFileSync(file, 'utf8')
  if (!secretForm.test(text)) return keyProblem(`${file} is not a secret as Weir writes it. Restore it`)
  return Buffer.from(text.trim(), 'hex')
}
