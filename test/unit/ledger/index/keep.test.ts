import { appendFileSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { ManualClock } from '../../../../src/base/clock.ts'
import { takeLock } from '../../../../src/base/instance-lock.ts'
import type { LedgerEntry } from '../../../../src/domain/record.ts'
import { openIndexHere } from '../../../../src/ledger/index/here.ts'
import { Keeper } from '../../../../src/ledger/index/keep.ts'
import { indexPath } from '../../../../src/ledger/index/path.ts'
import { lastSeq } from '../../../../src/ledger/last-seq.ts'
import { segmentName } from '../../../../src/ledger/segment.ts'
import { call, hop } from '../entries.ts'
import { tempFolder } from '../folder.ts'
import { segmentOf } from '../segments.ts'

function calls(from: number, to: number): readonly LedgerEntry[] {
  return Array.from({ length: to - from + 1 }, (_, place) => call(hop(from + place)))
}

function write(state: string, from: number, to: number, boot = 'b1'): void {
  mkdirSync(join(state, 'ledger'), { recursive: true })
  writeFileSync(join(state, 'ledger', segmentName(from)), segmentOf(calls(from, to), from, boot))
}

function keeping(state: string) {
  const said: string[] = []
  const keeper = new Keeper({
    dir: join(state, 'ledger'),
    path: indexPath(state),
    retention: { index_days: 36_500, index_hops: 1e9 },
    clock: new ManualClock(),
    say: (sentence) => said.push(sentence),
  })
  return { keeper, said }
}

/** How far it comes, and what it says on the way. */
async function catchUp(state: string): Promise<readonly [seq: number, hops: number, ...said: string[]]> {
  const { keeper, said } = keeping(state)
  await keeper.catchUp()
  const { seq } = keeper
  keeper.close()
  const base = new DatabaseSync(indexPath(state), { readOnly: true })
  const hops = Number(base.prepare('SELECT count(*) AS number FROM hops').get()?.['number'])
  base.close()
  return [seq, hops, ...said]
}

function change(state: string, statement: string): void {
  const base = new DatabaseSync(indexPath(state))
  base.exec(statement)
  base.close()
}

test('an index goes on where it was', async () => {
  const state = tempFolder()
  write(state, 1, 5)
  expect(await catchUp(state)).toEqual([5, 5])
  write(state, 6, 9, 'b2')
  expect(await catchUp(state)).toEqual([9, 9])
})

test.each([
  ['of an older version', 'PRAGMA user_version = -1'],
  ['without a table', 'DROP TABLE edges'],
  ['with other columns', 'ALTER TABLE hops DROP COLUMN detail'],
  ['of another ledger', `UPDATE meta SET value = 'b0' WHERE key = 'boot'`],
])('an index %s is thrown away, built anew, and that is said', async (_, statement) => {
  const state = tempFolder()
  write(state, 1, 5)
  await catchUp(state)
  change(state, statement)
  expect(await catchUp(state)).toEqual([5, 5, expect.stringContaining('built anew')])
})

test('an index that has more than the ledger is of another one', async () => {
  const state = tempFolder()
  write(state, 1, 9)
  await catchUp(state)
  write(state, 1, 3)
  expect(await catchUp(state)).toEqual([3, 3, expect.stringContaining('another ledger')])
})

test('an index of a newer program is left alone', async () => {
  const state = tempFolder()
  write(state, 1, 5)
  await catchUp(state)
  change(state, 'PRAGMA user_version = 99')
  await expect(catchUp(state)).rejects.toThrow('newer')
  expect(await openIndexHere(state)).toMatchObject({
    kind: 'index_problem',
    sentence: expect.stringContaining('newer') as string,
  })
})

test('what the ledger no longer has is said once and passed over', async () => {
  const state = tempFolder()
  write(state, 4, 6)
  expect(await catchUp(state)).toEqual([
    6,
    3,
    'the ledger has no entries 1 to 3: entries that are no longer there or cannot be read',
  ])
  expect(await catchUp(state)).toEqual([6, 3])
})

test('a full disk loses nothing: what was not written is written later', async () => {
  const state = tempFolder()
  write(state, 1, 5)
  await catchUp(state)
  write(state, 6, 9, 'b2')
  change(state, `CREATE TRIGGER full BEFORE INSERT ON hops WHEN new.n = 8 BEGIN SELECT RAISE(ABORT, 'full'); END`)
  await expect(catchUp(state)).rejects.toThrow('full')
  change(state, 'DROP TRIGGER full')
  expect(await catchUp(state)).toEqual([9, 9])
})

test('where somebody else holds the state directory, what is there is read, and how much is missing is said', async () => {
  const state = tempFolder()
  write(state, 1, 5)
  const lock = takeLock(state)
  if (typeof lock === 'string') throw new Error(lock)
  expect(await openIndexHere(state)).toMatchObject({ kind: 'index_problem' })
  await catchUp(state)
  write(state, 6, 9, 'b2')
  appendFileSync(join(state, 'ledger', segmentName(6)), 'half a frame')
  const here = await openIndexHere(state)
  if (here.kind === 'index_problem') throw new Error(here.sentence)
  expect([here.behind, here.queries.state({})]).toMatchObject([4, { seq: 5 }])
  here.close()
  lock.release()
  const again = await openIndexHere(state)
  if (again.kind === 'index_problem') throw new Error(again.sentence)
  expect([again.behind, again.queries.state({})]).toMatchObject([0, { seq: 9 }])
  again.close()
})

test('where there is no ledger there is no index, and none is made', async () => {
  const state = join(tempFolder(), 'none')
  expect(await openIndexHere(state)).toMatchObject({
    kind: 'index_problem',
    sentence: expect.stringContaining('no ledger') as string,
  })
  expect(existsSync(state)).toBe(false)
})

test('an index whose file went on is read on from its last byte, and from the beginning where that was cut', async () => {
  const state = tempFolder()
  write(state, 1, 5)
  await catchUp(state)
  const known = { seq: 5, byte: statSync(join(state, 'ledger', segmentName(1))).size }
  write(state, 1, 9)
  expect(await lastSeq(join(state, 'ledger'), known)).toBe(9)
  expect(await lastSeq(join(state, 'ledger'), { seq: 7, byte: known.byte })).toBe(11)
  expect(await lastSeq(join(state, 'ledger'), { ...known, byte: known.byte - 1 })).toBe(9)
  expect(await lastSeq(join(state, 'ledger'), { ...known, byte: 1e9 })).toBe(9)
  change(state, `UPDATE meta SET value = '1000000' WHERE key = 'end'`)
  expect(await catchUp(state)).toEqual([9, 9])
})
