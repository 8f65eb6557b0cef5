/**
 * The keys of persons on the disk, `vault/people.db`. What is deleted is overwritten (secure_delete) and no log keeps it
 * (no WAL), so that a key that was erased is gone from the folder. Names and keys are sealed under the key of the vault.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** One person; name, tag and key are null once they are erased. */
export interface PersonRow {
  readonly pseudonym: string
  /** Keyed hash of the name, to find it by. */
  readonly tag: Uint8Array | null
  readonly name: Uint8Array | null
  readonly dek: Uint8Array | null
  readonly created_at: number
  readonly erased_at: number | null
}

export interface HoldRow {
  readonly pseudonym: string
  /** The run it is for; empty for everything. */
  readonly run: string
  /** Milliseconds since the epoch; null for no end. */
  readonly until: number | null
  readonly reason: string
  readonly actor: string
  readonly at: number
}

const schema = `
  CREATE TABLE IF NOT EXISTS people (
    pseudonym TEXT PRIMARY KEY, tag BLOB UNIQUE, name BLOB, dek BLOB, created_at INTEGER NOT NULL, erased_at INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS holds (
    pseudonym TEXT NOT NULL, run TEXT NOT NULL, until INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (pseudonym, run)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS people_by_age ON people (created_at DESC, pseudonym);`

/** How long a reader waits for the moment of a commit, and a commit for readers. */
const busy_timeout_ms = 2000
const version = 1

export function peoplePath(vaultDir: string): string {
  return join(vaultDir, 'people.db')
}

/** Opens it for the one writer. Throws what the system says. */
export function openPeople(vaultDir: string): DatabaseSync {
  mkdirSync(vaultDir, { recursive: true, mode: 0o700 })
  const path = peoplePath(vaultDir)
  const base = new DatabaseSync(path)
  chmodSync(path, 0o600)
  base.exec(`PRAGMA busy_timeout = ${busy_timeout_ms}; PRAGMA secure_delete = ON`)
  const { journal_mode } = base.prepare('PRAGMA journal_mode = DELETE').get() ?? {}
  const { user_version } = base.prepare('PRAGMA user_version').get() ?? {}
  if (journal_mode !== 'delete' || Number(user_version) > version) {
    base.close()
    throw new Error(`${path} was made by a newer program (version ${String(user_version)})`)
  }
  base.exec(`PRAGMA synchronous = EXTRA; ${schema} PRAGMA user_version = ${version}`)
  return base
}

/** Opens it for looking only, beside the writer. Throws where it is not there. */
export function lookAtPeople(vaultDir: string): DatabaseSync {
  const base = new DatabaseSync(peoplePath(vaultDir), { readOnly: true })
  base.exec(`PRAGMA busy_timeout = ${busy_timeout_ms}`)
  return base
}

export function personRow(row: Record<string, unknown> | undefined): PersonRow | null {
  if (!row) return null
  const bytes = (value: unknown): Uint8Array | null => (value instanceof Uint8Array ? value : null)
  return {
    pseudonym: String(row['pseudonym']),
    tag: bytes(row['tag']),
    name: bytes(row['name']),
    dek: bytes(row['dek']),
    created_at: Number(row['created_at']),
    erased_at: row['erased_at'] === null ? null : Number(row['erased_at']),
  }
}

export function holdRow(row: Record<string, unknown>): HoldRow {
  return {
    pseudonym: String(row['pseudonym']),
    run: String(row['run']),
    until: row['until'] === null ? null : Number(row['until']),
    reason: String(row['reason']),
    actor: String(row['actor']),
    at: Number(row['at']),
  }
}
