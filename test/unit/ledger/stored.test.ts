import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryReader, packEntry, shapes } from '../../../src/ledger/pack.ts'
import { readStored, storeFrame, storePacked } from '../../../src/ledger/stored.ts'
import { anyEntry, hop, intent } from './entries.ts'

test('every entry is the same again after the outer form, and the form is put around it once', () => {
  const read = entryReader(shapes)
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const packed = packEntry(entry)
      const frame = storePacked(packed)
      expect(storePacked(frame)).toBe(frame)
      expect(readStored(frame)).toEqual(readStored(packed))
      expect(read(frame)).toEqual(read(packed))
    }),
  )
})

test('what is sealed stands beside the row', () => {
  const row = readStored(packEntry(intent(hop(1))))?.row ?? []
  const frame = storeFrame(row, Buffer.from('sealed'))
  expect(readStored(frame)).toEqual({ row, sealed: Buffer.from('sealed') })
  expect(storePacked(frame)).toBe(frame)
  expect(Buffer.from(storeFrame(row, null))).toEqual(storePacked(packEntry(intent(hop(1)))))
})

test('bytes that are no entry are none', () => {
  for (const bytes of [[], [0xc0], [0x92, 0x90, 0xc0], [0x92, 0x91, 0xa1, 0x61, 0x01], [0x91, 0x01], [0xdd, 0xff]])
    expect(readStored(Uint8Array.from(bytes))).toBeNull()
})
