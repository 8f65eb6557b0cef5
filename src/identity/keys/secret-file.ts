/** A secret of the state directory that outlives every signing key: made once, 32 bytes, readable by its owner alone. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from '../../base/dice.ts'
import { type KeyProblem, keyProblem, openFolder, writeWholeSync } from './key-files.ts'

const secretForm = /^[0-9a-f]{64}\n?$/

/** Made if there is none. Synchronous: for the start, never for the road. */
export function openSecret(stateDir: string, fileName: string, dice: Dice): Buffer | KeyProblem {
  try {
    const folder = openFolder(stateDir)
    return typeof folder === 'string' ? openIn(folder, fileName, dice) : folder
  } catch (error) {
    return keyProblem(`The secret ${fileName} in ${stateDir} cannot be opened: ${String(error)}`)
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
