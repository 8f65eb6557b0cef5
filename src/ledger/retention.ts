/**
 * What is older than it need be goes, a whole segment at a time; tiles and checkpoints stay, so that what was dropped still
 * counts in every root. What goes is written down first, in `log/pruned.json`: readers can tell it from what is missing.
 */
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BoundedMap } from '../base/bounded-map.ts'
import { day_ms, type Millis } from '../base/clock.ts'
import { readJsonObject, isJsonObject } from '../base/json.ts'
import { type HeldSegment, holdKeeps, readHolds } from './holds.ts'
import { readLeaves, type SegmentFile, segmentsIn } from './leaves.ts'
import { readIfThere } from './merkle/tiles.ts'
import { syncFolder } from './recover.ts'
import { writeWhole } from './whole-file.ts'

export interface RetentionSettings {
  readonly retention_days: number
  /** All segments together; null for no such maximum. */
  readonly max_bytes: number | null
}

/** Entries that retention dropped, both ends included. */
export interface PrunedRange {
  readonly first: number
  readonly last: number
  /** When the last of them were. */
  readonly at: Millis
}

interface Pruning extends RetentionSettings {
  readonly now: Millis
  /** Entries that a checkpoint counts; no other is dropped. */
  readonly sealed: number
}

interface Segment extends SegmentFile {
  readonly last: number
  readonly bytes: number
  /** When it was written last. */
  readonly newest: Millis
}

const ranges_max = 10_000

/**
 * Drops the segments that may go, oldest first, and never the newest or one under a hold. True where more may go as soon as
 * files were read that holds ask about: only a few are at a time, as whoever waits for the disk waits for that too. Throws
 * what the disk says.
 */
export function prune(
  dir: string,
  { now, sealed, retention_days, max_bytes }: Pruning,
  looked: LookedInto = new LookedInto(),
): boolean {
  const segments = closedSegments(dir)
  const limit = now - retention_days * day_ms
  let excess = segments.reduce((sum, { bytes }) => sum + bytes, 0) - (max_bytes ?? Number.POSITIVE_INFINITY)
  const due: Segment[] = []
  for (const segment of segments.filter(({ last }) => last <= sealed)) {
    if (segment.newest >= limit && excess <= 0) continue
    due.push(segment)
    excess -= segment.bytes
  }
  if (due.length === 0) return false
  const holds = readHolds(dir)
  // Nobody knows what a list that cannot be read would have kept.
  if (typeof holds === 'string') return false
  looked.begin()
  const free = due.filter((segment) => !holds.some((hold) => holdKeeps(hold, looked.viewOf(dir, segment))))
  if (free.length === 0) return looked.isTired
  const known = readPruned(dir) ?? []
  const dropped = free.map(({ first, last }) => ({ first, last, at: now }))
  const ranges = merge([...known, ...dropped])
  if (ranges.length > ranges_max) return false
  writeWhole(join(dir, 'log', 'pruned.json'), `${JSON.stringify({ schema: 'weir.pruned/v1', ranges })}\n`)
  for (const { name } of free) rmSync(join(dir, name), { force: true })
  syncFolder(dir)
  return looked.isTired
}

/** What retention dropped from a ledger folder, in order; null where the file cannot be read as such. */
export function readPruned(dir: string): readonly PrunedRange[] | null {
  const bytes = readIfThere(join(dir, 'log', 'pruned.json'))
  if (!bytes) return []
  const ranges = readJsonObject(bytes.toString('utf8'))?.['ranges']
  if (!Array.isArray(ranges) || ranges.length > ranges_max) return null
  const read = ranges.map(readRange).filter((range) => range !== null)
  return read.length === ranges.length ? read : null
}

function readRange(value: unknown): PrunedRange | null {
  if (!isJsonObject(value)) return null
  const { first, last, at } = value
  if (typeof first !== 'number' || typeof last !== 'number' || typeof at !== 'number') return null
  return first >= 1 && last >= first ? { first, last, at } : null
}

/** Every segment but the newest; the next one says where it ends. */
function closedSegments(dir: string): readonly Segment[] {
  const files = segmentsIn(dir)
  return files.slice(0, -1).map((file, place) => {
    const { size, mtimeMs } = statSync(join(dir, file.name))
    return { ...file, last: (files[place + 1]?.first ?? file.first) - 1, bytes: size, newest: mtimeMs }
  })
}

/** Files that are read at one time: some 40 ms each. */
const reads_max = 4
const answers_max = 65_536

/** What files say that are closed and never change, so that a hold that stands for years does not read them every minute. */
export class LookedInto {
  readonly #answers = new BoundedMap<string, number>({ max: answers_max })
  #reads = 0
  /** Something was not looked into this time. */
  isTired = false

  begin(): void {
    this.#reads = 0
    this.isTired = false
  }

  viewOf(dir: string, { name, newest }: Segment): HeldSegment {
    const path = join(dir, name)
    // What nobody has looked into may be held: it is as old as can be, and speaks of everything.
    const oldest = (): Millis => this.#answer(name, 0, () => oldestIn(path))
    return {
      get oldest() {
        return oldest()
      },
      newest,
      // Ids stand in a segment as they are written.
      mentions: (text) => this.#answer(`${name} ${text}`, 1, () => Number(readFileSync(path).includes(text))) === 1,
    }
  }

  #answer(question: string, unknown: number, read: () => number): number {
    const known = this.#answers.get(question)
    if (known !== undefined) return known
    if (this.#reads >= reads_max) {
      this.isTired = true
      return unknown
    }
    this.#reads += 1
    const answer = read()
    this.#answers.set(question, answer)
    return answer
  }
}

/** The time of the first entry, which its second member is; a segment nobody can read is as old as can be. */
function oldestIn(path: string): Millis {
  const read = readLeaves(path)
  if (typeof read === 'string') return 0
  for (const item of read.items) {
    if (item.kind === 'broken') return 0
    const place = read.header.shapes[String(item.row[0])]?.indexOf('ts') ?? -1
    const ts = item.row[place + 1]
    return typeof ts === 'number' ? ts : 0
  }
  return 0
}

function merge(ranges: readonly PrunedRange[]): readonly PrunedRange[] {
  const merged: PrunedRange[] = []
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1)
    if (before && range.first <= before.last + 1)
      merged[merged.length - 1] = {
        first: before.first,
        last: Math.max(before.last, range.last),
        at: Math.max(before.at, range.at),
      }
    else merged.push(range)
  }
  return merged
}
