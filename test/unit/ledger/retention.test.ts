import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { day_ms, ManualClock } from '../../../src/base/clock.ts'
import { type Hold, placeHold, readHolds, releaseHold } from '../../../src/ledger/holds.ts'
import { findLeaf, segmentsIn } from '../../../src/ledger/leaves.ts'
import { inclusionProof, verifyInclusion } from '../../../src/ledger/merkle/proof.ts'
import { TileReader } from '../../../src/ledger/merkle/tiles.ts'
import { newestCheckpoint } from '../../../src/ledger/checkpoint/store.ts'
import type { DropEntry } from '../../../src/domain/drop-entry.ts'
import { readPruned } from '../../../src/ledger/drop/pruned-file.ts'
import { dropsIn } from '../../../src/ledger/drop/survey.ts'
import { choose, LookedInto, type RetentionSettings } from '../../../src/ledger/retention.ts'
import { sealedLedger, TestKeys, TestLedger, verdictOn } from '../../support/sealed-ledger.ts'
import { hop, noon, run } from './entries.ts'
import { tempFolder } from './folder.ts'

const keys = new TestKeys('Ed25519')
const days = { retention_days: 400, max_bytes: null }
const later = noon + 401 * day_ms

/** A ledger whose files were all written at noon but for the last two, which were a year later. */
function oldLedger(): { readonly dir: string; readonly names: readonly string[] } {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, keys, 300)
  const names = segmentsIn(dir).map(({ name }) => name)
  names.forEach((name, place) => {
    const at = new Date(place < names.length - 2 ? noon : later - day_ms)
    utimesSync(join(dir, name), at, at)
  })
  return { dir, names }
}

const hold: Hold = {
  name: 'case-7',
  reason: 'a complaint',
  actor: 'ana',
  placed_at: noon,
  from: noon - 1000,
  until: noon + 1000,
  run: null,
}

let starts = 0

/** A start that retention gets to do what it may in, and as long as it finds something. */
function retain(dir: string, retention: RetentionSettings = days, now = later): void {
  const clock = new ManualClock(now)
  const opened = TestLedger.open({ dir, keys, boot: `d-r${(starts += 1)}`, clock, setup: { retention } })
  if (!(opened instanceof TestLedger)) throw new Error(opened.sentence)
  for (let step = 0; step < 40; step += 1) opened.wait(1000)
  opened.stop()
}

/** Of the segments there were; a start adds one. */
function left(dir: string, names: readonly string[]): readonly string[] {
  return segmentsIn(dir).flatMap(({ name }) => (names.includes(name) ? [name] : []))
}

function statements(dir: string): readonly DropEntry[] {
  return [...dropsIn(dir, () => undefined)].map(({ entry }) => entry)
}

test('whole segments that are old enough go, the roots stay provable, and the verifier says pruned and not broken', async () => {
  const { dir, names } = oldLedger()
  retain(dir)
  expect(left(dir, names)).toEqual(names.slice(-2))
  const last = (segmentsIn(dir)[0]?.first ?? 0) - 1
  expect(statements(dir)).toMatchObject([
    { event: 'dropped', from: 1, to: last, entries: last, rule: 'ledger.retention_days 400', held: 0 },
  ])
  expect(readPruned(join(dir, 'log'))).toMatchObject([{ first: 1, last, entry: 603 }])
  // Two entries more: that it started, and what it dropped.
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({
    ok: true,
    findings: [],
    entries: 603 - last,
    pruned: [{ first: 1, last }],
    notes: [],
  })
})

test('an entry that stayed is proved by tiles alone', () => {
  const { dir } = oldLedger()
  retain(dir)
  const newest = newestCheckpoint(join(dir, 'log'))
  const leaf = findLeaf(dir, 600)
  if (newest === null || typeof newest === 'string' || !leaf) throw new Error('a sealed ledger has a checkpoint')
  const { size, root } = newest
  const proof = inclusionProof(new TileReader(join(dir, 'log')), 599, size) ?? []
  expect(verifyInclusion({ index: 599, size, leaf: leaf.hash, proof, root })).toBe(true)
  expect(findLeaf(dir, 1)).toBeNull()
})

test('a start after pruning goes on, and what was pruned cannot be made up for', async () => {
  const { dir } = oldLedger()
  retain(dir)
  const again = TestLedger.open({ dir, keys, boot: 'b2' })
  if (!(again instanceof TestLedger)) throw new Error(again.sentence)
  again.calls(400, 500)
  again.stop()
  expect((await verdictOn(dir, keys)).ok).toBe(true)
})

