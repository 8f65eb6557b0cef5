/**
 * What may be used once only: a table of fingerprints on the board, so that of many identical proofs on many threads
 * exactly one is the first. An entry must be found until it expires and its cell must be free again some time after, and
 * nobody sweeps. So there are two tables, and an entry goes to the one of the generation in which it expires. With
 * generations as long as the longest life accepted, whatever is accepted now expires in this generation or in the next:
 *
 *     generation   |  6             |  7             |  8             |
 *     table 0      |  expires in 6  |  overwritten by what expires in 8
 *     table 1                       |  expires in 7  |  overwritten ...
 *                        now ^ - - - - - - ^ now + the longest life
 *
 *     word         | generation, 20 bits, never 0 | fingerprint, 44 bits |
 *
 * A word of an earlier generation is a free cell, so a table empties itself when its generation has passed. A proof
 * says when it expires, so identical proofs meet in the same table and on the same cell whatever the clocks of their threads
 * say, and one compare-and-swap decides. Two different proofs of one name may expire in different generations: each is
 * written first and then looks into the other table, so at most one of them finds nothing.
 *
 * Nothing leaves early: a full table says so. Cells are twice the entries, so that a search ends after a few.
 */
import { hash } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import { type BoardPlan, longsPerRow, type Rows } from '../../base/board.ts'
import type { Clock, Millis } from '../../base/clock.ts'

/** `full`: it cannot be remembered until it expires, so it must be refused too. */
export type Once = 'first' | 'seen' | 'full'

export interface Replay {
  /** Takes the name `jti` that `issuer` gave to something that is refused from `expiresAt` on. */
  once(issuer: string, jti: string, expiresAt: Millis): Once
}

const tables = 2
const cellsPerEntry = 2
/** Cells looked at in one search. Half full, the longest row of taken cells is about 60; only aimed names reach this. */
const search_max = 512

const fingerprintBits = 44n
const fingerprintMask = (1n << fingerprintBits) - 1n
/** Of one table, which has every second generation: 4 years of generations of a minute pass before a mark comes again. */
const marks = 2 ** 20 - 1

/** Rows for `entries` that expire in one generation: one with the count of each table, then the cells. */
function replayRows(entries: number): number {
  return 1 + Math.ceil((entries * cellsPerEntry * tables) / longsPerRow)
}

/** The part of a board plan that `openReplay` wants under that name. */
export function replayPlan(owner: string, entries: number): BoardPlan {
  return { [owner]: replayRows(entries) }
}

export interface ReplayBounds {
  /** Entries that expire in one generation. */
  readonly entries: number
  /** The longest time between use and expiry; what expires later is `full`. The same in every thread. */
  readonly life_max_ms: number
}

/** Opens the table on rows planned for these bounds; every thread that has the board may. */
export function openReplay(rows: Rows, bounds: ReplayBounds, clock: Clock): Replay {
  return new ReplayTables(rows, bounds, clock)
}

/** Where a name belongs, and what stands there once it is taken. */
interface Place {
  /** 0 or 1. */
  readonly table: number
  readonly home: number
  readonly mark: number
  readonly word: bigint
}

class ReplayTables implements Replay {
  readonly #longs: BigInt64Array<SharedArrayBuffer>
  /** Of each table. */
  readonly #cells: number
  readonly #entries: number
  readonly #generation_ms: number
  readonly #clock: Clock

  constructor(rows: Rows, { entries, life_max_ms }: ReplayBounds, clock: Clock) {
    assert(rows.count >= replayRows(entries), 'the rows of a replay table were planned for its entries')
    assert(life_max_ms > 0, 'what is remembered lives for a while')
    this.#longs = rows.longs
    this.#cells = entries * cellsPerEntry
    this.#entries = entries
    this.#generation_ms = Math.ceil(life_max_ms)
    this.#clock = clock
  }

  once(issuer: string, jti: string, expiresAt: Millis): Once {
    const now = this.#clock.now()
    if (expiresAt <= now) return 'seen'
    const generation = Math.floor(expiresAt / this.#generation_ms)
    if (generation > Math.floor(now / this.#generation_ms) + 1) return 'full'
    const digest = hash('sha256', `${issuer}\0${jti}`, 'buffer')
    const outcome = this.#take(this.#place(digest, generation))
    if (outcome !== 'first') return outcome
    // Both neighbours are looked for, because the clock of another thread may be in another generation already.
    const [before, after] = [this.#place(digest, generation - 1), this.#place(digest, generation + 1)]
    return this.#holds(before, after) ? 'seen' : 'first'
  }

  #place(digest: Buffer, generation: number): Place {
    const mark = markOf(generation)
    const fingerprint = digest.readBigUInt64BE(8) & fingerprintMask
    const home = digest.readUInt32BE(0) % this.#cells
    return { table: generation % tables, home, mark, word: pack(mark, fingerprint) }
  }

  /** Cells of this generation never change again, so the search of everybody who comes with this name ends on one cell. */
  #take(place: Place): Once {
    for (let step = 0; step < Math.min(search_max, this.#cells); step += 1) {
      const outcome = this.#takeCell(this.#at(place, step), place)
      if (outcome !== 'other') return outcome
    }
    return 'full'
  }

  /** Test and set of one cell; `other` if another name of this generation has it. */
  #takeCell(at: number, place: Place): Once | 'other' {
    for (;;) {
      const word = Atomics.load(this.#longs, at)
      if (word === place.word || isLater(unmark(word), place.mark)) return 'seen'
      if (unmark(word) === place.mark) return 'other'
      if (!this.#enter(place)) return 'full'
      if (Atomics.compareExchange(this.#longs, at, word, place.word) === word) return 'first'
      this.#leave(place)
    }
  }

  /** Whether one of two generations that share a table holds the name; the later one writes over what the earlier left. */
  #holds(earlier: Place, later: Place): boolean {
    for (let step = 0; step < Math.min(search_max, this.#cells); step += 1) {
      const word = Atomics.load(this.#longs, this.#at(earlier, step))
      if (word === earlier.word || word === later.word) return true
      const mark = unmark(word)
      if (mark !== earlier.mark && mark !== later.mark) return false
    }
    return false
  }

  #at({ table, home }: Place, step: number): number {
    return longsPerRow + table * this.#cells + ((home + step) % this.#cells)
  }

  /** One more entry of this generation, if there is room for it. */
  #enter({ table, mark }: Place): boolean {
    for (;;) {
      const word = Atomics.load(this.#longs, table)
      const count = unmark(word) === mark ? Number(word & fingerprintMask) : 0
      if (count >= this.#entries || isLater(unmark(word), mark)) return false
      if (Atomics.compareExchange(this.#longs, table, word, pack(mark, BigInt(count + 1))) === word) return true
    }
  }

  #leave({ table, mark }: Place): void {
    for (;;) {
      const word = Atomics.load(this.#longs, table)
      if (unmark(word) !== mark) return
      if (Atomics.compareExchange(this.#longs, table, word, word - 1n) === word) return
    }
  }
}

function markOf(generation: number): number {
  return (Math.floor(generation / tables) % marks) + 1
}

/** Whether a word was written by a thread whose clock says that our generation has passed. */
function isLater(mark: number, ours: number): boolean {
  return mark === (ours % marks) + 1
}

function pack(mark: number, rest: bigint): bigint {
  return BigInt.asIntN(64, (BigInt(mark) << fingerprintBits) | rest)
}

function unmark(word: bigint): number {
  return Number(BigInt.asUintN(64, word) >> fingerprintBits)
}
