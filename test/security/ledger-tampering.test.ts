/** Everything that can be done to a ledger behind its back, and that each of it is found, with the first entry that is wrong. */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readStored, storeFrame } from '../../src/ledger/stored.ts'
import { frameAt, frameHead_bytes, readFront, segmentName, writeFrame } from '../../src/ledger/segment.ts'
import { readIfThere } from '../../src/ledger/merkle/tiles.ts'
import { bootEntry, noon } from '../unit/ledger/entries.ts'
import { tempFolder } from '../unit/ledger/folder.ts'
import { logPath, sealedLedger, TestKeys, TestLedger, verdictOn } from '../support/sealed-ledger.ts'

function ledger(calls = 400): { readonly dir: string; readonly keys: TestKeys } {
  const dir = join(tempFolder(), 'ledger')
  const keys = new TestKeys('Ed25519')
  sealedLedger(dir, keys, calls)
  return { dir, keys }
}

function segments(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.wlog'))
    .toSorted()
}

/** The frames of a segment, as a forger sees them. */
function framesOf(bytes: Buffer): {
  readonly front: Buffer
  readonly first: number
  readonly frames: Uint8Array[]
  readonly offsets: number[]
} {
  const front = readFront(bytes)
  if (typeof front === 'string') throw new Error(front)
  const frames: Uint8Array[] = []
  const offsets: number[] = []
  for (let at = front.start; ;) {
    const frame = frameAt(bytes, at)
    if (frame.kind !== 'frame')
      return { front: bytes.subarray(0, front.start), first: front.header.first, frames, offsets }
    frames.push(frame.payload)
    offsets.push(at)
    at = frame.next
  }
}

/** Writes the frames with right checksums: a forger knows how. */
function forge(path: string, change: (frames: Uint8Array[]) => readonly Uint8Array[]): number {
  const { front, first, frames } = framesOf(readFileSync(path))
  const parts = change(frames).map((frame) => {
    const bytes = Buffer.alloc(frameHead_bytes + frame.length)
    writeFrame(bytes, 0, frame)
    return bytes
  })
  writeFileSync(path, Buffer.concat([front, ...parts]))
  return first
}

function altered(frame: Uint8Array): Uint8Array {
  const row = [...(readStored(frame)?.row ?? [])]
  row[2] = Number(row[2]) + 1
  return storeFrame(row, null)
}

function flip(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

test('threat 53: a ledger that nobody touched has nothing wrong with it', async () => {
  const { dir, keys } = ledger()
  const verdict = await verdictOn(dir, keys)
  expect(verdict).toMatchObject({ ok: true, findings: [], entries: 801, unsealed: 0, pruned: [], boots: 1 })
  expect(verdict.checkpoint).toMatchObject({ origin: 'weir.test/ledger', size: 801, signedBy: [{ kid: 'k1' }] })
  expect(verdict.segments).toBeGreaterThan(5)
  expect(verdict.checkpoints).toBeGreaterThan(1)
})

test('threat 53: one flipped bit in a segment is named by its entry, its file and its offset', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir)[2] ?? ''
  const { first, offsets } = framesOf(readFileSync(join(dir, file)))
  flip(join(dir, file), (offsets[5] ?? 0) + frameHead_bytes + 30)
  const { findings, first_bad } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([
    { kind: 'entry_unreadable', seq: first + 5, to: first + 5, file, offset: offsets[5] },
  ])
  expect(first_bad).toBe(first + 5)
})

test('threat 53: an entry that was changed, with its checksum made right, is named', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir)[1] ?? ''
  const first = forge(join(dir, file), (frames) => frames.map((frame, at) => (at === 3 ? altered(frame) : frame)))
  const { findings } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([{ kind: 'entry_changed', seq: first + 3, to: first + 3, file }])
})

test('threat 53: an entry changed in the unfinished last tile is named too', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir).at(-1) ?? ''
  const first = forge(join(dir, file), (frames) => frames.map((frame, at) => (at === 1 ? altered(frame) : frame)))
  const { findings } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([{ kind: 'entry_changed', seq: first + 1, to: first + 1, file }])
})

