/** How long a ledger is, without reading what is in it. */
import { segmentFiles } from './read.ts'
import { type Place, SegmentTail } from './tail.ts'

/** Number of the last whole entry in the newest file; 0 for an empty ledger. Reads one file, or what is in it behind `known`. */
export async function lastSeq(dir: string, known: Place | null = null): Promise<number> {
  const newest = (await segmentFiles(dir)).at(-1)
  if (newest === undefined) return 0
  const tail = await SegmentTail.open(dir, newest, known)
  if (!tail) return Number.parseInt(newest, 10) - 1
  try {
    return await tail.last()
  } finally {
    await tail.close()
  }
}
