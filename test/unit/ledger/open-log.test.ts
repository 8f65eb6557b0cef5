import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ringMemory } from '../../../src/base/ring.ts'
import { newestCheckpoint, pastCheckpoints } from '../../../src/ledger/checkpoint/store.ts'
import { findLeaf, segmentsIn } from '../../../src/ledger/leaves.ts'
import { runWriter, type WriterNews } from '../../../src/ledger/run-writer.ts'
import { segmentName } from '../../../src/ledger/segment.ts'
import { Status } from '../../../src/ledger/status.ts'
import { logPath, sealedLedger, TestKeys, TestLedger, verdictOn } from '../../support/sealed-ledger.ts'
import { bootEntry, call, hop, intent } from './entries.ts'
import { tempFolder } from './folder.ts'
import { asVersion1, segmentOf } from './segments.ts'

const keys = new TestKeys('Ed25519')

function ledger(calls = 300): string {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, keys, calls)
  return dir
}

function open(dir: string, facts: { readonly boot?: string; readonly accept_truncation?: boolean } = {}): TestLedger {
  const { boot = 'b2', accept_truncation = false } = facts
  const opened = TestLedger.open({ dir, keys, boot, setup: { accept_truncation } })
  if (!(opened instanceof TestLedger)) throw new Error(opened.sentence)
  return opened
}

function sizeIn(dir: string): number {
  const newest = newestCheckpoint(join(dir, 'log'))
  return newest === null || typeof newest === 'string' ? -1 : newest.size
}

test('a ledger from before the log is taken in at its first start, and every entry of it is proved', async () => {
  const dir = tempFolder()
  const entries = Array.from({ length: 700 }, (_, place) => intent(hop(place)))
  writeFileSync(join(dir, segmentName(1)), segmentOf([bootEntry('b1'), ...entries.slice(0, 400)], 1))
  writeFileSync(join(dir, segmentName(402)), segmentOf(entries.slice(400), 402))
  open(dir).stop()
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, entries: 702, unsealed: 0, boots: 2 })
  expect(findLeaf(dir, 402)?.text).toContain('"gw":null')
})

test('the log goes on from start to start, also where the last one did not seal', async () => {
  const dir = ledger()
  const second = open(dir)
  second.calls(301, 330)
  // Killed: nothing was sealed since the start.
  expect(sizeIn(dir)).toBe(601)
  const third = open(dir, { boot: 'b3' })
  expect(sizeIn(dir)).toBe(662)
  third.stop()
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, entries: 663, unsealed: 0, boots: 3 })
})

test('entries behind the checkpoint of a gateway that runs are not yet sealed, and nothing is wrong with that', async () => {
  const dir = ledger()
  open(dir).calls(301, 310)
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, entries: 622, unsealed: 21 })
})

test('a ledger that lost its end does not start, says which entries are missing, and nothing is cut off', () => {
  const dir = ledger()
  const { name, first } = segmentsIn(dir).at(-1) ?? { name: '', first: 0 }
  truncateSync(join(dir, name), readFileSync(join(dir, name)).length - 40)
  expect(() => open(dir)).toThrow(/counts 601 entries and .* ends with entry 600: entries 601 to 601 are missing/)
  expect(readdirSync(dir).filter((file) => file.endsWith('.cut'))).toEqual([])
  rmSync(join(dir, name))
  expect(() => open(dir)).toThrow(`entries ${first} to 601 are missing`)
})

test('an operator accepts a loss: the ledger goes on, and says so to whoever verifies it', async () => {
  const dir = ledger()
  const outside = [{ name: 'anchor', text: readFileSync(logPath(dir, 'checkpoint'), 'utf8') }]
  const { name, first } = segmentsIn(dir).at(-1) ?? { name: '', first: 0 }
  rmSync(join(dir, name))
  const again = open(dir, { accept_truncation: true })
  again.add({ kind: 'log', v: 1, ts: 1, event: 'truncated', had: 601, root: 'x', kept: first - 1 })
  again.calls(900, 1100)
  again.stop()
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: true, findings: [] })
  expect(verdict.notes).toEqual([expect.stringContaining(`with ${first - 1} of the 601 entries`)])
  expect([...pastCheckpoints(join(dir, 'log'), 'truncated')].length).toBeGreaterThan(0)
  expect((await verdictOn(dir, keys, { outside })).findings).toMatchObject([{ kind: 'outside_differs', to: 601 }])
})

test('an entry that was changed before the start keeps the gateway from starting', () => {
  const dir = ledger()
  const { name, first } = segmentsIn(dir).at(-1) ?? { name: '', first: 0 }
  const other = segmentOf([intent(hop(1)), call(hop(1))], first)
  writeFileSync(join(dir, name), other)
  expect(() => open(dir)).toThrow(/entries .* are missing/)
  const many = Array.from({ length: 100 }, (_, place) => intent(hop(place)))
  writeFileSync(join(dir, name), segmentOf(many, first))
  expect(() => open(dir)).toThrow(`Entry ${first} in ${name} at offset`)
})

