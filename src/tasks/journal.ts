/**
 * The gateway's side of the disk. Whoever holds rows marks those that changed; once a turn of the event loop all of them go
 * to the thread with the disk, as they are then, in one message and one transaction. One write is under way at a time, so
 * what a slow disk delays grows into larger writes, and never beyond one text for each row there is.
 *
 *     mark, mark, keep | mark   keep keep       mark
 *     -----------------+------------------------------
 *             write 1  |        write 2 (waits for 1)
 */
import type { Millis } from '../base/clock.ts'
import { type Change, type ShelfName, shelfNames } from './shelves.ts'

/** The disk, or what stands for it: takes one write at a time and then answers once. */
export interface Paper {
  write(changes: readonly Change[], done: (problem: string | null) => void): void
  /** Overwrites what left. */
  scrub?(): void
}

/** The rows of one kind. */
export interface Shelf {
  /** A number that no row of this shelf has or had. */
  next(): number
  /** The row changed: it is written with the next batch. */
  mark(no: number): void
  /** The same; resolves true when it survives kill -9, false when it did not get to the disk at the first attempt. */
  keep(no: number): Promise<boolean>
  /** The row is gone. */
  drop(no: number): void
}

/** One transaction at most. */
const changes_max = 2048
const chars_max = 4_194_304
/** How often a disk that failed is tried again. */
const retry_ms = 250

const numbersPer_ms = 16

type Waiter = (kept: boolean) => void

export class Journal {
  readonly #paper: Paper
  readonly #first: number
  readonly #texts: ((no: number) => string | null)[] = []
  /** Rows that differ from the disk, and who waits for them. The key is that of `keyOf`. */
  readonly #owed = new Map<number, Waiter[]>()
  /** Rows that are or may be on the disk: only those must be deleted there. */
  readonly #stored = new Set<number>()
  #writing: ReadonlyMap<number, Waiter[]> | null = null
  #planned = false
  #problem: string | null = null
  #retry: NodeJS.Timeout | null = null
  #idle: (() => void) | null = null

  /**
   * `now`: when this start is. Numbers begin with it, so that none is used twice even where the last rows are gone and up
   * to 16 thousand rows were made in each second between.
   */
  constructor(paper: Paper, now: Millis) {
    this.#paper = paper
    this.#first = Math.floor(now) * numbersPer_ms
  }

  /** What is wrong with the disk; null while all is well. */
  get problem(): string | null {
    return this.#problem
  }

  /** `textOf` is asked when a row is written; null for one that is gone. `stored`: numbers that are on the disk already. */
  open(name: ShelfName, stored: Iterable<number>, textOf: (no: number) => string | null): Shelf {
    const shelf = shelfNames.indexOf(name)
    this.#texts[shelf] = textOf
    let next = this.#first
    for (const no of stored) {
      this.#stored.add(keyOf(shelf, no))
      next = Math.max(next, no + 1)
    }
    return {
      next: () => next++,
      mark: (no) => this.#mark(keyOf(shelf, no)),
      keep: (no) => this.#keep(keyOf(shelf, no)),
      drop: (no) => this.#drop(keyOf(shelf, no)),
    }
  }

  /** Resolves when nothing is owed, or the disk failed to take it. */
  async flush(): Promise<void> {
    if (this.#writing === null && (this.#owed.size === 0 || this.#problem !== null)) return
    await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** What was dropped is off the disk, and not only out of reach. */
  async scrub(): Promise<void> {
    await this.flush()
    this.#paper.scrub?.()
  }

  /** Nothing is written any more. */
  end(problem: string): void {
    this.#problem = problem
    if (this.#retry) clearTimeout(this.#retry)
    const waiting = [...(this.#writing?.values() ?? []), ...this.#owed.values()]
    this.#writing = new Map()
    for (const waiter of waiting.flat()) waiter(false)
    this.#owed.clear()
    this.#idle?.()
  }

  #mark(key: number): Waiter[] {
    const waiters = this.#owed.get(key) ?? []
    this.#owed.set(key, waiters)
    if (!this.#planned && this.#writing === null && this.#problem === null) {
      this.#planned = true
      setImmediate(() => this.#write())
    }
    return waiters
  }

  #keep(key: number): Promise<boolean> {
    const waiters = this.#mark(key)
    if (this.#problem !== null) return Promise.resolve(false)
    return new Promise((resolve) => waiters.push(resolve))
  }

  #drop(key: number): void {
    if (this.#stored.has(key)) return void this.#mark(key)
    for (const waiter of this.#owed.get(key) ?? []) waiter(false)
    this.#owed.delete(key)
  }

  #write(): void {
    this.#planned = false
    if (this.#writing !== null) return
    const taken = new Map<number, Waiter[]>()
    const changes: Change[] = []
    let chars = 0
    for (const [key, waiters] of this.#owed) {
      if (changes.length === changes_max || chars >= chars_max) break
      const change = this.#changeOf(key)
      chars += change[2]?.length ?? 0
      changes.push(change)
      taken.set(key, waiters)
      this.#owed.delete(key)
      this.#stored.add(key)
    }
    if (changes.length === 0) return this.#idle?.()
    this.#writing = taken
    this.#paper.write(changes, (problem) => this.#written(taken, changes, problem))
  }

  #changeOf(key: number): Change {
    const shelf = key % shelfNames.length
    const no = (key - shelf) / shelfNames.length
    return [shelfNames[shelf] ?? 'tasks', no, this.#texts[shelf]?.(no) ?? null]
  }

  #written(taken: ReadonlyMap<number, Waiter[]>, changes: readonly Change[], problem: string | null): void {
    if (this.#writing !== taken) return
    this.#writing = null
    this.#problem = problem
    if (problem === null) this.#kept(taken, changes)
    else this.#failed(taken)
    if (problem !== null || this.#owed.size === 0) this.#idle?.()
    else this.#write()
  }

  #kept(taken: ReadonlyMap<number, Waiter[]>, changes: readonly Change[]): void {
    for (const [at, key] of [...taken.keys()].entries()) if (changes[at]?.[2] === null) this.#stored.delete(key)
    for (const waiters of taken.values()) for (const waiter of waiters) waiter(true)
  }

  /** Everything is owed again, and nobody waits for a disk that fails. */
  #failed(taken: ReadonlyMap<number, Waiter[]>): void {
    for (const key of taken.keys()) if (!this.#owed.has(key)) this.#owed.set(key, [])
    for (const waiter of [...taken.values(), ...this.#owed.values()].flat()) waiter(false)
    for (const key of this.#owed.keys()) this.#owed.set(key, [])
    this.#retry = setTimeout(() => this.#write(), retry_ms)
    this.#retry.unref()
  }
}

/** Shelves are few and numbers are whole, so both fit into one number without loss. */
function keyOf(shelf: number, no: number): number {
  return no * shelfNames.length + shelf
}
