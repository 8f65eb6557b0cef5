/**
 * The keys Weir signs with, one ring for each use, and the public parts of all that ever signed. Keys take turns on
 * their own: the next one is published before it signs, and what a retired one signed is accepted until it has run out.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Millis } from '../../base/clock.ts'
import { sharedTextMemory, writeSharedText } from '../../base/shared-text.ts'
import { publicKeyText } from '../proofs/algorithms.ts'
import type { KeySource } from '../trust/jwks.ts'
import { isKeyProblem, type KeyProblem, keyProblem, manifestName, privateName, privateText } from './key-files.ts'
import { writeWhole } from './key-files.ts'
import { type KeyEntry, keys_max, manifestText } from './key-manifest.ts'
import type { LateKey } from './late-key.ts'
import { algOf, type KeyUse, type PrivateKey, type PublicJwk } from './key-material.ts'
import { dueAt, findKey, type RotationSettings, type Turn, turnDue, turnEarly } from './key-rotation.ts'
import { type HeldKeys, holdKeys, type KeyPlaces, lookAtKeys } from './keyring-open.ts'
import { skew_ms } from '../strict-jwt.ts'

/** A key that has been retired finishes the signatures that were begun with it. */
const leaving_ms = 10_000
const leaving_max = 6
/** Three private keys that sign and those that are leaving take less than 3 KB. */
const slot_bytes = 4096
/** After a rotation that could not be stored. */
const retry_ms = 60_000

export interface KeyringOptions extends KeyPlaces {
  readonly clock: Clock
  /** Told of rotations, and of those that failed: a sentence for the log. */
  readonly onTurn?: (sentence: string) => void
  readonly onProblem?: (sentence: string) => void
  /** Signs checkpoints beside the record key. */
  readonly late?: LateKey | null
}

/** A public document and its strong tag, quoted. */
export interface KeyDocument {
  readonly text: string
  readonly etag: string
}

export interface RotateOptions {
  /** The new key signs at once and not when it was published long enough. */
  readonly now?: boolean
  /** Nothing the old key signed is accepted any more; implies `now`. */
  readonly revoke?: boolean
}

interface LeavingKey {
  readonly kid: string
  readonly alg: string
  readonly jwk: PrivateKey['privateJwk']
  readonly until: Millis
}

/** Opens the keys of a state directory this process owns, and makes what is missing. Synchronous: for the start. */
export function openKeyring(options: KeyringOptions): Keyring | KeyProblem {
  const held = holdKeys(options, options.clock.now())
  return isKeyProblem(held) ? held : new Keyring(held, options)
}

/** The keys of a gateway that runs, for a tool beside it: signs and verifies, and cannot rotate. */
export function lookAtKeyring(options: KeyringOptions): Keyring | KeyProblem {
  const held = lookAtKeys(options, options.clock.now())
  return isKeyProblem(held) ? held : new Keyring(held, options, false)
}

export class Keyring {
  readonly kind = 'keyring'
  /** The private keys that sign now and those that did a moment ago, for the threads that sign. */
  readonly slot = sharedTextMemory(slot_bytes)
  /** Those that sign the ledger's checkpoints, for its thread; no other key is in there. */
  readonly recordSlot = sharedTextMemory(slot_bytes)
  readonly #folder: string
  readonly #options: KeyringOptions
  readonly #owner: boolean
  #rotation: RotationSettings
  #entries: readonly KeyEntry[] = []
  #byKid: ReadonlyMap<string, KeyEntry> = new Map()
  #privates: ReadonlyMap<string, PrivateKey> = new Map()
  #leaving: readonly LeavingKey[] = []
  #dueAt: Millis = 0
  #jwks: KeyDocument | null = null
  #history: KeyDocument | null = null
  #turning: Promise<unknown> | null = null

  constructor({ folder, entries, privates }: HeldKeys, options: KeyringOptions, owner = true) {
    this.#folder = folder
    this.#options = options
    this.#owner = owner
    this.#rotation = options.rotation
    this.#take(entries, privates)
  }

