/** Segment files for tests, made in memory. */
import { pack } from 'msgpackr'
import type { LedgerEntry } from '../../../src/domain/record.ts'
import { packEntry, shapes } from '../../../src/ledger/pack.ts'
import { frameAt, frameHead_bytes, readFront, writeFrame, writeFront } from '../../../src/ledger/segment.ts'
import { readStored } from '../../../src/ledger/stored.ts'

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

/** A segment as a version before the log would have written it: rows alone, and nothing of the gateway. */
export function asVersion1(bytes: Buffer): Buffer {
  const front = readFront(bytes)
  if (typeof front === 'string') throw new Error(front)
  const { first, boot, shapes: known } = front.header
  const parts = [writeFront({ version: 1, first, boot, shapes: known })]
  for (let frame = frameAt(bytes, front.start); frame.kind === 'frame'; frame = frameAt(bytes, frame.next)) {
    const packed = pack(readStored(frame.payload)?.row)
    const part = Buffer.alloc(frameHead_bytes + packed.length)
    writeFrame(part, 0, packed)
    parts.push(part)
  }
  return Buffer.concat(parts)
}
