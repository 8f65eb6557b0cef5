/**
 * What the folder of the keys holds at a start, put in order: keys of older starts are adopted, what is missing is made,
 * and private parts of keys that sign no more are deleted. Synchronous: for the start, never for the road.
 */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Millis } from '../../base/clock.ts'
import {
  isKeyProblem,
  keyFilesIn,
  type KeyProblem,
  keyProblem,
  legacyName,
  manifestName,
  openFolder,
  privateName,
  privateText,
  readCredential,
  readOwnKey,
  writeWholeSync,
} from './key-files.ts'
import { type KeyEntry, manifestText, readManifest } from './key-manifest.ts'
import { keyUses, type KeyUse, makeKey, type PrivateKey } from './key-material.ts'
import { entryOf, findKey, retire, type RotationSettings } from './key-rotation.ts'

export interface KeyPlaces {
  readonly stateDir: string
  /** Where the service manager hands in keys; null if it does not. */
  readonly credentials_dir: string | null
  readonly rotation: RotationSettings
}

/** The keys as they were found or made. */
export interface HeldKeys {
  readonly folder: string
  readonly entries: readonly KeyEntry[]
  /** By kid, of keys that sign or are about to. */
  readonly privates: ReadonlyMap<string, PrivateKey>
}

interface Holding {
  readonly places: KeyPlaces
  readonly folder: string
  readonly now: Millis
  entries: readonly KeyEntry[]
  readonly privates: Map<string, PrivateKey>
}

/** Whether any start has made keys in this state directory. */
export function hasKeys(stateDir: string): boolean {
  return existsSync(join(stateDir, 'keys', manifestName))
}

/** For the one process that owns the state directory. */
export function holdKeys(places: KeyPlaces, now: Millis): HeldKeys | KeyProblem {
  try {
    const held = readList(places, now)
    if (isKeyProblem(held)) return held
    const before = held.entries
    for (const use of keyUses) {
      const problem = holdUse(held, use)
      if (problem) return problem
    }
    store(held, before)
    return held
  } catch (error) {
    return keyProblem(`The signing keys in ${places.stateDir} cannot be opened: ${String(error)}`)
  }
}

/** For a process beside the owner: reads what there is and changes nothing. */
export function lookAtKeys(places: KeyPlaces, now: Millis): HeldKeys | KeyProblem {
  try {
    const held = readList(places, now)
    if (isKeyProblem(held)) return held
    for (const use of keyUses) {
      const active = findKey(held.entries, use, 'active')
      const key = readCredential(use, places.credentials_dir) ?? (active && readOwnKey(use, fileOf(held, active)))
      if (key && isKeyProblem(key)) return key
      if (key) held.privates.set(key.kid, key)
    }
    return held
  } catch (error) {
    return keyProblem(`The signing keys in ${places.stateDir} cannot be read: ${String(error)}`)
  }
}

function readList(places: KeyPlaces, now: Millis): Holding | KeyProblem {
  const folder = openFolder(places.stateDir)
  if (typeof folder !== 'string') return folder
  const holding = { places, folder, now, privates: new Map<string, PrivateKey>() }
  const file = join(folder, manifestName)
  const facts = statSync(file, { throwIfNoEntry: false })
  if (!facts) return { ...holding, entries: [] }
  if (facts.mode & 0o022) return keyProblem(`${file} can be written by others. Run: chmod 600 ${file}`)
  const entries = readManifest(readFileSync(file, 'utf8'))
  return entries ? { ...holding, entries } : keyProblem(`${file} is not a list of keys as Weir writes it. Restore it`)
}

function holdUse(held: Holding, use: KeyUse): KeyProblem | null {
  const credential = readCredential(use, held.places.credentials_dir)
  if (credential && isKeyProblem(credential)) return credential
  if (credential) return holdCredential(held, use, credential)
  const active = findKey(held.entries, use, 'active')
  const legacy = use === 'token' ? adoptable(held, active) : null
  if (legacy && isKeyProblem(legacy)) return legacy
  const own = (active?.source === 'file' ? readOwnKey(use, fileOf(held, active)) : null) ?? legacy
  if (own && isKeyProblem(own)) return own
  if (active && own?.kid === active.kid) {
    held.privates.set(own.kid, own)
    return holdNext(held, use)
  }
  // A key whose private part is gone signs no more; what it signed goes on being accepted for its time.
  const found = active ? null : (legacy ?? leftover(held, use))
  if (found && isKeyProblem(found)) return found
  begin(held, use, found ?? makeKey(use), 'file')
  return null
}