test('a hold keeps what it covers, for its time or for its run, until it is released', () => {
  const { dir, names } = oldLedger()
  expect(placeHold(dir, hold)).toBeNull()
  retain(dir)
  expect(left(dir, names)).toEqual(names)
  expect(releaseHold(dir, 'case-7')).toEqual(hold)
  expect(placeHold(dir, { ...hold, from: null, until: null, run: run(1) })).toBeNull()
  retain(dir)
  expect(left(dir, names)).toEqual(names)
  releaseHold(dir, 'case-7')
  placeHold(dir, { ...hold, from: null, until: null, run: run(99) })
  retain(dir)
  expect(left(dir, names)).toEqual(names.slice(-2))
})

test('beyond the most bytes the oldest go, and never the newest or what no checkpoint counts', () => {
  const { dir, names } = oldLedger()
  expect(choose(dir, { now: noon, ...days, max_bytes: 1, sealed: 0, dropped: [] }).free).toEqual([])
  const { free, rule } = choose(dir, { now: noon, ...days, max_bytes: 1, sealed: 601, dropped: [] })
  expect(free.map(({ name }) => name)).toEqual(names.slice(0, -1))
  expect(rule).toBe('ledger.max_bytes 1')
})

test('where nobody can read what is held, nothing goes', () => {
  const { dir, names } = oldLedger()
  writeFileSync(join(dir, 'holds.json'), '{"schema":"weir.holds/v1","holds":[{}]}')
  retain(dir)
  expect(left(dir, names)).toEqual(names)
  expect(readHolds(dir)).toContain('holds.json')
})

test('a hold has one name, a reason and an actor, and an end behind its start', () => {
  const dir = tempFolder()
  expect(placeHold(dir, hold)).toBeNull()
  expect(placeHold(dir, hold)).toContain('already')
  expect(placeHold(dir, { ...hold, name: 'b', reason: '' })).toContain('a reason')
  expect(placeHold(dir, { ...hold, name: 'b', from: 2, until: 1 })).toContain('ends after it starts')
  expect(releaseHold(dir, 'other')).toContain('no hold other')
  expect(readHolds(dir)).toEqual([hold])
  expect(readFileSync(join(dir, 'holds.json'), 'utf8')).toContain('weir.holds/v1')
})

test('files that a hold asks about are read once and a few at a time, and what nobody looked into stays', () => {
  const { dir, names } = oldLedger()
  placeHold(dir, { ...hold, from: null, until: null, run: run(7) })
  const looked = new LookedInto()
  expect(names.length).toBeGreaterThan(6)
  const asked = { now: later, ...days, sealed: 601, dropped: [] }
  const first = choose(dir, asked, looked)
  expect(first).toMatchObject({ isTired: true, held: names.length - 6 })
  expect(first.free.map(({ name }) => name)).toEqual(names.slice(0, 4))
  retain(dir)
  expect(left(dir, names)).toEqual(names.slice(-2))
})

test('a file that says it is old is not believed where its entries are not', () => {
  const { dir, names } = oldLedger()
  const dayAfter = { now: noon + day_ms, ...days, sealed: 601, dropped: [] }
  for (const name of names) utimesSync(join(dir, name), new Date(0), new Date(0))
  expect(choose(dir, dayAfter).free).toEqual([])
})

test('what a hold keeps leaves a gap, and every gap has an entry that is kept, also when entries about older ones go', async () => {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, keys, 300)
  const retainAt = (round: number): void => {
    for (const { name } of segmentsIn(dir)) utimesSync(join(dir, name), new Date(noon), new Date(noon))
    retain(dir, days, noon + 401 * round * day_ms)
  }
  const ranges = (): readonly (readonly [number, number])[] => statements(dir).map(({ from, to }) => [from, to])
  // Only one segment speaks of it.
  placeHold(dir, { ...hold, from: null, until: null, run: hop(150) })
  const before = segmentsIn(dir).map(({ first }) => first)
  retainAt(1)
  const [held = 0] = segmentsIn(dir).map(({ first }) => first)
  const [until, from] = [held - 1, before[before.indexOf(held) + 1] ?? 0]
  expect(ranges().slice(-2)).toEqual([
    [1, until],
    [from, 601],
  ])
  // The entries that said so go themselves, and are said again.
  retainAt(2)
  expect(ranges()).toEqual([
    [1, until],
    [from, 604],
  ])
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, findings: [], pruned: [{ last: until }, { last: 604 }] })
  // The file is a help and nothing more.
  rmSync(join(dir, 'log', 'pruned.json'))
  releaseHold(dir, 'case-7')
  retainAt(3)
  expect(ranges()).toEqual([[1, 607]])
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, findings: [], pruned: [{ first: 1, last: 607 }] })
})
