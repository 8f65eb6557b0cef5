import { readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { day_ms } from '../../../src/base/clock.ts'
import { type Hold, placeHold, readHolds, releaseHold } from '../../../src/ledger/holds.ts'
import { segmentsIn } from '../../../src/ledger/leaves.ts'
import { inclusionProof, verifyInclusion } from '../../../src/ledger/merkle/proof.ts'
import { TileReader } from '../../../src/ledger/merkle/tiles.ts'
import { findLeaf } from '../../../src/ledger/leaves.ts'
import { newestCheckpoint } from '../../../src/ledger/checkpoint/store.ts'
import { LookedInto, prune, readPruned } from '../../../src/ledger/retention.ts'
import { sealedLedger, TestKeys, TestLedger, verdictOn } from '../../support/sealed-ledger.ts'
import { noon, run } from './entries.ts'
import { tempFolder } from './folder.ts'

const keys = new TestKeys('Ed25519')
const days = { retention_days: 400, max_bytes: null, sealed: 601 }
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

test('whole segments that are old enough go, the roots stay provable, and the verifier says pruned and not broken', async () => {
  const { dir, names } = oldLedger()
  prune(dir, { now: later, ...days })
  const kept = segmentsIn(dir)
  expect(kept.map(({ name }) => name)).toEqual(names.slice(-2))
  const [first] = kept
  const last = (first?.first ?? 0) - 1
  expect(readPruned(dir)).toEqual([{ first: 1, last, at: later }])
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: true, entries: 601 - last, pruned: [{ first: 1, last }] })
})

test('an entry that stayed is proved by tiles alone', () => {
  const { dir } = oldLedger()
  prune(dir, { now: later, ...days })
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
  prune(dir, { now: later, ...days })
  const again = TestLedger.open({ dir, keys, boot: 'b2' })
  if (!(again instanceof TestLedger)) throw new Error(again.sentence)
  again.calls(400, 500)
  again.stop()
  expect((await verdictOn(dir, keys)).ok).toBe(true)
})

/** As often as there is something left to look into. */
function pruneAll(dir: string): void {
  const looked = new LookedInto()
  while (prune(dir, { now: later, ...days }, looked)) continue
}

test('a hold keeps what it covers, for its time or for its run, until it is released', () => {
  const { dir, names } = oldLedger()
  const left = (): readonly string[] => segmentsIn(dir).map(({ name }) => name)
  expect(placeHold(dir, hold)).toBeNull()
  pruneAll(dir)
  expect(left()).toEqual(names)
  expect(releaseHold(dir, 'case-7')).toEqual(hold)
  expect(placeHold(dir, { ...hold, from: null, until: null, run: run(1) })).toBeNull()
  pruneAll(dir)
  expect(left()).toEqual(names)
  releaseHold(dir, 'case-7')
  placeHold(dir, { ...hold, from: null, until: null, run: run(99) })
  pruneAll(dir)
  expect(left()).toEqual(names.slice(-2))
})

test('beyond the most bytes the oldest go, and never the newest or what no checkpoint counts', () => {
  const { dir, names } = oldLedger()
  prune(dir, { now: noon, retention_days: 400, max_bytes: 1, sealed: 0 })
  expect(segmentsIn(dir)).toHaveLength(names.length)
  prune(dir, { now: noon, retention_days: 400, max_bytes: 1, sealed: 601 })
  expect(segmentsIn(dir).map(({ name }) => name)).toEqual(names.slice(-1))
})

test('where nobody can read what is held, nothing goes', () => {
  const { dir, names } = oldLedger()
  writeFileSync(join(dir, 'holds.json'), '{"schema":"weir.holds/v1","holds":[{}]}')
  prune(dir, { now: later, ...days })
  expect(segmentsIn(dir)).toHaveLength(names.length)
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

test('a list of what was dropped does not hide that the end was cut off', async () => {
  const { dir, names } = oldLedger()
  const [first] = segmentsIn(dir).slice(-2)
  for (const name of names.slice(-2)) rmSync(join(dir, name))
  const ranges = [{ first: first?.first ?? 0, last: 10_000, at: noon }]
  writeFileSync(join(dir, 'log', 'pruned.json'), JSON.stringify({ schema: 'weir.pruned/v1', ranges }))
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: false, pruned: [] })
  expect(verdict.findings).toMatchObject([{ kind: 'entries_missing', seq: first?.first, to: 601 }])
})

test('files that a hold asks about are read once and a few at a time, and what nobody looked into stays', () => {
  const { dir, names } = oldLedger()
  placeHold(dir, { ...hold, from: null, until: null, run: run(7) })
  const looked = new LookedInto()
  expect(names.length).toBeGreaterThan(6)
  expect(prune(dir, { now: later, ...days }, looked)).toBe(true)
  const left = segmentsIn(dir).map(({ name }) => name)
  expect(left).toEqual(names.slice(4))
  while (prune(dir, { now: later, ...days }, looked)) continue
  expect(segmentsIn(dir).map(({ name }) => name)).toEqual(names.slice(-2))
})
