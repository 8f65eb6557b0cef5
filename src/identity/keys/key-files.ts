/**
 * Keys on the disk. Whoever can read a private key can be any agent, so a file that others may read is refused and not
 * repaired in silence. What is written is whole or not there: a crash leaves the old text or the new one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonObject } from '../../base/json.ts'
import { isKeyUse, type KeyUse, type PrivateKey, readPrivateKey } from './key-material.ts'

/** Why the gateway cannot sign: one sentence for the operator. */
export interface KeyProblem {
  readonly kind: 'key_problem'
  readonly sentence: string
}

export function keyProblem(sentence: string): KeyProblem {
  return { kind: 'key_problem', sentence }
}

export function isKeyProblem(value: object | null): value is KeyProblem {
  return value !== null && 'kind' in value && value.kind === 'key_problem'
}

/** Bits of the mode that a file of Weir's own may not have. */
const othersMayRead = 0o077
/** systemd hands credentials in as 0400 or 0440, owned by root or by the service's user (systemd.exec(5)). */
const othersMayTouch = 0o037

export const manifestName = 'keys.json'
/** Where starts before the keyring kept the one key. */
export const legacyName = 'token.jwk'

const privateForm = /^(\w+)-([\w-]{43})\.jwk$/

export function privateName(use: KeyUse, kid: string): string {
  return `${use}-${kid}.jwk`
}

/** The folder of the keys, made if need be. Throws if it cannot be. */
export function openFolder(stateDir: string): string | KeyProblem {
  const folder = join(stateDir, 'keys')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const mode = statSync(folder).mode & 0o777
  if ((mode & othersMayRead) === 0) return folder
  return keyProblem(`The folder of the keys ${folder} has mode ${mode.toString(8)}. Run: chmod 700 ${folder}`)
}

/** The private key in a file of ours; null if there is no file. Throws if it cannot be read. */
export function readOwnKey(use: KeyUse, file: string): PrivateKey | KeyProblem | null {
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) return null
  const mode = facts.mode & 0o777
  if (mode & othersMayRead)
    return keyProblem(
      `The signing key ${file} has mode ${mode.toString(8)}; others may read it. Run: chmod 600 ${file}`,
    )
  return keyIn(use, file) ?? keyProblem(`${file} is not a private JWK for the use ${use}. Move it away or restore it`)
}

/** The key a service manager hands in as `weir-<use>.jwk`; null if it does not. Throws if it cannot be read. */
export function readCredential(use: KeyUse, dir: string | null): PrivateKey | KeyProblem | null {
  if (dir === null) return null
  const file = join(dir, `weir-${use}.jwk`)
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) return null
  const mode = facts.mode & 0o777
  if (mode & othersMayTouch)
    return keyProblem(`The credential ${file} has mode ${mode.toString(8)}; it must be 0400 or 0440`)
  if (facts.uid !== 0 && facts.uid !== process.getuid?.())
    return keyProblem(
      `The credential ${file} belongs to user ${facts.uid}, neither to root nor to the one Weir runs as`,
    )
  return keyIn(use, file) ?? keyProblem(`The credential ${file} is not a private JWK for the use ${use}`)
}

function keyIn(use: KeyUse, file: string): PrivateKey | null {
  const jwk = readJsonObject(readFileSync(file, 'utf8'))
  return jwk && readPrivateKey(use, jwk)
}

export interface KeyFile {
  readonly use: KeyUse
  readonly kid: string
  readonly name: string
  readonly changedAt: number
}

/** Every private key file in the folder by its name, oldest first. */
export function keyFilesIn(folder: string): readonly KeyFile[] {
  const files = readdirSync(folder).flatMap((name) => {
    const [, use, kid = ''] = privateForm.exec(name) ?? []
    return isKeyUse(use) ? [{ use, kid, name, changedAt: statSync(join(folder, name)).mtimeMs }] : []
  })
  return files.toSorted((a, b) => a.changedAt - b.changedAt)
}

export function privateText(key: PrivateKey): string {
  return `${JSON.stringify(key.privateJwk)}\n`
}

/** For the start, where nothing waits. */
export function writeWholeSync(folder: string, name: string, text: string): void {
  const draft = join(folder, `${name}.tmp`)
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  renameSync(draft, join(folder, name))
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

/** The same without holding the main thread up. */
export async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const draft = join(folder, `${name}.tmp`)
  // What a crash left here could have another mode.
  await rm(draft, { force: true })
  await using file = await open(draft, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
  await rename(draft, join(folder, name))
  await using directory = await open(folder, 'r')
  await directory.sync()
}
