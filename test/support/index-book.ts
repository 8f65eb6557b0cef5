/** An index in memory for tests, written by the real writer and asked by the real questions. */
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { LedgerEntry } from '../../src/domain/record.ts'
import type { Numbered } from '../../src/domain/record.ts'
import { Book } from '../../src/ledger/index/book.ts'
import type { Queries } from '../../src/ledger/index/contract.ts'
import { Pen } from '../../src/ledger/index/pen.ts'
import { openQueries } from '../../src/ledger/index/queries.ts'
import { schemaText } from '../../src/ledger/index/schema.ts'

export interface IndexInMemory {
  readonly base: DatabaseSync
  readonly book: Book
  readonly queries: Queries
}

export function indexInMemory(): IndexInMemory {
  const base = new DatabaseSync(':memory:')
  base.exec(schemaText)
  return { base, book: new Book(base, new Pen(base)), queries: openQueries(base) }
}

/** Closed when the test has finished. */
export function indexOf(entries: readonly LedgerEntry[]): IndexInMemory {
  const index = indexInMemory()
  onTestFinished(() => index.base.close())
  index.book.take(numbered(entries))
  return index
}

export function numbered(entries: readonly LedgerEntry[], first = 1): readonly Numbered[] {
  return entries.map((entry, place) => ({ seq: first + place, boot: 'b1', entry }))
}

/** Every row of every table, to be compared with those of another index. */
export function dumpOf({ base }: Pick<IndexInMemory, 'base'>): unknown {
  const tables = ['runs', 'hops', 'edges', 'spend', 'meta']
  return tables.map((table) =>
    base
      .prepare(
        `SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5`.replace(/, 3, 4, 5/, table === 'meta' ? '' : ', 3, 4, 5'),
      )
      .all()
      .map((row) => ({ ...row })),
  )
}
