/** The file of the index: opened for the one who writes it, thrown away where it is of no use, and opened for readers. */
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { indexSchema, schemaText } from './schema.ts'

/** The log is cut back to this size when it has been worked off. */
const log_bytes = 67_108_864
const wait_ms = 2000

export function indexPath(stateDir: string): string {
  return join(stateDir, 'index', 'runs.db')
}

/** What SQLite says of a file that is none or is damaged: SQLITE_CORRUPT and SQLITE_NOTADB. */
const damaged = new Set([11, 26])

export interface OpenedIndex {
  readonly base: DatabaseSync
  /** Why what stood there was thrown away, in a sentence; null where it is used, or nothing was there. */
  readonly thrown: string | null
}

/** Throws what the system says where it cannot be written, and where a newer program made it. */
export function openForWriting(path: string): OpenedIndex {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    return { base: openOnce(path), thrown: null }
  } catch (error) {
    const why = error instanceof OldIndex ? error.message : isDamaged(error) ? 'it is damaged' : null
    if (why === null) throw error
    throwAway(path)
    return { base: openOnce(path), thrown: why }
  }
}

export function openForReading(path: string): DatabaseSync {
  const base = new DatabaseSync(path, { readOnly: true, timeout: wait_ms })
  try {
    const version = versionOf(base)
    if (version !== indexSchema) throw new Error(`the runs index is of version ${version}, not ${indexSchema}`)
    base.exec('PRAGMA query_only = ON')
    return base
  } catch (error) {
    base.close()
    throw error
  }
}

/** With its log. */
export function throwAway(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true })
}

export function isDamaged(error: unknown): boolean {
  return damaged.has(codeOf(error))
}

/** A statement does not fit the tables: SQLITE_ERROR. */
export function isUnfit(error: unknown): boolean {
  return codeOf(error) === 1
}

function codeOf(error: unknown): number {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code % 256 : 0
}

class OldIndex extends Error {}

function openOnce(path: string): DatabaseSync {
  // SQLite gives its log the mode of the database, which would else be the one of the umask.
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
  const base = new DatabaseSync(path, { timeout: wait_ms })
  try {
    base.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${log_bytes}`)
    base.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY')
    const version = versionOf(base)
    if (version > indexSchema) throw new Error(`the runs index was written by a newer Weir (version ${version})`)
    if (version !== 0 && version < indexSchema) throw new OldIndex(`it is of version ${version}`)
    if (version === 0) create(base)
    return base
  } catch (error) {
    base.close()
    throw error
  }
}

function create(base: DatabaseSync): void {
  base.exec('BEGIN IMMEDIATE')
  base.exec(schemaText)
  base.exec(`PRAGMA user_version = ${indexSchema}`)
  base.exec('COMMIT')
}

function versionOf(base: DatabaseSync): number {
  return Number(base.prepare('PRAGMA user_version').get()?.['user_version'])
}
