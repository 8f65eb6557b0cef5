/** Entries that are gone: only what the ledger itself says was dropped is; nobody who can write to its folder makes it say so. */
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { day_ms, ManualClock } from '../../src/base/clock.ts'
import type { DropEntry } from '../../src/domain/drop-entry.ts'
import { dropsIn } from '../../src/ledger/drop/survey.ts'
import { segmentsIn } from '../../src/ledger/leaves.ts'
import { packEntry } from '../../src/ledger/pack.ts'
import { frameHead_bytes, writeFrame } from '../../src/ledger/segment.ts'
import { storePacked } from '../../src/ledger/stored.ts'
import { logPath, sealedLedger, TestKeys, TestLedger, verdictOn } from '../support/sealed-ledger.ts'
import { noon } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'

const later = noon + 401 * day_ms
const entries = 601

interface Old {
  readonly dir: string
  readonly keys: TestKeys
  /** Where each segment begins. */
  readonly firsts: readonly number[]
}

/** A ledger of several segments; `boot` says which version wrote it. */
function ledger(boot: string, keys = new TestKeys('Ed25519')): Old {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, keys, 300, boot)
  return { dir, keys, firsts: segmentsIn(dir).map(({ first }) => first) }
}

interface Start {
  readonly boot?: string
  readonly accept_truncation?: boolean
  readonly clock?: ManualClock
  readonly waits?: number
}

/** A start that goes on for so many seconds; the sentence of one that is refused. */
function start({ dir, keys }: Old, facts: Start = {}): string | null {
  const { boot = 'd-2', accept_truncation = false, clock = new ManualClock(noon), waits = 6 } = facts
  const opened = TestLedger.open({ dir, keys, boot, clock, setup: { accept_truncation } })
  if (!(opened instanceof TestLedger)) return opened.sentence
  for (let second = 0; second < waits; second += 1) opened.wait(1000)
  opened.stop()
  return null
}

function remove({ dir }: Old, ...places: readonly number[]): void {
  const names = segmentsIn(dir).map(({ name }) => name)
  for (const place of places) rmSync(join(dir, names[place] ?? ''))
}

function claim({ dir }: Old, first: number, last: number): void {
  const ranges = [{ first, last, at: noon }]
  writeFileSync(logPath(dir, 'pruned.json'), JSON.stringify({ schema: 'weir.pruned/v1', ranges }))
}

function statements(dir: string): readonly DropEntry[] {
  return [...dropsIn(dir, () => undefined)].map(({ entry }) => entry)
}

/** As a forger who knows the form of segments puts an entry behind the last one of a gateway that stands still. */
function forge({ dir }: Old, entry: DropEntry): void {
  const frame = storePacked(packEntry(entry))
  const bytes = Buffer.alloc(frameHead_bytes + frame.length)
  writeFrame(bytes, 0, frame)
  appendFileSync(join(dir, segmentsIn(dir).at(-1)?.name ?? ''), bytes)
}

/** Retention at work, a year later: the statement it made and sealed. */
function dropped(old: Old): DropEntry {
  for (const { name } of segmentsIn(old.dir)) utimesSync(join(old.dir, name), new Date(noon), new Date(noon))
  expect(start(old, { clock: new ManualClock(later) })).toBeNull()
  const [statement] = statements(old.dir)
  if (!statement) throw new Error('retention says what it drops')
  return statement
}

test('threat 53: a statement about dropped entries that the gateway did not sign is not believed, and is named', async () => {
  const sealed = dropped(ledger('d-1'))
  const old = ledger('d-1')
  const [, second = 0, third = 0] = old.firsts
  remove(old, 1)
  forge(old, { ...sealed, from: second, to: third - 1, kid: 'k1' })
  // It is taken in as what came behind the last checkpoint, and so it is sealed.
  expect(start(old)).toBeNull()
  const { findings, pruned, first_bad } = await verdictOn(old.dir, old.keys)
  expect(findings).toMatchObject([
    { kind: 'drop_unfounded', seq: entries + 1 },
    { kind: 'entries_missing', seq: second, to: third - 1 },
  ])
  expect({ pruned, first_bad }).toEqual({ pruned: [], first_bad: second })
})

test('threat 53: a true statement of another history of the same gateway says nothing in this one', async () => {
  const keys = new TestKeys('Ed25519')
  const elsewhere = dropped(ledger('d-0', keys))
  const old = ledger('d-1', keys)
  remove(old, 0, 1)
  forge(old, elsewhere)
  expect(start(old)).toMatch(/Entries 1 to \d+ in .* are missing, and no entry of the ledger says that retention/)
  const { findings } = await verdictOn(old.dir, keys)
  expect(findings.map(({ kind }) => kind)).toEqual(['drop_unfounded', 'entries_missing'])
})

test('threat 53: a statement that was changed is not believed', async () => {
  const old = ledger('d-1')
  const statement = dropped(old)
  forge(old, { ...statement, from: 1, to: statement.to + 1 })
  expect(start(old, { boot: 'd-3' })).toBeNull()
  expect((await verdictOn(old.dir, old.keys)).findings).toMatchObject([{ kind: 'drop_unfounded' }])
})

