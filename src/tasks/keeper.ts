/** The whole life of the thread with the disk: hand over what is there, then write what comes until told to stop. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Database } from './database.ts'
import { type KeeperNews, type KeeperOrder, type KeeperSetup, shelfNames, type Stored } from './shelves.ts'

/** The end of a thread's wire that the keeper holds. */
export interface Wire {
  tell(news: KeeperNews): void
  hear(heard: (order: KeeperOrder) => void): void
  close(): void
}

const rowsPerMessage = 512

export function runKeeper({ file }: KeeperSetup, wire: Wire): void {
  const database = openDatabase(file)
  if (typeof database === 'string') {
    wire.tell({ kind: 'refused', sentence: database })
    return
  }
  try {
    handOver(database, wire)
  } catch (error) {
    wire.tell({ kind: 'refused', sentence: sentenceOf(file, error) })
    return
  }
  wire.hear((order) => {
    if (order.kind === 'write') return wire.tell({ kind: 'written', problem: write(database, file, order) })
    if (order.kind === 'scrub') return database.scrub()
    database.close()
    wire.close()
  })
}

function openDatabase(file: string): Database | string {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    return new Database(file)
  } catch (error) {
    return sentenceOf(file, error)
  }
}

function handOver(database: Database, wire: Wire): void {
  for (const shelf of shelfNames) {
    let rows: Stored[] = []
    for (const row of database.read(shelf)) {
      if (rows.push(row) < rowsPerMessage) continue
      wire.tell({ kind: 'rows', shelf, rows })
      rows = []
    }
    wire.tell({ kind: 'rows', shelf, rows })
  }
  wire.tell({ kind: 'ready' })
}

function write(database: Database, file: string, { changes }: KeeperOrder & { kind: 'write' }): string | null {
  try {
    database.write(changes)
    return null
  } catch (error) {
    return sentenceOf(file, error)
  }
}

function sentenceOf(file: string, error: unknown): string {
  return `the tasks in ${file} cannot be kept: ${error instanceof Error ? error.message : String(error)}`
}