  /** The key that signs now. */
  signer(use: KeyUse): { readonly kid: string; readonly alg: 'ES256' | 'Ed25519' } {
    return { kid: findKey(this.#entries, use, 'active')?.kid ?? '', alg: algOf(use) }
  }

  /** Every key there ever was, oldest first. */
  get entries(): readonly KeyEntry[] {
    return this.#entries
  }

  /** The keys that verify what Weir signed for this use and is shown now. */
  source(use: KeyUse): KeySource {
    return {
      find: (kid, alg, issuedAt = 0) => {
        const entry = this.#byKid.get(kid)
        if (!entry || entry.use !== use || algOf(use) !== alg) return null
        return isAccepted(entry, this.#options.clock.now(), issuedAt) ? publicKeyText(entry.jwk, alg) : null
      },
    }
  }

  publicKey(kid: string): PublicJwk | null {
    return this.#byKid.get(kid)?.jwk ?? null
  }

  /** Whether a signature made at that time by this key counts: for checking records long after. */
  isValidAt(kid: string, at: Millis): boolean {
    const entry = this.#byKid.get(kid)
    if (!entry || entry.state === 'next' || entry.revoked_at !== null) return false
    return at >= entry.active_from && (entry.retired_at === null || at <= entry.retired_at)
  }

  /** The JWK Set (RFC 7517 section 5) for whoever is shown a token or a card now: next, active and lately retired keys. */
  jwks(): KeyDocument {
    this.#jwks ??= documentOf({ keys: this.#shown().map(publishedKey) })
    return this.#jwks
  }

  /** All keys ever, with the time in which each signed, for whoever checks a signature later. A JWK Set as well. */
  history(): KeyDocument {
    this.#history ??= documentOf({
      schema: 'weir.keys/v1',
      keys: this.#entries.map((entry) => ({ ...publishedKey(entry), ...timesOf(entry) })),
    })
    return this.#history
  }

  /** Other settings of the configuration, for the turns to come. */
  use(rotation: RotationSettings): void {
    this.#rotation = rotation
    this.#dueAt = dueAt(this.#entries, this.#options.clock.now(), rotation)
  }

  /** Does what is due; cheap where nothing is. Whoever sweeps often keeps the turns punctual. */
  sweep(): void {
    const now = this.#options.clock.now()
    if (this.#leaving.some(({ until }) => until <= now)) this.#fillSlot(now)
    if (now < this.#dueAt || this.#turning || !this.#owner) return
    this.#jwks = null
    // Until the turn is done nothing else is due, and after a failure not at once again.
    this.#dueAt = now + retry_ms
    void this.#turn(() => turnDue(this.#entries, now, this.#rotation))
  }

  /** Resolves when no turn is under way. */
  async settled(): Promise<void> {
    while (this.#turning) await this.#turning
  }

  /** Brings the rotation of one use forward. Resolves to the key that signs or is to sign next. */
  async rotate(use: KeyUse, { now = false, revoke = false }: RotateOptions = {}): Promise<KeyEntry | KeyProblem> {
    while (this.#turning) await this.#turning
    if (!this.#owner) return keyProblem('Only the gateway that runs can rotate its keys')
    if (findKey(this.#entries, use, 'active')?.source !== 'file') {
      return keyProblem(`The ${use} key is handed in as a credential. Replace weir-${use}.jwk and restart Weir`)
    }
    const at = this.#options.clock.now()
    const failed = await this.#turn(() => turnEarly(this.#entries, use, { at, now, revoke }, this.#rotation))
    const entry = findKey(this.#entries, use, now || revoke ? 'active' : 'next')
    return failed ?? entry ?? keyProblem('The keys were turned meanwhile')
  }

  /** One turn after the other, each of them durable before it counts. Never rejects. */
  #turn(make: () => Turn): Promise<KeyProblem | null> {
    const turning = this.#store(make)
      .catch((error: unknown) => keyProblem(`The keys could not be rotated: ${String(error)}`))
      .then((problem) => {
        this.#turning = null
        if (problem) this.#options.onProblem?.(problem.sentence)
        return problem
      })
    this.#turning = turning
    return turning
  }

  async #store(make: () => Turn): Promise<KeyProblem | null> {
    const before = this.#entries
    const { entries, made } = make()
    if (entries.length > keys_max) return keyProblem(`${manifestName} holds ${keys_max} keys, which is all it can`)
    if (entries !== before) {
      for (const { use, kid } of entries) {
        const key = made.get(kid)
        if (key) await writeWhole(this.#folder, privateName(use, kid), privateText(key))
      }
      await writeWhole(this.#folder, manifestName, manifestText(entries))
    }
    this.#take(entries, new Map([...this.#privates, ...made]))
    await this.#clean(before)
    return null
  }

  /** Deletes the private parts of keys that sign no more; one that cannot be deleted now goes at the next start. */
  async #clean(before: readonly KeyEntry[]): Promise<void> {
    for (const { use, kid, state } of before) {
      const after = this.#byKid.get(kid)
      if (after?.state === state) continue
      if (after?.state === 'active') this.#options.onTurn?.(`the key ${kid} signs every ${use} from now on`)
      if (after?.state !== 'active') await rm(join(this.#folder, privateName(use, kid)), { force: true })
    }
  }

  /** The list in force, all of it at once: nothing here is seen half done. */
  #take(entries: readonly KeyEntry[], privates: ReadonlyMap<string, PrivateKey>): void {
    const now = this.#options.clock.now()
    const living = entries.filter(({ state }) => state !== 'retired')
    this.#leaving = [...this.#leaving, ...this.#signing(now)]
    this.#entries = entries
    this.#byKid = new Map(entries.map((entry) => [entry.kid, entry]))
    this.#privates = new Map([...privates].filter(([kid]) => living.some((entry) => entry.kid === kid)))
    this.#jwks = null
    this.#history = null
    this.#dueAt = dueAt(entries, now, this.#rotation)
    this.#fillSlot(now)
  }

  /** The keys that sign, ready for the threads that sign with them. */
  #signing(now: Millis): readonly LeavingKey[] {
    return this.#entries.flatMap(({ kid, use, state }) => {
      const key = this.#privates.get(kid)
      return key && state === 'active' ? [{ kid, alg: algOf(use), jwk: key.privateJwk, until: now + leaving_ms }] : []
    })
  }

  #fillSlot(now: Millis): void {
    const signing = this.#signing(now)
    const leaves = ({ kid, until }: LeavingKey): boolean =>
      until > now && signing.every((key) => key.kid !== kid) && this.#byKid.get(kid)?.revoked_at === null
    this.#leaving = this.#leaving.filter(leaves).slice(-leaving_max)
    writeSharedText(
      this.slot,
      JSON.stringify([...signing, ...this.#leaving].map(({ kid, alg, jwk }) => ({ kid, alg, jwk }))),
    )
    const { kid: signer } = this.signer('record')
    const record = signing.filter(({ kid }) => kid === signer).map(({ kid, alg, jwk }) => ({ kid, alg, jwk }))
    const { late } = this.#options
    writeSharedText(this.recordSlot, JSON.stringify(late ? [...record, late] : record))
  }

  #shown(): readonly KeyEntry[] {
    const now = this.#options.clock.now()
    return this.#entries.filter(({ use, not_after }) => use !== 'record' && (not_after === null || not_after > now))
  }
}

/** A key that is still to sign has signed nothing yet, and one that was retired signed nothing after that. */
function isAccepted({ state, not_after, retired_at, revoked_at }: KeyEntry, now: Millis, issuedAt: Millis): boolean {
  if (state === 'next' || revoked_at !== null) return false
  return retired_at === null || not_after === null || (now < not_after && issuedAt <= retired_at + skew_ms)
}

function publishedKey({ jwk, kid, use }: KeyEntry): object {
  return { ...jwk, kid, alg: algOf(use), use: 'sig', weir_use: use }
}

function timesOf({ state, published_at, active_from, retired_at, not_after, revoked_at }: KeyEntry): object {
  return { state, published_at, active_from, retired_at, not_after, revoked_at }
}

function documentOf(content: object): KeyDocument {
  const text = JSON.stringify(content)
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url')}"` }
}
