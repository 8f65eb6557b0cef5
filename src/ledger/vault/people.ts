/**
 * Who is who, for the one thread that writes the ledger: the pseudonym and the key of every person, made when the person is
 * first seen and on the disk before the first record that uses them. Lookups go to a bounded cache first.
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import { makeSecret, readSecret, type SecretProblem } from '../../base/secret-file.ts'
import { id_bytes, nonce_bytes, pseudonymOf } from './envelope.ts'
import { Kek, kekPlace, nobody, nobodyId, type VaultPlace } from './kek.ts'
import { openPeople, type PersonRow, personRow } from './people-file.ts'
import { bareForm } from './texts.ts'

export interface Person {
  readonly pseudonym: string
  readonly id: Buffer
  readonly key: KeyObject
  /** Finds the bare name in a text; null where it is too short. */
  readonly bare: RegExp | null
}

interface Parts {
  readonly clock: Clock
  readonly dice: Dice
}

/** Persons kept at hand; more than this are looked up again. */
const cache_max = 16_384
const key_bytes = 32

/** Opens the vault's people for writing; a sentence where keys are missing or are not those it was made with. */
export function openPeopleOf(place: VaultPlace, parts: Parts): People | SecretProblem {
  const base = openPeople(place.dir)
  const used = base.prepare('SELECT 1 FROM people LIMIT 1').get() !== undefined
  const kek = used ? readSecret(kekPlace(place)) : makeSecret(kekPlace(place), parts.dice)
  const problem = (sentence: string): SecretProblem => {
    base.close()
    return { kind: 'secret_problem', sentence }
  }
  if (kek === null)
    return problem(`${place.dir}/kek is missing, and people.db beside it can be read by no other key. Restore it`)
  if (!Buffer.isBuffer(kek)) return problem(kek.sentence)
  const people = new People(base, new Kek(kek), parts)
  return people.fits() ? people : problem(`${place.dir}/people.db was sealed with another key than ${place.dir}/kek`)
}

export class People {
  readonly base: DatabaseSync
  readonly #kek: Kek
  readonly #parts: Parts
  readonly #byName = new BoundedMap<string, Person>({ max: cache_max })
  /** Made and not yet on the disk, by name. */
  readonly #made = new Map<string, { readonly person: Person; readonly row: PersonRow }>()
  readonly #find: StatementSync
  readonly #read: StatementSync
  readonly #put: StatementSync

  constructor(base: DatabaseSync, kek: Kek, parts: Parts) {
    this.base = base
    this.#kek = kek
    this.#parts = parts
    this.#find = base.prepare('SELECT * FROM people WHERE tag = ?')
    this.#read = base.prepare('SELECT * FROM people WHERE pseudonym = ?')
    // A commit whose end the disk did not confirm may stand all the same, and is tried again.
    this.#put = base.prepare(
      `INSERT INTO people (pseudonym, tag, name, dek, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (pseudonym) DO NOTHING`,
    )
  }

  /** Makes the gateway's own key where there is none; false where the keys that are there do not open. */
  fits(): boolean {
    const own = this.row(nobody)
    if (own) return this.personIn(own) !== null
    this.#add(nobody, nobodyId)
    this.commit()
    return true
  }

  /** The gateway's own key, for what is about nobody. */
  get nobody(): Person {
    return this.of(nobody)
  }

  /** A person of that name, made where there is none. */
  of(name: string): Person {
    return this.known(name) ?? this.#add(name, this.random(id_bytes))
  }

  known(name: string): Person | null {
    const cached = this.#byName.get(name) ?? this.#made.get(name)?.person
    if (cached) return cached
    const row = personRow(this.#find.get(this.#kek.tag(name)))
    const person = row && this.personIn(row)
    if (person) this.#byName.set(name, person)
    return person
  }

  /** A person by name or pseudonym; null for one who was erased. */
  reachable(person: string): Person | null {
    if (!person.startsWith('user:~')) return this.of(person)
    const row = this.row(person)
    return row && this.personIn(row)
  }

  row(pseudonym: string): PersonRow | null {
    return personRow(this.#read.get(pseudonym))
  }

  nameIn({ name }: PersonRow): string | null {
    return name && (this.#kek.unwrap(name)?.toString() ?? null)
  }

  /** Null for one who was erased. */
  personIn(row: PersonRow): Person | null {
    const name = this.nameIn(row)
    const whole = row.dek && this.#kek.unwrap(row.dek)
    if (name === null || !whole) return null
    return personOf(name, whole.subarray(0, id_bytes), whole.subarray(id_bytes))
  }

  /** Everyone who was made since the last time is on the disk for good. Throws where that fails; nothing is lost by it. */
  commit(): void {
    if (this.#made.size === 0) return
    this.base.exec('BEGIN IMMEDIATE')
    try {
      for (const { row } of this.#made.values())
        this.#put.run(row.pseudonym, row.tag, row.name, row.dek, row.created_at)
      this.base.exec('COMMIT')
    } catch (error) {
      if (this.base.isTransaction) this.base.exec('ROLLBACK')
      throw error
    }
    for (const [name, { person }] of this.#made) this.#byName.set(name, person)
    this.#made.clear()
  }

  /** The key and the name are gone; whoever comes under that name later is somebody new. */
  forget(name: string, pseudonym: string): void {
    this.base
      .prepare('UPDATE people SET tag = NULL, name = NULL, dek = NULL, erased_at = ? WHERE pseudonym = ?')
      .run(this.#parts.clock.now(), pseudonym)
    this.#byName.delete(name)
  }

  random(bytes: number): Buffer {
    return Buffer.from(this.#parts.dice.hex(bytes), 'hex')
  }

  now(): number {
    return this.#parts.clock.now()
  }

  close(): void {
    this.base.close()
  }

  #add(name: string, id: Buffer): Person {
    const key = this.random(key_bytes)
    const person = personOf(name, id, key)
    const wrap = (plain: Buffer): Buffer => this.#kek.wrap(id, this.random(nonce_bytes), plain)
    const keys = { tag: this.#kek.tag(name), name: wrap(Buffer.from(name)), dek: wrap(Buffer.concat([id, key])) }
    const row = { pseudonym: person.pseudonym, ...keys, created_at: this.#parts.clock.now(), erased_at: null }
    this.#made.set(name, { person, row })
    return person
  }
}

function personOf(name: string, id: Buffer, key: Buffer): Person {
  return { pseudonym: pseudonymOf(id), id: Buffer.from(id), key: createSecretKey(key), bare: bareForm(name) }
}
