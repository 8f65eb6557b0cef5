/**
 * A budget that is reserved before and settled after, on three 64-bit cells: held (reserved + spent), spent, and
 * overshoot. The law: held never passes the limit, in any interleaving of any number of threads, because the only way
 * to raise it is a compare-and-swap against what was seen below the limit.
 *
 * A day's books close by themselves: each word carries its period beside its amount, and an amount of an older period
 * counts as zero. So the reset at midnight is one and the same swap as the first reservation of the day; there is no
 * moment at which half a reset can be seen. What was reserved yesterday is settled in yesterday's books, which are
 * closed, and gives nothing back today.
 *
 *     word   | period, 17 bits | amount, 47 bits |     days until the year 2328; amounts up to 140 million dollars
 */
import { assert } from '../base/assert.ts'

/** The largest amount an account holds; a limit above it is this limit. Tokens or micro-dollars. */
export const amountCeiling = 2 ** 47 - 1

const held = 0
const spent = 1
const overshoot = 2
export const longsPerAccount = 3

/** The word that was read and the word to be written; private to this thread, so that neither makes garbage. */
const seen = new DataView(new ArrayBuffer(8))
const wanted = new DataView(new ArrayBuffer(8))
const half = 2 ** 32

/**
 * What a hop holds of an account: the amount, the limit in force, and the period `reserve` returned. What is `firm` is likely
 * to be spent, as a price is; the rest of what is held is likely to come back in part.
 */
export interface Claim {
  readonly reserved: number
  readonly firm?: boolean
  readonly max: number
  readonly period: number
}

export class Account {
  readonly #cells: BigInt64Array<SharedArrayBuffer>
  readonly #at: number
  /** What calls of this thread hold at a fixed price, in the newest period they booked in. */
  #firm = 0
  #firmPeriod = 0

  constructor(cells: BigInt64Array<SharedArrayBuffer>, at: number) {
    this.#cells = cells
    this.#at = at
  }

  /** Reserved plus spent in this period. */
  held(period: number): number {
    return this.#read(held, period)
  }

  spent(period: number): number {
    return this.#read(spent, period)
  }

  /**
   * What no call that ends will give back: what is spent, and what is held at a fixed price. Of other threads all that is held
   * counts as if it could come back. Only tells a refusal that will pass from one that will not; it admits nothing.
   */
  gone(period: number): number {
    return this.spent(period) + (period === this.#firmPeriod ? this.#firm : 0)
  }

  /** Notes that what was reserved in this period is held at a fixed price. */
  firm(amount: number, period: number): void {
    if (period > this.#firmPeriod) {
      this.#firm = 0
      this.#firmPeriod = period
    }
    if (period === this.#firmPeriod) this.#firm += amount
  }

  /** What was spent beyond the limit because a hop cost more than was left; never reset. */
  get overshoot(): number {
    return this.#read(overshoot, 0)
  }

  /**
   * Reserves all of `amount` or nothing; never past `max`, and nothing at all once `max` is held, so that a call
   * without a price is refused too when the budget is used up. Returns the period it was booked in, which is later
   * than asked for if another thread has already opened it, or -1 if it was refused.
   */
  reserve(amount: number, max: number, period: number): number {
    assertAmount(amount)
    const most = Math.min(max, amountCeiling)
    for (;;) {
      const word = Atomics.load(this.#cells, this.#at + held)
      const booked = Math.max(unpack(word), period)
      const before = amountIn(booked)
      if (before + amount > most || before >= most) return -1
      if (this.#swap(held, word, before + amount, booked)) return booked
    }
  }

  /**
   * Books what was really spent of a reservation and gives back the rest. If more was spent than reserved, the
   * surplus is booked as far as `max` allows and the rest is counted as overshoot: facts are facts.
   */
  settle(claim: Claim, used: number): void {
    assertAmount(used)
    const { reserved, max, period } = claim
    if (claim.firm === true && period === this.#firmPeriod) this.#firm -= reserved
    if (used <= reserved) {
      // Spent before held, so that a reader never sees less held than spent.
      this.#add(spent, used, period)
      this.#add(held, used - reserved, period)
      return
    }
    const surplus = used - reserved
    const booked = this.#grow(surplus, Math.min(max, amountCeiling), period)
    this.#add(spent, reserved + booked, period)
    this.#add(overshoot, Math.min(surplus - booked, amountCeiling), 0)
  }

  /** Puts back what had been spent before a restart, whatever the limit is now. */
  restore(amount: number, period: number): void {
    assertAmount(amount)
    this.#add(held, amount, period)
    this.#add(spent, amount, period)
  }

  #read(cell: number, period: number): number {
    unpack(Atomics.load(this.#cells, this.#at + cell))
    return amountIn(period)
  }

  #grow(wanted: number, max: number, period: number): number {
    for (;;) {
      const word = Atomics.load(this.#cells, this.#at + held)
      if (unpack(word) > period) return wanted
      const before = amountIn(period)
      const share = Math.max(0, Math.min(wanted, max - before))
      if (share === 0 || this.#swap(held, word, before + share, period)) return share
    }
  }

  #add(cell: number, by: number, period: number): void {
    if (by === 0) return
    for (;;) {
      const word = Atomics.load(this.#cells, this.#at + cell)
      if (unpack(word) > period) return
      const after = Math.min(amountIn(period) + by, amountCeiling)
      assert(after >= 0, 'nobody gives back more than was taken')
      if (this.#swap(cell, word, after, period)) return
    }
  }

  #swap(cell: number, word: bigint, amount: number, period: number): boolean {
    wanted.setUint32(0, period * 2 ** 15 + Math.floor(amount / half))
    wanted.setUint32(4, amount % half)
    return Atomics.compareExchange(this.#cells, this.#at + cell, word, wanted.getBigInt64(0)) === word
  }
}

/** Takes a word apart; returns its period. `amountIn` reads on from here. */
function unpack(word: bigint): number {
  seen.setBigInt64(0, word)
  return seen.getUint32(0) >>> 15
}

/** The amount of the unpacked word as it counts in a period: zero if the word is of an older or a later one. */
function amountIn(period: number): number {
  const high = seen.getUint32(0)
  return high >>> 15 === period ? (high & 0x7fff) * half + seen.getUint32(4) : 0
}

function assertAmount(amount: number): void {
  assert(Number.isInteger(amount) && amount >= 0, 'an amount is a whole number and not negative')
}