test('threat 53: two entries that were swapped are both named', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir)[1] ?? ''
  const first = forge(join(dir, file), ([a, b, ...rest]) => [b, a, ...rest].filter((frame) => frame !== undefined))
  const { findings, first_bad } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([{ kind: 'entry_changed', seq: first, to: first + 1, file }])
  expect(first_bad).toBe(first)
})

test('threat 53: an entry that was taken out of the middle is the first that is wrong', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir)[2] ?? ''
  const first = forge(join(dir, file), (frames) => frames.toSpliced(4, 1))
  const { findings, first_bad } = await verdictOn(dir, keys)
  expect(first_bad).toBe(first + 4)
  expect(findings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['entry_changed', 'entries_missing']))
})

test('threat 53: an entry that was put in between is found', async () => {
  const { dir, keys } = ledger()
  const file = segments(dir)[2] ?? ''
  const first = forge(join(dir, file), (frames) => frames.toSpliced(4, 0, altered(frames[4] ?? new Uint8Array())))
  const { first_bad } = await verdictOn(dir, keys)
  expect(first_bad).toBe(first + 4)
})

test('threat 53: a segment that was deleted is missing, and not taken for pruned', async () => {
  const { dir, keys } = ledger()
  const [, second = '', third = ''] = segments(dir)
  rmSync(join(dir, second))
  const [seq, to] = [Number.parseInt(second, 10), Number.parseInt(third, 10) - 1]
  const { findings, pruned, first_bad } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([{ kind: 'entries_missing', seq, to }])
  expect({ pruned, first_bad }).toEqual({ pruned: [], first_bad: seq })
})

test('threat 53: a file that says retention dropped it is not believed about a segment that somebody deleted', async () => {
  for (const place of [0, 1, 3]) {
    const { dir, keys } = ledger()
    const names = segments(dir)
    const [gone = '', next = ''] = names.slice(place, place + 2)
    const [first, last] = [Number.parseInt(gone, 10), Number.parseInt(next, 10) - 1]
    rmSync(join(dir, gone))
    for (const schema of ['weir.pruned/v1', 'weir.pruned/v2']) {
      const ranges = [{ first, last, at: noon, entry: 801 }]
      writeFileSync(logPath(dir, 'pruned.json'), JSON.stringify({ schema, ranges }))
      const { findings, pruned, first_bad } = await verdictOn(dir, keys)
      expect(findings).toMatchObject([{ kind: 'entries_missing', seq: first, to: last }])
      expect({ pruned, first_bad }).toEqual({ pruned: [], first_bad: first })
    }
  }
})

test('threat 53: an end that was cut off is missing, whether by whole files or within one', async () => {
  for (const cut of ['file', 'frames'] as const) {
    const { dir, keys } = ledger()
    const last = join(dir, segments(dir).at(-1) ?? '')
    const { first, offsets } = framesOf(readFileSync(last))
    if (cut === 'file') rmSync(last)
    else truncateSync(last, offsets[2])
    const seq = cut === 'file' ? first : first + 2
    const { findings, first_bad } = await verdictOn(dir, keys)
    expect(findings).toMatchObject([{ kind: 'entries_missing', seq, to: 801 }])
    expect(first_bad).toBe(seq)
  }
})

test('a newest file without its front is one that a gateway was about to write, and nothing is wrong with that', async () => {
  const { dir, keys } = ledger()
  writeFileSync(join(dir, segmentName(802)), '')
  expect(await verdictOn(dir, keys)).toMatchObject({ ok: true, entries: 801 })
  rmSync(join(dir, segmentName(802)))
  writeFileSync(join(dir, segments(dir).at(-1) ?? ''), '')
  expect((await verdictOn(dir, keys)).findings[0]).toMatchObject({ kind: 'entry_unreadable' })
})

test('threat 53: one flipped bit in a tile is the fault of the tile and not of the entry', async () => {
  for (const [file, seq] of [
    ['tile/0/001', 256 + 8],
    ['tile/0/003.p/33', 768 + 8],
  ] as const) {
    const { dir, keys } = ledger()
    flip(logPath(dir, file), 7 * 32 + 3)
    const { findings, first_bad } = await verdictOn(dir, keys)
    expect(findings).toMatchObject([{ kind: 'tile_damaged', file: `log/${file}`, offset: 7 * 32, seq }])
    expect(first_bad).toBe(seq)
  }
})

