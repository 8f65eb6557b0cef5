/**
 * How fast somebody spends, minute by minute, and what is usual: the moving average of the minutes in which anything was
 * spent. Idle minutes are not counted, so that whoever works once an hour is not odd every hour.
 */

const minute_ms = 60_000
/** Weight of the newest minute: what was usual ten minutes ago counts a third. */
const weight = 0.1
/** Minutes that must be known before anything is unusual. */
const known_min = 3

export interface RateLimits {
  /** Times of the usual rate. */
  readonly factor: number
  readonly floor_micros_per_min: number
}

export class SpendRate {
  #minuteAt: number | null = null
  #spent = 0
  #usual = 0
  #known = 0

  /** Micro-dollars in the minute that goes on. */
  get micros_per_min(): number {
    return this.#spent
  }

  /** Micro-dollars a minute, rounded. */
  get usual_micros_per_min(): number {
    return Math.round(this.#usual)
  }

  /** Whether the minute that goes on is now unusual. A clock that was set back begins a minute of its own. */
  add(at: number, micros: number, { factor, floor_micros_per_min }: RateLimits): boolean {
    this.#minuteAt ??= at
    const minutes = Math.floor((at - this.#minuteAt) / minute_ms)
    if (minutes !== 0) {
      this.#learn(factor)
      this.#minuteAt += minutes * minute_ms
      this.#spent = 0
    }
    this.#spent += micros
    return this.#known >= known_min && this.#spent > floor_micros_per_min && this.#spent > factor * this.#usual
  }

  /** A minute that is told does not become usual at once. */
  #learn(factor: number): void {
    if (this.#spent === 0) return
    const minute = this.#known < known_min ? this.#spent : Math.min(this.#spent, factor * this.#usual)
    this.#usual = this.#known === 0 ? minute : this.#usual + weight * (minute - this.#usual)
    this.#known += 1
  }
}
