/**
 * The rows on the disk: one SQLite database with integer keys, for the thread that may wait for a disk. A commit survives
 * the death of the process (the log belongs to the system by then); after a power cut the last moments may be missing.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Change, type ShelfName, shelfNames, type Stored } from './shelves.ts'

/** Of the tables; a newer one is not touched. */
const schemaVersion = 1
/** The log is cut back to this size when it has been worked off. */
const log_bytes = 16_777_216

interface Statements {
  readonly put: StatementSync
  readonly drop: StatementSync
}

export class Database {
  readonly #file: string
  #open: { readonly base: DatabaseSync; readonly statements: ReadonlyMap<ShelfName, Statements> } | null = null

  /** Throws where it cannot be opened, with the sentence of the system. */
  constructor(file: string) {
    this.#file = file
    this.#opened()
  }

  /** All rows of a shelf, the oldest number first. */
  *read(shelf: ShelfName): Generator<Stored> {
    const rows = this.#opened().base.prepare(`SELECT no, body FROM ${shelf} ORDER BY no`).iterate()
    for (const { no, body } of rows) yield [Number(no), String(body)]
  }

  /** All of it or, where it throws, nothing. After a failure the database is opened anew, so that no old page is believed. */
  write(changes: readonly Change[]): void {
    try {
      const { base, statements } = this.#opened()
      base.exec('BEGIN IMMEDIATE')
      for (const [shelf, no, text] of changes) {
        if (text === null) statements.get(shelf)?.drop.run(no)
        else statements.get(shelf)?.put.run(no, text)
      }
      base.exec('COMMIT')
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Works the log off and empties it, so that nothing that left stands there either; a failing disk leaves it for later. */
  scrub(): void {
    try {
      this.#opened().base.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      this.close()
    }
  }

  /** An open transaction is undone by it. */
  close(): void {
    const open = this.#open
    this.#open = null
    try {
      open?.base.close()
    } catch {
      // It is closed all the same; what a full disk kept back is in the log and read at the next start.
    }
  }

  #opened() {
    if (this.#open) return this.#open
    // SQLite gives its log the mode of the database, which would else be the one of the umask.
    closeSync(openSync(this.#file, 'a', 0o600))
    const base = new DatabaseSync(this.#file)
    try {
      base.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
      // What leaves is overwritten: rows name persons, who may ask to be forgotten.
      base.exec('PRAGMA secure_delete = ON')
      base.exec(`PRAGMA journal_size_limit = ${log_bytes}`)
      base.exec('BEGIN IMMEDIATE')
      upgrade(base)
      base.exec('COMMIT')
      this.#open = { base, statements: new Map(shelfNames.map((name) => [name, statementsOf(base, name)])) }
      return this.#open
    } catch (error) {
      base.close()
      throw error
    }
  }
}

function upgrade(base: DatabaseSync): void {
  const version = Number(base.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > schemaVersion) throw new Error(`it was written by a newer Weir (schema ${version})`)
  for (const name of shelfNames)
    base.exec(`CREATE TABLE IF NOT EXISTS ${name} (no INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT`)
  if (version < schemaVersion) base.exec(`PRAGMA user_version = ${schemaVersion}`)
}

function statementsOf(base: DatabaseSync, name: ShelfName): Statements {
  return {
    put: base.prepare(
      `INSERT INTO ${name} (no, body) VALUES (?, ?) ON CONFLICT (no) DO UPDATE SET body = excluded.body`,
    ),
    drop: base.prepare(`DELETE FROM ${name} WHERE no = ?`),
  }
}
