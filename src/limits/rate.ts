/**
 * How often: the generic cell rate algorithm (ITU-T I.371, annex A) in one 64-bit cell. The cell holds one number,
 * the theoretical arrival time of the next call, in whole microseconds since the epoch (exact below 2^53). A call is
 * let through if that time is at most a burst ahead of now, and moves it on by one interval; a refusal writes nothing.
 */
import type { Millis } from '../base/clock.ts'
import { retryAfterCeiling_ms } from '../domain/denials.ts'

const minute_us = 60_000_000
/** Clocks of threads differ by less than this; an arrival time further ahead means that the clock was set back. */
const clockSlack_us = 1_000_000

/** A number seen as the 64 bits that Atomics can swap; private to this thread, so that it makes no garbage. */
const view = new DataView(new ArrayBuffer(8))

export class Rate {
  readonly #cells: BigInt64Array<SharedArrayBuffer>
  readonly #at: number

  constructor(cells: BigInt64Array<SharedArrayBuffer>, at: number) {
    this.#cells = cells
    this.#at = at
  }

  /** How many calls would be let through now, and in how many seconds all of them would be again. Takes nothing. */
  read(perMinute: number, burst: number, now: Millis): { max: number; left: number; reset_s: number } {
    const now_us = Math.floor(now * 1000)
    const interval_us = Math.ceil(minute_us / perMinute)
    view.setBigInt64(0, Atomics.load(this.#cells, this.#at))
    const used_us = Math.max(0, view.getFloat64(0) - now_us)
    const left = Math.max(0, Math.floor(burst) - Math.ceil(used_us / interval_us))
    return { max: perMinute, left, reset_s: Math.ceil(used_us / 1_000_000) }
  }

  /**
   * Lets one call through and returns 0, or returns how long to wait, 1..30000 milliseconds. Of `burst` + n calls
   * within n intervals all are let through, and never more. The interval is rounded up to a whole microsecond, so
   * a rate that does not divide a minute is at most one microsecond a call slower than asked for.
   */
  take(perMinute: number, burst: number, now: Millis): number {
    if (perMinute <= 0 || burst < 1) return retryAfterCeiling_ms
    const now_us = Math.floor(now * 1000)
    const interval_us = Math.ceil(minute_us / perMinute)
    const ahead_us = interval_us * Math.floor(burst)
    for (;;) {
      const word = Atomics.load(this.#cells, this.#at)
      view.setBigInt64(0, word)
      const due_us = Math.max(view.getFloat64(0), now_us)
      const wait_us = due_us + interval_us - ahead_us - now_us
      const admits = wait_us <= 0
      // A clock that was set back costs at most one burst, not the time by which it was set back.
      const lost = wait_us > interval_us + clockSlack_us
      if (!admits && !lost) return Math.min(Math.ceil(wait_us / 1000), retryAfterCeiling_ms)
      view.setFloat64(0, admits ? due_us + interval_us : now_us + ahead_us)
      const swapped = Atomics.compareExchange(this.#cells, this.#at, word, view.getBigInt64(0)) === word
      if (swapped && admits) return 0
    }
  }
}
