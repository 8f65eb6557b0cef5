/**
 * A secret of 32 bytes in a file of its own, made where there is none and never turned, or handed in by the service manager.
 * Whoever can read it can read all that hangs on it, so a file that others may read is refused and not repaired in silence.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from './dice.ts'

export interface SecretPlace {
  /** The folder it stands in, 0700. */
  readonly folder: string
  readonly name: string
  /** Where a service manager puts credentials (systemd: `$CREDENTIALS_DIRECTORY`); null where there is none. */
  readonly credentials_dir: string | null
  /** What it is called there. */
  readonly credential: string
}

/** Why there is no secret: one sentence for the operator. */
export interface SecretProblem {
  readonly kind: 'secret_problem'
  readonly sentence: string
}

const secretForm = /^[0-9a-f]{64}\n?$/
/** Modes that a file of ours and a credential of systemd.exec(5), 0400 or 0440, may not have. */
const othersMayRead = 0o077
const othersMayTouch = 0o037

/** The secret; null where there is none. */
export function readSecret(place: SecretPlace): Buffer | SecretProblem | null {
  const { folder, name, credentials_dir, credential } = place
  try {
    const handed = credentials_dir === null ? null : readFile(join(credentials_dir, credential), othersMayTouch)
    return handed ?? readFile(join(folder, name), othersMayRead)
  } catch (error) {
    return problem(`The secret ${name} in ${folder} cannot be read: ${String(error)}`)
  }
}

/** The secret, made if there is none. Synchronous: for the start, never for the road. */
export function makeSecret(place: SecretPlace, dice: Dice): Buffer | SecretProblem {
  const known = readSecret(place)
  if (known !== null) return known
  const { folder, name } = place
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const draft = join(folder, `${name}.tmp`)
    writeFileSync(draft, `${dice.hex(32)}\n`, { mode: 0o600, flush: true })
    renameSync(draft, join(folder, name))
    const directory = openSync(folder, 'r')
    fsyncSync(directory)
    closeSync(directory)
  } catch (error) {
    return problem(`The secret ${name} in ${folder} cannot be made: ${String(error)}`)
  }
  return readSecret(place) ?? problem(`The secret ${name} in ${folder} was taken away`)
}

function readFile(file: string, forbidden: number): Buffer | SecretProblem | null {
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) return null
  const mode = facts.mode & 0o777
  if (mode & forbidden)
    return problem(`The secret ${file} has mode ${mode.toString(8)}; others may read it. Run: chmod 600 ${file}`)
  const text = readFileSync(file, 'utf8')
  if (!secretForm.test(text)) return problem(`${file} is not a secret as Weir writes it. Restore it`)
  return Buffer.from(text.trim(), 'hex')
}

function problem(sentence: string): SecretProblem {
  return { kind: 'secret_problem', sentence }
}