test('threat 53: one flipped bit in a tile of a higher level is found', async () => {
  const { dir, keys } = ledger()
  flip(logPath(dir, 'tile/1/000.p/3'), 40)
  const { findings } = await verdictOn(dir, keys)
  expect(findings).toMatchObject([{ kind: 'tile_damaged', file: 'log/tile/1/000.p/3', seq: 257, to: 512 }])
})

test('threat 53: any flipped bit of the checkpoint makes it one that does not count', async () => {
  const { dir, keys } = ledger(4)
  const text = readFileSync(logPath(dir, 'checkpoint'))
  for (let at = 0; at < text.length; at += 1) {
    writeFileSync(logPath(dir, 'checkpoint'), text)
    flip(logPath(dir, 'checkpoint'), at)
    expect((await verdictOn(dir, keys)).ok, `byte ${at}`).toBe(false)
  }
})

test('threat 53: a checkpoint that another key signed does not count', async () => {
  const { dir, keys } = ledger()
  const other = new TestKeys('Ed25519')
  const { findings } = await verdictOn(dir, other)
  expect(findings[0]).toMatchObject({ kind: 'checkpoint_unsigned', file: 'log/checkpoint' })
  expect((await verdictOn(dir, keys)).ok).toBe(true)
})

test('threat 53: an old state that was restored whole is found by a checkpoint from outside', async () => {
  const { dir, keys } = ledger()
  const old = join(tempFolder(), 'old')
  cpSync(dir, old, { recursive: true })
  const again = TestLedger.open({ dir, keys, boot: 'b2' })
  if (!(again instanceof TestLedger)) throw new Error(again.sentence)
  again.calls(500, 510)
  again.stop()
  const text = readFileSync(logPath(dir, 'checkpoint'), 'utf8')
  expect((await verdictOn(old, keys)).ok).toBe(true)
  const { findings, first_bad } = await verdictOn(old, keys, { outside: [{ name: 'anchor', text }] })
  expect(findings).toMatchObject([{ kind: 'outside_ahead', seq: 802, to: 824 }])
  expect(first_bad).toBe(802)
})

test('threat 53: a history that was written anew and signed with the right key is found by a checkpoint from outside', async () => {
  const { dir, keys } = ledger()
  const text = readFileSync(logPath(dir, 'checkpoint'), 'utf8')
  const forged = join(tempFolder(), 'ledger')
  const again = TestLedger.open({ dir: forged, keys })
  if (!(again instanceof TestLedger)) throw new Error(again.sentence)
  again.add(bootEntry('b1'))
  again.calls(1, 400)
  again.stop()
  expect((await verdictOn(forged, keys)).ok).toBe(true)
  const { findings } = await verdictOn(forged, keys, { outside: [{ name: 'anchor', text }] })
  expect(findings).toMatchObject([{ kind: 'outside_differs', seq: 1, to: 801 }])
})

test('threat 53: a newest checkpoint that was put back to an older one is found by those that were kept', async () => {
  const { dir, keys } = ledger()
  const [oldest = ''] = readdirSync(logPath(dir, 'history')).toSorted()
  const newest = readdirSync(logPath(dir, 'history')).toSorted().at(-1) ?? ''
  cpSync(logPath(dir, `history/${oldest}`), logPath(dir, 'checkpoint'))
  const { findings } = await verdictOn(dir, keys)
  expect(findings[0]).toMatchObject({ kind: 'history_ahead', file: `log/history/${newest}` })
})

test('threat 53: a checkpoint that is gone is said to be', async () => {
  const { dir, keys } = ledger()
  rmSync(logPath(dir, 'checkpoint'))
  expect((await verdictOn(dir, keys)).findings[0]).toMatchObject({ kind: 'checkpoint_missing' })
  expect(readIfThere(logPath(dir, 'checkpoint'))).toBeNull()
})
