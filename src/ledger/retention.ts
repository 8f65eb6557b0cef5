/**
 * Which segments go: what is older than it need be, a whole segment at a time, and never the newest or one under a hold. Tiles
 * and checkpoints stay, so that what was dropped still counts in every root. How they go is in `drop/dropper.ts`.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BoundedMap } from '../base/bounded-map.ts'
import { day_ms, type Millis } from '../base/clock.ts'
import { contains, type Range } from './drop/ranges.ts'
import { frontOf, headOf } from './drop/survey.ts'
import { type HeldSegment, type Hold, holdKeeps, readHolds } from './holds.ts'
import { type SegmentFile, segmentsIn } from './leaves.ts'
import { frameAt } from './segment.ts'
import { readStored } from './stored.ts'

export interface RetentionSettings {
  readonly retention_days: number
  /** All segments together; null for no such maximum. */
  readonly max_bytes: number | null
}

interface Asked extends RetentionSettings {
  readonly now: Millis
  /** Entries that a checkpoint counts; no other is dropped. */
  readonly sealed: number
  /** What the ledger says was dropped: files that are left of that go as well. */
  readonly dropped: readonly Range[]
}

export interface Segment extends SegmentFile, Range {
  readonly bytes: number
  /** When it was written last, as its file says. */
  readonly newest: Millis
  /** The file behind it. */
  readonly next: string
}

/** What may go now, oldest first. */
interface Choice {
  readonly free: readonly Segment[]
  /** Segments that would go as well if no hold kept them. */
  readonly held: number
  /** The holds that were looked at. */
  readonly holds: readonly Hold[]
  /** By which words of the configuration. */
  readonly rule: string
  /**
   * More may go as soon as files were read that holds ask about: only a few are at a time, as whoever waits for the disk waits
   * for that too.
   */
  readonly isTired: boolean
}

const nothing: Choice = { free: [], held: 0, holds: [], rule: '', isTired: false }

/** Throws what the disk says. */
export function choose(dir: string, asked: Asked, looked: LookedInto = new LookedInto()): Choice {
  looked.begin()
  const { due, rules } = dueSegments(dir, asked, looked)
  const holds = due.length === 0 ? [] : readHolds(dir)
  // Nobody knows what a list that cannot be read would have kept.
  if (typeof holds === 'string') return nothing
  const free = due.filter((segment) => !holds.some((hold) => holdKeeps(hold, looked.viewOf(dir, segment))))
  return { free, held: due.length - free.length, holds, rule: rules.join(', '), isTired: looked.isTired }
}

/** Those that a hold keeps which is none of these; all of them where the list cannot be read. */
export function heldSince(dir: string, segments: readonly Segment[], known: readonly Hold[]): ReadonlySet<Segment> {
  const holds = readHolds(dir)
  if (typeof holds === 'string') return new Set(segments)
  const before = new Set(known.map((hold) => JSON.stringify(hold)))
  const fresh = holds.filter((hold) => !before.has(JSON.stringify(hold)))
  const looked = new LookedInto(Number.POSITIVE_INFINITY)
  return new Set(segments.filter((segment) => fresh.some((hold) => holdKeeps(hold, looked.viewOf(dir, segment)))))
}

function dueSegments(
  dir: string,
  { now, sealed, dropped, retention_days, max_bytes }: Asked,
  looked: LookedInto,
): { readonly due: readonly Segment[]; readonly rules: readonly string[] } {
  const segments = closedSegments(dir)
  const limit = now - retention_days * day_ms
  let excess = segments.reduce((sum, { bytes }) => sum + bytes, 0) - (max_bytes ?? Number.POSITIVE_INFINITY)
  const due: Segment[] = []
  const rules = new Set<string>()
  for (const segment of segments.filter(({ last }) => last <= sealed)) {
    const isSaid = dropped.some((range) => contains(range, segment))
    const isOld = segment.newest < limit && looked.endOf(dir, segment) < limit
    if (!isSaid && !isOld && excess <= 0) continue
    due.push(segment)
    if (!isSaid) rules.add(isOld ? `ledger.retention_days ${retention_days}` : `ledger.max_bytes ${max_bytes}`)
    excess -= segment.bytes
  }
  return { due, rules: [...rules] }
}

/** Every segment but the newest; the next one says where it ends. */
function closedSegments(dir: string): readonly Segment[] {
  const files = segmentsIn(dir)
  return files.slice(0, -1).map((file, place) => {
    const { size, mtimeMs } = statSync(join(dir, file.name))
    const { first, name: next } = files[place + 1] ?? file
    return { ...file, last: first - 1, bytes: size, newest: mtimeMs, next }
  })
}

/** Files that are read at one time: some 40 ms each. */
const reads_max = 4
/** A front and the longest entry. */
const firstEntry_bytes = 524_288
/** Fronts of files that are read at one time. */
const heads_max = 256
const answers_max = 65_536

/** What files say that are closed and never change, so that a hold that stands for years does not read them every minute. */
export class LookedInto {
  readonly #answers = new BoundedMap<string, number>({ max: answers_max })
  readonly #reads_max: number
  #reads = 0
  #heads = 0
  /** Something was not looked into this time. */
  isTired = false

  constructor(most = reads_max) {
    this.#reads_max = most
  }

  begin(): void {
    this.#reads = 0
    this.#heads = 0
    this.isTired = false
  }

  /**
   * No entry of a segment is younger than the first of the next one. What its file says of when it was written is anybody's
   * word; what stands in an entry, the log keeps. What nobody has looked into is as young as can be.
   */
  endOf(dir: string, { next }: Segment): Millis {
    const known = this.#answers.get(next)
    if (known !== undefined) return known
    if (this.#heads >= heads_max) {
      this.isTired = true
      return Number.POSITIVE_INFINITY
    }
    this.#heads += 1
    return this.#keep(next, firstTimeIn(join(dir, next)) ?? Number.POSITIVE_INFINITY)
  }

  viewOf(dir: string, segment: Segment): HeldSegment {
    const { name } = segment
    const newest = (): Millis => Math.max(segment.newest, this.endOf(dir, segment))
    const path = join(dir, name)
    // What nobody has looked into may be held: it is as old as can be, and speaks of everything.
    const oldest = (): Millis => this.#answer(`${name} oldest`, 0, () => firstTimeIn(path) ?? 0)
    return {
      get oldest() {
        return oldest()
      },
      get newest() {
        return newest()
      },
      // Ids stand in a segment as they are written.
      mentions: (text) => this.#answer(`${name} ${text}`, 1, () => Number(readFileSync(path).includes(text))) === 1,
    }
  }

  #answer(question: string, unknown: number, read: () => number): number {
    const known = this.#answers.get(question)
    if (known !== undefined) return known
    if (this.#reads >= this.#reads_max) {
      this.isTired = true
      return unknown
    }
    this.#reads += 1
    return this.#keep(question, read())
  }

  #keep(question: string, answer: number): number {
    this.#answers.set(question, answer)
    return answer
  }
}

/** The time of the first entry of a segment; null where nobody can read it. */
function firstTimeIn(path: string): Millis | null {
  const bytes = headOf(path, firstEntry_bytes)
  const front = frontOf(bytes)
  const frame = front && frameAt(bytes, front.start)
  const row = frame?.kind === 'frame' ? readStored(frame.payload)?.row : null
  if (!front || !row) return null
  const place = front.header.shapes[String(row[0])]?.indexOf('ts') ?? -1
  const ts = row[place + 1]
  return typeof ts === 'number' ? ts : null
}
