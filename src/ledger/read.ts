import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Millis } from '../base/clock.ts'
import type { LedgerEntry } from '../domain/record.ts'
import { frameReader } from './frames.ts'
import { frameAt, isSegmentName, readFront } from './segment.ts'

/** What is found on the way through a ledger: entries in their order, and places that cannot be read. */
export type LedgerItem =
  | { readonly kind: 'entry'; readonly seq: number; readonly boot: string; readonly entry: LedgerEntry }
  /** The rest of the file is skipped. In the newest file of a running gateway this is a frame under way. */
  | { readonly kind: 'unreadable'; readonly file: string; readonly offset: number; readonly why: string }

/**
 * Reads a ledger folder from its oldest entry to its newest; a folder that is not there is an empty ledger. Files
 * last written before `newerThan` are skipped. Holds one file in memory at a time, and never changes anything.
 */
export async function* readLedger(dir: string, newerThan: Millis = 0): AsyncGenerator<LedgerItem> {
  for (const file of await segmentFiles(dir)) {
    const path = join(dir, file)
    if ((await stat(path)).mtimeMs >= newerThan) yield* readSegment(file, await readFile(path))
  }
}

/** Reads the bytes of one segment, up to the first place where something is wrong. */
export function* readSegment(file: string, bytes: Buffer): Generator<LedgerItem> {
  const front = readFront(bytes)
  if (typeof front === 'string') {
    yield { kind: 'unreadable', file, offset: 0, why: front }
    return
  }
  const entryOf = frameReader(front.header)
  let seq = front.header.first
  let offset = front.start
  for (;;) {
    const frame = frameAt(bytes, offset)
    if (frame.kind === 'end') return
    const entry = frame.kind === 'frame' ? entryOf(frame.payload) : null
    if (frame.kind === 'torn' || !entry) {
      yield { kind: 'unreadable', file, offset, why: frame.kind === 'torn' ? frame.why : 'the frame holds no entry' }
      return
    }
    yield { kind: 'entry', seq, boot: front.header.boot, entry }
    seq += 1
    offset = frame.next
  }
}

/** Names of the segments, the oldest first; none where there is no folder. */
export async function segmentFiles(dir: string): Promise<readonly string[]> {
  try {
    return (await readdir(dir)).filter(isSegmentName).toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
