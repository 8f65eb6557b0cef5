/** How long a ledger is, without reading what is in it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { segmentFiles } from './read.ts'
import { frameAt, readFront } from './segment.ts'

/** Number of the last whole entry in the newest file; 0 for an empty ledger. Reads one file. */
export async function lastSeq(dir: string): Promise<number> {
  const newest = (await segmentFiles(dir)).at(-1)
  if (newest === undefined) return 0
  const bytes = await readFile(join(dir, newest))
  const front = readFront(bytes)
  if (typeof front === 'string') return Number.parseInt(newest, 10) - 1
  let seq = front.header.first - 1
  for (let at = front.start; ; seq += 1) {
    const frame = frameAt(bytes, at)
    if (frame.kind !== 'frame') return seq
    at = frame.next
  }
}
