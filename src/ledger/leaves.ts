/** Entries of segment files as leaves, for whoever computes the tree again: one file in memory at a time, nothing is changed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { leafMaker } from './leaf.ts'
import { frameAt, frameHead_bytes, isSegmentName, readFront, type SegmentHeader } from './segment.ts'
import { readStored } from './stored.ts'

export type LeafItem =
  | {
      readonly kind: 'leaf'
      readonly seq: number
      readonly offset: number
      readonly hash: Buffer
      readonly row: readonly unknown[]
    }
  /** An entry that cannot be read, `seq` by its place. `goesOn` says whether the ones behind it can. */
  | {
      readonly kind: 'broken'
      readonly seq: number
      readonly offset: number
      readonly why: string
      readonly goesOn: boolean
    }

export interface SegmentFile {
  readonly name: string
  /** Number of its first entry, by its name. */
  readonly first: number
}

/** The segments of a ledger in their order; none where there is no folder. */
export function segmentsIn(dir: string): readonly SegmentFile[] {
  try {
    const names = readdirSync(dir).filter(isSegmentName).toSorted()
    return names.map((name) => ({ name, first: Number.parseInt(name, 10) }))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The header of a segment and its leaves; a sentence where the front cannot be read. */
export function readLeaves(
  path: string,
): { readonly header: SegmentHeader; readonly items: Generator<LeafItem> } | string {
  const bytes = readFileSync(path)
  const front = frontOf(bytes)
  if (typeof front === 'string') return front
  return { header: front.header, items: leavesOf(bytes, front.header, front.start) }
}

function frontOf(bytes: Buffer): ReturnType<typeof readFront> {
  try {
    return readFront(bytes)
  } catch {
    return 'the header is not readable'
  }
}

function* leavesOf(bytes: Buffer, header: SegmentHeader, start: number): Generator<LeafItem> {
  const leafOf = leafMaker(header)
  let seq = header.first
  let offset = start
  for (;;) {
    const frame = frameAt(bytes, offset)
    if (frame.kind === 'end') return
    const stored = frame.kind === 'frame' ? readStored(frame.payload) : null
    const next = frame.kind === 'frame' ? frame.next : afterBroken(bytes, offset)
    if (stored) yield { kind: 'leaf', seq, offset, hash: leafOf(stored.row, seq).hash, row: stored.row }
    else {
      const why = frame.kind === 'torn' ? frame.why : 'the frame holds no entry'
      yield { kind: 'broken', seq, offset, why, goesOn: next !== null }
    }
    if (next === null) return
    seq += 1
    offset = next
  }
}

/** Where the next frame starts if only what is in this one is damaged, as the whole frame behind it shows; else null. */
function afterBroken(bytes: Buffer, offset: number): number | null {
  if (offset + frameHead_bytes > bytes.length) return null
  const next = offset + frameHead_bytes + bytes.readUInt32LE(offset)
  if (next > bytes.length) return null
  return frameAt(bytes, next).kind === 'torn' ? null : next
}

/** One entry by its number: where it stands and its leaf; null where it is not kept or cannot be read. */
export function findLeaf(dir: string, seq: number): FoundLeaf | null {
  const file = segmentsIn(dir).findLast(({ first }) => first <= seq)
  const read = file ? readLeaves(join(dir, file.name)) : 'none'
  if (!file || typeof read === 'string') return null
  for (const item of read.items) {
    if (item.seq !== seq) continue
    if (item.kind === 'broken') return null
    const { text, hash } = leafMaker(read.header)(item.row, seq)
    return { seq, file: file.name, offset: item.offset, header: read.header, row: item.row, text, hash }
  }
  return null
}

export interface FoundLeaf {
  readonly seq: number
  readonly file: string
  readonly offset: number
  readonly header: SegmentHeader
  readonly row: readonly unknown[]
  /** The canonical JSON the hash is over. */
  readonly text: string
  readonly hash: Buffer
}