test('a log whose checkpoint is gone is not taken for a new one', () => {
  const dir = ledger()
  rmSync(join(dir, 'log'), { recursive: true })
  expect(() => open(dir)).toThrow('its checkpoint log/checkpoint is gone')
})

test('tiles that are damaged or lost are made again where the entries lead to the checkpoint', async () => {
  const dir = ledger()
  rmSync(join(dir, 'log', 'tile'), { recursive: true })
  open(dir).stop()
  expect((await verdictOn(dir, keys)).ok).toBe(true)
})

test('the log keeps the name of its first checkpoint', () => {
  const dir = ledger(4)
  const opened = TestLedger.open({ dir, keys, boot: 'b2', setup: { origin: 'other.test/ledger' } })
  if (opened instanceof TestLedger) opened.stop()
  expect(newestCheckpoint(join(dir, 'log'))).toMatchObject({ origin: 'weir.test/ledger', size: 10 })
})

test('a start after a copy was restored goes on only from where the checkpoint was', () => {
  const dir = ledger()
  const copy = join(tempFolder(), 'copy')
  cpSync(dir, copy, { recursive: true })
  open(dir).stop()
  cpSync(logPath(dir, 'checkpoint'), logPath(copy, 'checkpoint'))
  expect(() => open(copy)).toThrow('entries 602 to 602 are missing')
})

test('a history that somebody else made is not signed by this gateway, unless an operator says so in the ledger', async () => {
  const dir = join(tempFolder(), 'ledger')
  sealedLedger(dir, new TestKeys('Ed25519'), 300)
  expect(() => open(dir)).toThrow('No key of this gateway signed the checkpoint')
  rmSync(logPath(dir, 'history'), { recursive: true })
  const again = open(dir, { accept_truncation: true })
  again.add({ kind: 'log', v: 1, ts: 1, event: 'truncated', had: 601, root: 'x', kept: 601 })
  again.stop()
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: true, findings: [] })
  expect(verdict.notes).toEqual([expect.stringContaining('with 601 of the 601 entries')])
  open(dir, { boot: 'b3' }).stop()
})

test('whoever writes without the log neither cuts nor numbers anew what was sealed', () => {
  const dir = ledger()
  const path = join(dir, segmentsIn(dir).at(-1)?.name ?? '')
  truncateSync(path, readFileSync(path).length - 10)
  const before = readFileSync(path)
  const status = new SharedArrayBuffer(Status.bytes)
  new Status(status).stop()
  const news: WriterNews[] = []
  const limits = { segment_bytes: 20_000, min_free_bytes: 0 }
  const setup = { dir, boot: 'b2', gw: '', ring: ringMemory(1_048_576), status, ...limits, log: null }
  runWriter(setup, (each) => news.push(each))
  expect(news).toHaveLength(1)
  expect(news[0]?.kind === 'refused' && news[0].detail).toContain('Entries 601 to 601')
  expect(readFileSync(path).equals(before)).toBe(true)
})

/** What a checkpoint elsewhere makes of a start: its sentence, or null where it goes on. */
function startWith(dir: string, anchor: string): string | null {
  const files = join(tempFolder(), 'anchor')
  writeFileSync(files, anchor)
  const setup = { anchors: { files: [files], every_s: 60 } }
  const opened = TestLedger.open({ dir, keys, boot: 'b9', setup })
  if (!(opened instanceof TestLedger)) return opened.sentence
  opened.stop()
  return null
}

const checkpointOf = (dir: string): string => readFileSync(logPath(dir, 'checkpoint'), 'utf8')

test('a checkpoint elsewhere that this log goes on from is no obstacle, also where the own one is older', () => {
  const dir = ledger()
  const old = checkpointOf(dir)
  open(dir).stop()
  const newer = checkpointOf(dir)
  expect(startWith(dir, old)).toBeNull()
  // As a copy that was made while the gateway ran: the entries are all there.
  writeFileSync(logPath(dir, 'checkpoint'), old)
  expect(startWith(dir, newer)).toBeNull()
})

test('a checkpoint elsewhere tells of a log that is gone, cut off or written anew, and a stranger tells nothing', () => {
  const dir = ledger()
  const longer = ledger(320)
  expect(startWith(dir, checkpointOf(longer))).toMatch(/counts 641 entries, and here are 601: an older state was put/)
  expect(startWith(longer, checkpointOf(dir))).toBeNull()
  const other = join(tempFolder(), 'ledger')
  sealedLedger(other, keys, 300, 'b2')
  expect(startWith(dir, checkpointOf(other))).toContain('have another root: they were written anew')
  const foreign = join(tempFolder(), 'ledger')
  sealedLedger(foreign, new TestKeys('Ed25519'), 320)
  expect(startWith(dir, checkpointOf(foreign))).toBeNull()
  const note = checkpointOf(dir)
  rmSync(join(dir, 'log'), { recursive: true })
  for (const { name } of segmentsIn(dir)) writeFileSync(join(dir, name), asVersion1(readFileSync(join(dir, name))))
  expect(startWith(dir, note)).toContain('counts 602 entries, and log/checkpoint is gone')
  expect(readdirSync(dir)).not.toContain('log')
})