/** The operator decides: a key handed in signs from this start on, also one that signed before. */
function holdCredential(held: Holding, use: KeyUse, key: PrivateKey): KeyProblem | null {
  const known = held.entries.find(({ kid }) => kid === key.kid)
  if (known?.revoked_at !== null && known) return keyProblem(`The credential weir-${use}.jwk is a key that was revoked`)
  if (known && known.use !== use) return keyProblem(`The credential weir-${use}.jwk is the key for ${known.use}`)
  if (!known) {
    begin(held, use, key, 'credential')
    return null
  }
  endOthers(held, use, key.kid)
  const signing = { state: 'active', source: 'credential', retired_at: null, not_after: null } as const
  held.entries = held.entries.map((entry) => (entry === known ? { ...entry, ...signing } : entry))
  held.privates.set(key.kid, key)
  return null
}

function begin(held: Holding, use: KeyUse, key: PrivateKey, source: KeyEntry['source']): void {
  endOthers(held, use, key.kid)
  const facts = { key, source, published_at: held.now, active_from: held.now }
  held.entries = [...held.entries, entryOf(use, 'active', facts)]
  held.privates.set(key.kid, key)
}

/** Retires the key that signs and forgets the one that was to. */
function endOthers(held: Holding, use: KeyUse, kid: string): void {
  held.entries = held.entries.flatMap((entry) => {
    if (entry.use !== use || entry.state === 'retired' || entry.kid === kid) return [entry]
    return entry.state === 'active' ? [retire(entry, held.now, held.places.rotation)] : []
  })
}

function holdNext(held: Holding, use: KeyUse): KeyProblem | null {
  const next = findKey(held.entries, use, 'next')
  const key = next && readOwnKey(use, fileOf(held, next))
  if (key && isKeyProblem(key)) return key
  if (next && key?.kid === next.kid) held.privates.set(key.kid, key)
  else held.entries = held.entries.filter((entry) => entry !== next)
  return null
}

/** The one key of starts before there was a list. One that appears later is nobody's: tokens of it would be refused. */
function adoptable(held: Holding, active: KeyEntry | undefined): PrivateKey | KeyProblem | null {
  const file = join(held.folder, legacyName)
  const key = readOwnKey('token', file)
  if (key === null || isKeyProblem(key)) return key
  if (active ? active.kid === key.kid : held.entries.every(({ kid }) => kid !== key.kid)) return key
  return keyProblem(`${file} is not the key that signs tokens by ${manifestName}. Move it away`)
}

/** A first start that was cut off left a key and no list of it. */
function leftover(held: Holding, use: KeyUse): PrivateKey | KeyProblem | null {
  const unlisted = keyFilesIn(held.folder).find(
    (file) => file.use === use && held.entries.every(({ kid }) => kid !== file.kid),
  )
  return unlisted ? readOwnKey(use, join(held.folder, unlisted.name)) : null
}

function store({ folder, entries, privates }: Holding, before: readonly KeyEntry[]): void {
  const ours = new Set<string>()
  for (const { use, kid, source, state } of entries) {
    const key = privates.get(kid)
    if (!key || source !== 'file' || state === 'retired') continue
    const name = privateName(use, kid)
    ours.add(name)
    if (!existsSync(join(folder, name))) writeWholeSync(folder, name, privateText(key))
  }
  if (entries !== before) writeWholeSync(folder, manifestName, manifestText(entries))
  for (const { name } of keyFilesIn(folder)) if (!ours.has(name)) rmSync(join(folder, name))
  rmSync(join(folder, legacyName), { force: true })
}

function fileOf({ folder }: Pick<Holding, 'folder'>, { use, kid }: KeyEntry): string {
  return join(folder, privateName(use, kid))
}
