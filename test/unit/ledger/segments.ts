/** Segment files for tests, made in memory. */
import type { LedgerEntry } from '../../../src/domain/record.ts'
import { packEntry, shapes } from '../../../src/ledger/pack.ts'
import { frameHead_bytes, writeFrame, writeFront } from '../../../src/ledger/segment.ts'

export function segmentOf(entries: readonly LedgerEntry[], first = 1, boot = 'b1'): Buffer {
  const front = writeFront({ version: 1, first, boot, shapes })
  const frames = entries.map((entry) => {
    const packed = packEntry(entry)
    const frame = Buffer.alloc(frameHead_bytes + packed.length)
    writeFrame(frame, 0, packed)
    return frame
  })
  return Buffer.concat([front, ...frames])
}
