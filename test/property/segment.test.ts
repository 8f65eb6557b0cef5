import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryReader, packEntry, shapes } from '../../src/ledger/pack.ts'
import { readSegment } from '../../src/ledger/read.ts'
import { anyEntry, bootEntry, call, hop, intent, refusedCall, run, runEntry } from '../unit/ledger/entries.ts'
import { segmentOf } from '../unit/ledger/segments.ts'

const entries = [bootEntry('b1'), runEntry(run(1), 'opened'), intent(hop(1)), call(hop(1)), refusedCall(hop(2))]
const bytes = segmentOf(entries)

function read(bytes: Buffer): readonly unknown[] {
  return [...readSegment('f', bytes)].flatMap((item) => (item.kind === 'entry' ? [item.entry] : []))
}

test('every entry comes back from its bytes as it was', () => {
  const back = entryReader(shapes)
  const same = fc.property(anyEntry, (entry) => {
    expect(back(packEntry(entry))).toEqual(entry)
  })
  fc.assert(same)
})

test('a segment cut at any byte gives its whole entries up to there, and says so if one is unfinished', () => {
  const ends = entries.map((_entry, place) => segmentOf(entries.slice(0, place + 1)).length)
  const start = segmentOf([]).length
  for (let length = 0; length <= bytes.length; length += 1) {
    const cut = bytes.subarray(0, length)
    expect(read(cut)).toEqual(entries.slice(0, ends.filter((end) => end <= length).length))
    const whole = length === start || ends.includes(length)
    expect([...readSegment('f', cut)].some((item) => item.kind === 'unreadable')).toBe(!whole)
  }
})

test('a segment with any byte changed never gives an entry that was not written', () => {
  for (let place = 0; place < bytes.length; place += 1) {
    const changed = Buffer.from(bytes)
    changed[place] = (changed[place] ?? 0) ^ 0x55
    const found = read(changed)
    expect(found).toEqual(entries.slice(0, found.length))
    expect(found.length).toBeLessThan(entries.length)
  }
})
