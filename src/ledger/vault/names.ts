/**
 * Reading back: puts names and sealed members into entries again, for whoever is given the vault. Looks only, beside a
 * gateway that runs; what was erased stays a pseudonym. Holds a bounded number of persons at hand, and none that was erased
 * since `refresh` was last called.
 */
import { createSecretKey, hash, type KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BoundedMap } from '../../base/bounded-map.ts'
import { readJsonObject } from '../../base/json.ts'
import { readSecret } from '../../base/secret-file.ts'
import type { LedgerEntry } from '../../domain/record.ts'
import { id_bytes, pseudonymOf, unseal, whoseSeal } from './envelope.ts'
import { Kek, kekPlace, type VaultPlace } from './kek.ts'
import { lookAtPeople, peoplePath, personRow } from './people-file.ts'
import { salt_bytes } from './seal-row.ts'
import { inTexts, replacePseudonyms } from './texts.ts'

/** What a reader of the ledger is given to see persons. */
export interface Names {
  /** The entry as it was handed to the ledger, as far as nobody in it was erased. */
  restore(entry: LedgerEntry, sealed: Uint8Array | null): LedgerEntry
  /** The name behind a pseudonym; null for one that was erased or never was. */
  nameOf(pseudonym: string): string | null
  /** The pseudonym of a name; null for a person who is not known. */
  pseudonymOf(name: string): string | null
  /** Opens an envelope; null where its person was erased. */
  open(sealed: Uint8Array): Uint8Array | null
  /** Forgets whom it held at hand, if anybody was erased or came since. Called before each question by readers that live long. */
  refresh(): void
  close(): void
}

const cache_max = 16_384
/** A token of 8 KB and what is beside it. */
const depth_max = 8

/**
 * The vault of a state directory; null where there is none yet, a sentence where it cannot be opened. `credentials_dir` as
 * in the configuration of the gateway.
 */
export function openVaultReader(place: VaultPlace): Names | string | null {
  if (!existsSync(peoplePath(place.dir))) return null
  const secret = readSecret(kekPlace(place))
  if (secret === null) return `${place.dir}/kek is missing: names cannot be read without it`
  if (!Buffer.isBuffer(secret)) return secret.sentence
  try {
    return new VaultReader(lookAtPeople(place.dir), new Kek(secret))
  } catch (error) {
    return `${peoplePath(place.dir)} cannot be read: ${String(error)}`
  }
}

interface Known {
  readonly name: string
  readonly key: KeyObject
}

class VaultReader implements Names {
  readonly #base: DatabaseSync
  readonly #kek: Kek
  readonly #read: StatementSync
  readonly #find: StatementSync
  readonly #version: StatementSync
  #seen: unknown = null
  readonly #known = new BoundedMap<string, Known>({ max: cache_max })

  constructor(base: DatabaseSync, kek: Kek) {
    this.#base = base
    this.#kek = kek
    this.#read = base.prepare('SELECT * FROM people WHERE pseudonym = ?')
    this.#find = base.prepare('SELECT pseudonym FROM people WHERE tag = ?')
    this.#version = base.prepare('PRAGMA data_version')
    this.refresh()
  }

  refresh(): void {
    const seen = this.#version.get()?.['data_version']
    if (seen !== this.#seen) this.#known.clear()
    this.#seen = seen
  }

  restore(entry: LedgerEntry, sealed: Uint8Array | null): LedgerEntry {
    const restored: unknown = inTexts({ ...entry, ...this.#members(entry, sealed) }, (text) =>
      replacePseudonyms(text, (pseudonym) => this.nameOf(pseudonym)),
    )
    // Its members are those `packEntry` was given: the commitment says so.
    return restored as LedgerEntry
  }

  nameOf(pseudonym: string): string | null {
    return this.#person(pseudonym)?.name ?? null
  }

  pseudonymOf(name: string): string | null {
    const found = this.#find.get(this.#kek.tag(name))?.['pseudonym']
    return typeof found === 'string' ? found : null
  }

  open(sealed: Uint8Array): Uint8Array | null {
    const id = whoseSeal(sealed)
    const person = id && this.#person(pseudonymOf(id))
    return person && unseal(person.key, sealed)
  }

  close(): void {
    this.#base.close()
  }

  #members(entry: LedgerEntry, sealed: Uint8Array | null): object | null {
    const plain = sealed && this.open(sealed)
    if (!plain || hash('sha256', plain, 'base64url') !== entry.c) return null
    return readJsonObject(Buffer.from(plain.subarray(salt_bytes)).toString(), depth_max)
  }

  #person(pseudonym: string): Known | null {
    const known = this.#known.get(pseudonym)
    if (known) return known
    const row = personRow(this.#read.get(pseudonym))
    const name = row?.name && this.#kek.unwrap(row.name)
    const whole = row?.dek && this.#kek.unwrap(row.dek)
    if (!name || !whole) return null
    const person = { name: name.toString(), key: createSecretKey(whole.subarray(id_bytes)) }
    this.#known.set(pseudonym, person)
    return person
  }
}
