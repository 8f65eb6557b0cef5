import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Keeps a second gateway out of a ledger: two writers would cut off each other's entries. The lock is that of an
 * empty SQLite database, because the system lets go of it by itself when the process dies, on every platform.
 */
export function lockFolder(dir: string): Disposable | null {
  const path = join(dir, 'lock')
  const database = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch {
    database.close()
    return null
  }
}
