/**
 * Retention, one step at a time: what goes is said in the ledger first. The statement is an entry like any other, so that it
 * gets its number, its leaf and its place under a signed checkpoint; only then is `log/pruned.json` written and the files go.
 * Whatever ends the process in between, the next start finds files that are still there and takes the step again.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Millis } from '../../base/clock.ts'
import type { DropEntry } from '../../domain/drop-entry.ts'
import type { Hold } from '../holds.ts'
import type { LogSigners } from '../checkpoint/sign.ts'
import { syncFolder } from '../recover.ts'
import { choose, heldSince, LookedInto, type RetentionSettings, type Segment } from '../retention.ts'
import type { KnownDrops, OwedDrop } from './known.ts'
import { type CoveredRange, ranges_max, readPruned, writePruned } from './pruned-file.ts'
import { contains, countOf, merge, minus, type Range } from './ranges.ts'
import { signDrop } from './statement.ts'

export interface DropperParts {
  readonly dir: string
  readonly logDir: string
  readonly clock: Clock
  readonly retention: RetentionSettings
  readonly signers: LogSigners
  /** Hands an entry to whoever numbers them; it comes back by `stored`. */
  readonly append: (entry: DropEntry) => void
}

/** The newest checkpoint. */
export interface SealedAt {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** Statements on their way into the ledger, and what goes once they are sealed. */
interface Pending {
  readonly segments: readonly Segment[]
  /** Those that were looked at; what others keep stays. */
  readonly holds: readonly Hold[]
  /** Those that are in the ledger have a number. */
  readonly said: Map<DropEntry, number | null>
  askedAt: Millis
}

const look_ms = 60_000
const soon_ms = 1000
/** A statement that found no place is handed in again. */
const again_ms = 60_000

export class Dropper {
  readonly #parts: DropperParts
  readonly #looked = new LookedInto()
  #known: readonly CoveredRange[]
  #owed: readonly OwedDrop[]
  #pending: Pending | null = null
  #lookedAt: Millis

  constructor(parts: DropperParts, { ranges, owed }: Pick<KnownDrops, 'ranges' | 'owed'>) {
    this.#parts = parts
    this.#known = ranges
    this.#owed = owed
    this.#lookedAt = parts.clock.monotonic() - look_ms + soon_ms
    // From then on a start need not look through all segments for what they say was dropped.
    if (owed.length === 0 && !isSame(readPruned(parts.logDir), ranges)) writePruned(parts.logDir, ranges)
  }

  /** What the start found and nothing says yet, before anything else is written. */
  begin(sealed: SealedAt): void {
    const said = this.#owed.map(({ event, range }) => this.#sign(sealed, { event, ...range, ...unruled[event] }))
    this.#owed = []
    if (said.length > 0) this.#ask({ segments: [], holds: [] }, said)
  }

  /** A statement is on the disk for good. */
  stored(seq: number, sig: unknown): void {
    const { said = new Map<DropEntry, number | null>() } = this.#pending ?? {}
    for (const [entry, known] of said) if (known === null && entry.sig === sig) said.set(entry, seq)
  }

  tick(sealed: SealedAt): void {
    const now = this.#parts.clock.monotonic()
    const pending = this.#pending
    if (pending) {
      const numbers = [...pending.said.values()]
      if (numbers.every((seq) => seq !== null && seq <= sealed.size)) this.#carryOut(pending)
      else if (numbers.includes(null) && now - pending.askedAt >= again_ms) this.#askAgain(pending)
      return
    }
    if (now - this.#lookedAt < look_ms) return
    this.#lookedAt = now
    if (this.#plan(sealed)) this.#lookedAt = now - look_ms + soon_ms
  }

  /** True where more may go as soon as more was looked into. */
  #plan(sealed: SealedAt): boolean {
    const { dir, clock, retention } = this.#parts
    const asked = { now: clock.now(), sealed: sealed.size, ...retention }
    const { free, held, holds, rule, isTired } = choose(dir, { ...asked, dropped: this.#known }, this.#looked)
    if (free.length === 0) return isTired
    const statements = this.#statements(free)
    if (statements.length + this.#known.length > ranges_max) return false
    const said = statements.map((range) => {
      const entries = countOf(minus(rangesIn(free, range), this.#known))
      return this.#sign(sealed, { event: 'dropped', ...range, entries, rule, held })
    })
    this.#ask({ segments: free, holds }, said)
    if (said.length === 0) this.tick(sealed)
    return true
  }

  /** Ranges that have no entry, or one that goes with these segments. */
  #statements(free: readonly Segment[]): readonly Range[] {
    return merge([...this.#known, ...free]).filter((range) => {
      const known = this.#known.find((one) => contains(one, range))
      return !known || free.some(({ first, last }) => first <= known.entry && known.entry <= last)
    })
  }

  #sign({ size, root }: SealedAt, { first, last, ...facts }: Range & Stated): DropEntry {
    const { clock, signers } = this.#parts
    const head = { ts: clock.now(), sealed: size, sealed_root: root }
    return signDrop({ ...head, from: first, to: last, ...facts }, signers)
  }

  #ask(goes: Pick<Pending, 'segments' | 'holds'>, said: readonly DropEntry[]): void {
    this.#pending = { ...goes, said: new Map(said.map((entry) => [entry, null])), askedAt: 0 }
    this.#askAgain(this.#pending)
  }

  #askAgain(pending: Pending): void {
    pending.askedAt = this.#parts.clock.monotonic()
    for (const [entry, seq] of pending.said) if (seq === null) this.#parts.append(entry)
  }

  /** A hold that was placed since keeps what it names; the next look finds it again when that is released. */
  #carryOut({ segments, holds, said }: Pending): void {
    const { dir, logDir } = this.#parts
    const fresh = [...said].map(([{ from, to, ts }, entry]) => ({ first: from, last: to, at: ts, entry: entry ?? 0 }))
    const known = [...this.#known.filter((one) => !fresh.some((range) => contains(range, one))), ...fresh]
    if (fresh.length > 0) {
      this.#known = known.toSorted((a, b) => a.first - b.first)
      writePruned(logDir, this.#known)
    }
    const held = heldSince(dir, segments, holds)
    for (const segment of segments) if (!held.has(segment)) rmSync(join(dir, segment.name), { force: true })
    if (segments.length > 0) syncFolder(dir)
    this.#pending = null
  }
}

type Stated = Pick<DropEntry, 'event' | 'entries' | 'rule' | 'held'>

const unruled = {
  adopted: { entries: 0, rule: 'log/pruned.json', held: 0 },
  accepted: { entries: 0, rule: '--accept-truncation', held: 0 },
} as const

function rangesIn(segments: readonly Segment[], range: Range): readonly Range[] {
  return segments.filter((segment) => contains(range, segment))
}

function isSame(file: ReturnType<typeof readPruned>, ranges: readonly CoveredRange[]): boolean {
  return JSON.stringify(file) === JSON.stringify(ranges)
}