test('what an older version dropped is adopted once, by an entry, and whoever verifies is told that nobody signed it', async () => {
  const old = ledger('b1')
  const last = (old.firsts[2] ?? 0) - 1
  remove(old, 0, 1)
  claim(old, 1, last)
  expect((await verdictOn(old.dir, old.keys)).findings).toMatchObject([{ kind: 'entries_missing', seq: 1, to: last }])
  expect(start(old)).toBeNull()
  expect(statements(old.dir)).toMatchObject([{ event: 'adopted', from: 1, to: last, rule: 'log/pruned.json' }])
  const verdict = await verdictOn(old.dir, old.keys)
  expect(verdict).toMatchObject({ ok: true, findings: [], pruned: [{ first: 1, last }] })
  expect(verdict.notes).toEqual([
    expect.stringContaining(`entries 1 to ${last} were dropped by a version that did not`),
  ])
  // The same trick again, and the start does not take it.
  remove(old, 0)
  const next = segmentsIn(old.dir)[0]?.first ?? 0
  claim(old, 1, next - 1)
  expect(start(old, { boot: 'd-3' })).toContain(`Entries ${last + 1} to ${next - 1} in`)
  expect((await verdictOn(old.dir, old.keys)).findings).toMatchObject([
    { kind: 'entries_missing', seq: last + 1, to: next - 1 },
  ])
})

test('a list from an older version is no reason to drop what is there', async () => {
  const old = ledger('b1')
  claim(old, 1, entries - 1)
  const names = segmentsIn(old.dir).map(({ name }) => name)
  expect(start(old)).toBeNull()
  expect(names.every((name) => existsSync(join(old.dir, name)))).toBe(true)
  expect(statements(old.dir)).toEqual([])
  expect((await verdictOn(old.dir, old.keys)).ok).toBe(true)
})

test('entries that are missing at the front keep a gateway from starting; what an operator accepts is an entry', async () => {
  const old = ledger('d-1')
  const [, second = 0, , fourth = 0, fifth = 0] = old.firsts
  remove(old, 0, 3)
  expect(start(old)).toContain(`Entries 1 to ${second - 1} in ${old.dir} are missing`)
  expect(start(old)).toContain('--accept-truncation')
  expect(start(old, { accept_truncation: true })).toBeNull()
  const verdict = await verdictOn(old.dir, old.keys)
  expect(verdict).toMatchObject({ ok: true, findings: [], pruned: [{ last: second - 1 }, { first: fourth }] })
  expect(verdict.notes).toEqual([
    expect.stringContaining(`entries 1 to ${second - 1} are missing: an operator accepted it`),
    expect.stringContaining(`entries ${fourth} to ${fifth - 1} are missing: an operator accepted it`),
  ])
  expect(start(old, { boot: 'd-3' })).toBeNull()
})

const moments = ['written, and not sealed', 'sealed', 'noted in the file', 'half of the files gone'] as const

test.each(moments)('a process that ends when what goes is %s: the next start ends it well', async (moment) => {
  const old = ledger('d-1')
  const copy = join(tempFolder(), 'copy')
  for (const { name } of segmentsIn(old.dir)) utimesSync(join(old.dir, name), new Date(noon), new Date(noon))
  cpSync(old.dir, copy, { recursive: true, preserveTimestamps: true })
  const clock = new ManualClock(later)
  if (moment === 'written, and not sealed') {
    const opened = TestLedger.open({ dir: old.dir, keys: old.keys, boot: 'd-2', clock })
    if (!(opened instanceof TestLedger)) throw new Error(opened.sentence)
    // It looks, it says what goes, and that is written: no checkpoint counts it yet.
    for (let step = 0; step < 40 && statements(old.dir).length === 0; step += 1) opened.wait(100)
    expect(segmentsIn(old.dir)).toHaveLength(old.firsts.length + 1)
  } else {
    expect(start(old, { clock })).toBeNull()
    expect(segmentsIn(old.dir)).toHaveLength(1)
    const names = segmentsIn(copy).map(({ name }) => name)
    const back = moment === 'half of the files gone' ? names.slice(names.length / 2) : names
    for (const name of back) cpSync(join(copy, name), join(old.dir, name), { preserveTimestamps: true })
    if (moment === 'sealed') cpSync(join(copy, 'log', 'pruned.json'), logPath(old.dir, 'pruned.json'))
  }
  expect(statements(old.dir)).toMatchObject([{ from: 1, to: entries }])
  expect(await verdictOn(old.dir, old.keys)).toMatchObject({ ok: true, findings: [] })
  expect(start(old, { boot: 'd-3', clock: new ManualClock(later), waits: 10 })).toBeNull()
  expect(segmentsIn(old.dir)[0]?.first).toBeGreaterThan(entries)
  // With the file of the start that ended, in which the statement was: it is said again.
  const last = entries + 2
  const verdict = await verdictOn(old.dir, old.keys)
  expect(verdict).toMatchObject({ ok: true, findings: [], pruned: [{ first: 1, last }] })
  expect(readFileSync(logPath(old.dir, 'pruned.json'), 'utf8')).toContain(`"last":${last}`)
})
