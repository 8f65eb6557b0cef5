/**
 * Looks through segment files for what they say was dropped, and for rows of entries that are missing between them, without
 * computing any leaf: as fast as files can be read.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { DropEntry } from '../../domain/drop-entry.ts'
import { segmentsIn } from '../leaves.ts'
import { rowReader } from '../pack.ts'
import { frameAt, readFront, type Front } from '../segment.ts'
import { readStored } from '../stored.ts'
import type { Range } from './ranges.ts'
import { isDrop } from './statement.ts'

/** A statement and where it stands. */
export interface FoundDrop {
  readonly seq: number
  readonly entry: DropEntry
}

/** Of a file: its statements, and how many entries can be read. */
interface Surveyed {
  readonly drops: readonly FoundDrop[]
  readonly last: number
}

/** The row of such an entry begins with its kind, as MessagePack writes a text of four bytes. */
const mark = Buffer.from([0xa4, ...Buffer.from('drop')])
const markEnd = 16
/** A front is a few thousand. */
const front_bytes = 65_536

/** Every statement of a ledger, in order. */
export function* dropsIn(dir: string, onProgress: (entries: number) => void): Generator<FoundDrop> {
  for (const { name } of segmentsIn(dir)) {
    const path = join(dir, name)
    const front = frontOf(headOf(path))
    if (!front?.header.shapes['drop']) continue
    const { drops, last } = survey(readFileSync(path), front)
    yield* drops
    onProgress(last)
  }
}

/** The statements of one segment; none where it cannot be read. */
export function dropsOf(path: string): readonly FoundDrop[] {
  const bytes = readFileSync(path)
  const front = frontOf(bytes)
  return front ? survey(bytes, front).drops : []
}

/** Entries that must have been there, as what comes behind them is, up to the newest segment. */
export function gapsIn(dir: string, onProgress: (entries: number) => void): readonly Range[] {
  const gaps: Range[] = []
  let next = 1
  for (const { name, first } of segmentsIn(dir)) {
    if (first > next) gaps.push({ first: next, last: first - 1 })
    const bytes = readFileSync(join(dir, name))
    const front = frontOf(bytes)
    next = Math.max(next, front ? survey(bytes, front).last + 1 : first)
    onProgress(next - 1)
  }
  return gaps
}

function survey(bytes: Buffer, { header, start }: Front): Surveyed {
  const entryOf = rowReader(header.shapes)
  const drops: FoundDrop[] = []
  let seq = header.first
  for (let frame = frameAt(bytes, start); frame.kind === 'frame'; frame = frameAt(bytes, frame.next)) {
    const { payload } = frame
    if (Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, markEnd)).includes(mark)) {
      const entry = entryOf(readStored(payload)?.row ?? [])
      if (isDrop(entry)) drops.push({ seq, entry })
    }
    seq += 1
  }
  return { drops, last: seq - 1 }
}

/** The beginning of a file. */
export function headOf(path: string, length = front_bytes): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0))
  } finally {
    closeSync(file)
  }
}

/** Null where it cannot be read. */
export function frontOf(bytes: Buffer): Front | null {
  try {
    const front = readFront(bytes)
    return typeof front === 'string' ? null : front
  } catch {
    return null
  }
}
