/**
 * Payloads that operators want kept, `vault/payloads.db`: each sealed with the key of the person its call was for, or of the
 * gateway where it was for nobody. Written by the ledger's thread beside its work, read by whoever has the vault.
 */
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { day_ms, type Millis } from '../../base/clock.ts'
import { nonce_bytes, seal } from './envelope.ts'
import type { Names } from './names.ts'
import type { People } from './people.ts'

export type PayloadPart = 'args' | 'res'

/** One payload on its way to the vault. What the record says of it covers `salt` and `bytes`. */
export interface Captured {
  readonly rid: string
  readonly part: PayloadPart
  readonly level: 'hash' | 'redacted' | 'full'
  readonly at: Millis
  /** A name or a pseudonym; null for nobody. */
  readonly person: string | null
  readonly salt: Uint8Array
  /** Empty at the level `hash`. */
  readonly bytes: Uint8Array
  readonly truncated: boolean
  readonly limits: { readonly days: number; readonly total_bytes: number }
}

/** One payload as it is read back. */
export interface Payload extends Pick<Captured, 'part' | 'at' | 'truncated'> {
  readonly level: string
  /** Null where its person was erased. */
  readonly salt: Uint8Array | null
  readonly bytes: Uint8Array | null
}

const salt_bytes = 16

const schema = `CREATE TABLE IF NOT EXISTS payloads (
  no INTEGER PRIMARY KEY, rid TEXT NOT NULL, part TEXT NOT NULL, level TEXT NOT NULL, at INTEGER NOT NULL,
  owner TEXT NOT NULL, bytes INTEGER NOT NULL, truncated INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS payloads_of_hop ON payloads (rid);
  CREATE INDEX IF NOT EXISTS payloads_of_person ON payloads (owner);
  CREATE INDEX IF NOT EXISTS payloads_by_time ON payloads (at);`

function pathOf(vaultDir: string): string {
  return join(vaultDir, 'payloads.db')
}

export class Payloads {
  readonly #base: DatabaseSync
  #total: number

  constructor(vaultDir: string) {
    this.#base = new DatabaseSync(pathOf(vaultDir))
    chmodSync(pathOf(vaultDir), 0o600)
    this.#base.exec('PRAGMA busy_timeout = 2000; PRAGMA secure_delete = ON; PRAGMA journal_mode = DELETE')
    this.#base.exec(`PRAGMA synchronous = NORMAL; ${schema}`)
    this.#total = Number(this.#base.prepare('SELECT coalesce(sum(length(sealed)), 0) AS n FROM payloads').get()?.['n'])
  }

  /** Keeps all of them in one transaction, and lets go of what is too old or too much. Throws what the disk says. */
  keep(captured: readonly Captured[], people: People): void {
    const last = captured.at(-1)
    if (!last) return
    const put = this.#base.prepare(
      'INSERT INTO payloads (rid, part, level, at, owner, bytes, truncated, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#base.exec('BEGIN IMMEDIATE')
    try {
      for (const { rid, part, level, at, person, salt, bytes, truncated } of captured) {
        const owner = person === null ? people.nobody : people.reachable(person)
        // Nothing can be sealed for one who was erased, and nothing of them is kept.
        if (!owner) continue
        const sealed = seal(owner.key, owner.id, people.random(nonce_bytes), Buffer.concat([salt, bytes]))
        put.run(rid, part, level, at, owner.pseudonym, bytes.length, truncated ? 1 : 0, sealed)
        this.#total += sealed.length
      }
      this.#drop('at < ?', last.at - last.limits.days * day_ms)
      while (
        this.#total > last.limits.total_bytes &&
        this.#drop('no IN (SELECT no FROM payloads ORDER BY no LIMIT ?)', 64)
      ) {}
      this.#base.exec('COMMIT')
    } catch (error) {
      if (this.#base.isTransaction) this.#base.exec('ROLLBACK')
      throw error
    }
  }

  /** What was kept of that person leaves. */
  forget(pseudonym: string): void {
    this.#drop('owner = ?', pseudonym)
  }

  close(): void {
    this.#base.close()
  }

  #drop(which: string, value: string | number): boolean {
    const gone = this.#base.prepare(`DELETE FROM payloads WHERE ${which} RETURNING length(sealed) AS n`).all(value)
    this.#total -= gone.reduce((sum, { n }) => sum + Number(n), 0)
    return gone.length > 0
  }
}

/** Looks only, beside a gateway that runs. */
export class PayloadReader {
  readonly #base: DatabaseSync | null
  readonly #find: StatementSync | null
  readonly #names: Names

  constructor(vaultDir: string, names: Names) {
    this.#names = names
    this.#base = existsSync(pathOf(vaultDir)) ? new DatabaseSync(pathOf(vaultDir), { readOnly: true }) : null
    this.#base?.exec('PRAGMA busy_timeout = 2000')
    const found = 'SELECT part, level, at, truncated, sealed FROM payloads WHERE rid = ? ORDER BY no'
    this.#find = this.#base?.prepare(found) ?? null
  }

  /** The payloads of a call, in the order they were kept; empty where none are. */
  of(rid: string): readonly Payload[] {
    const rows = this.#find?.all(rid) ?? []
    return rows.map(({ part, level, at, truncated, sealed }) => {
      const plain = sealed instanceof Uint8Array ? this.#names.open(sealed) : null
      return {
        part: part === 'res' ? 'res' : 'args',
        level: String(level),
        at: Number(at),
        truncated: truncated === 1,
        salt: plain && plain.subarray(0, salt_bytes),
        bytes: plain && plain.subarray(salt_bytes),
      }
    })
  }

  close(): void {
    this.#base?.close()
  }
}

export function payloadsOf(vaultDir: string, names: Names, rid: string): readonly Payload[] {
  const reader = new PayloadReader(vaultDir, names)
  try {
    return reader.of(rid)
  } finally {
    reader.close()
  }
}
