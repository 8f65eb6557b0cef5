import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Database } from '../../../src/tasks/database.ts'
import { runKeeper } from '../../../src/tasks/keeper.ts'
import type { KeeperNews, KeeperOrder, ShelfName } from '../../../src/tasks/shelves.ts'
import { tempFolder } from '../ledger/folder.ts'

function open(file: string): Database {
  const database = new Database(file)
  onTestFinished(() => database.close())
  return database
}

const rows = (database: Database, shelf: ShelfName = 'tasks') => [...database.read(shelf)]

describe('a database of tasks', () => {
  test('does all of a write or nothing, and goes on after one that failed', () => {
    const database = open(join(tempFolder(), 'tasks.db'))
    database.write([
      ['tasks', 2, 'b'],
      ['tasks', 1, 'a'],
      ['memos', 1, 'm'],
    ])
    // A number that is none is not taken by the table.
    const bad = [
      ['tasks', 3, 'c'],
      ['tasks', 1.5, 'd'],
    ] as const
    expect(() => database.write(bad)).toThrow('mismatch')
    database.write([
      ['tasks', 1, 'A'],
      ['tasks', 2, null],
      ['tasks', 9, null],
      ['tasks', 2 ** 48, 'far'],
    ])
    expect(rows(database)).toEqual([
      [1, 'A'],
      [2 ** 48, 'far'],
    ])
    expect(rows(database, 'memos')).toEqual([[1, 'm']])
  })

  test('keeps any text as it is', () => {
    const file = join(tempFolder(), 'tasks.db')
    const text = JSON.stringify(['\0', "'; DROP TABLE tasks", '\ud800', 'é🦊', '\n'])
    const first = open(file)
    first.write([['tasks', 1, text]])
    first.close()
    expect(rows(open(file))).toEqual([[1, text]])
  })

  test('is not opened by two at once, nor where it was written by a newer Weir', () => {
    const file = join(tempFolder(), 'tasks.db')
    const first = open(file)
    first.write([['tasks', 1, 'a']])
    expect(() => new Database(file)).toThrow('locked')
    first.close()
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(() => new Database(file)).toThrow('newer Weir')
  })
})

/** The thread of the tasks without a thread: what it says to what it is told. */
function keeperOn(file: string) {
  const said: KeeperNews[] = []
  const ears: ((order: KeeperOrder) => void)[] = []
  let closed = false
  runKeeper(
    { file },
    { tell: (news) => said.push(news), hear: (heard) => ears.push(heard), close: () => (closed = true) },
  )
  const tell = (order: KeeperOrder): void => ears.forEach((heard) => heard(order))
  onTestFinished(() => tell({ kind: 'stop' }))
  return { said, tell, isClosed: () => closed }
}

describe('the keeper', () => {
  test('hands over what is there, answers each write, and ends when it is told', () => {
    const file = join(tempFolder(), 'state', 'tasks.db')
    const first = keeperOn(file)
    expect(first.said.at(-1)).toEqual({ kind: 'ready' })
    const changes = Array.from({ length: 1200 }, (_, n) => ['tasks', n + 1, `row ${n + 1}`] as const)
    first.tell({ kind: 'write', changes })
    expect(first.said.at(-1)).toEqual({ kind: 'written', problem: null })
    first.tell({ kind: 'stop' })
    expect(first.isClosed()).toBe(true)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const handed = keeperOn(file).said.flatMap((news) =>
      news.kind === 'rows' && news.shelf === 'tasks' ? news.rows : [],
    )
    expect(handed).toEqual(changes.map(([, no, text]) => [no, text]))
  })

  test('says which file cannot be opened, and keeps the gateway out of what is no database', () => {
    const file = join(tempFolder(), 'tasks.db')
    writeFileSync(file, 'this is not a database, however long it may be\n'.repeat(100))
    expect(keeperOn(file).said).toEqual([
      { kind: 'refused', sentence: `the tasks in ${file} cannot be kept: file is not a database` },
    ])
    rmSync(file)
    mkdirSync(file)
    expect(keeperOn(file).said).toMatchObject([{ kind: 'refused' }])
  })

  test('says that a write failed, and takes the next', () => {
    const keeper = keeperOn(join(tempFolder(), 'tasks.db'))
    keeper.tell({ kind: 'write', changes: [['tasks', 1.5, 'a']] })
    expect(keeper.said.at(-1)).toMatchObject({
      kind: 'written',
      problem: expect.stringContaining('cannot be kept') as string,
    })
    keeper.tell({ kind: 'write', changes: [['tasks', 1, 'a']] })
    expect(keeper.said.at(-1)).toEqual({ kind: 'written', problem: null })
  })
})
