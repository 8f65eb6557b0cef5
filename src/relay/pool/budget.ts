/** How often may be tried again: a share of the calls and a few per second, so that retries never become the load. */
import type { Clock } from '../../base/clock.ts'
import type { ResilienceSettings } from '../../config/settings.ts'

type Rates = Pick<ResilienceSettings, 'retry_budget_percent' | 'retries_per_second_min'>

/** Unused retries of so many seconds or calls may be saved up. */
const saved_s = 2
const savedCalls = 100

export class RetryBudget {
  readonly #clock: Clock
  readonly #rates: Rates
  #ofCalls = 0
  #ofTime: number
  #readAt: number

  constructor(rates: Rates, clock: Clock) {
    this.#clock = clock
    this.#rates = rates
    this.#ofTime = rates.retries_per_second_min
    this.#readAt = clock.monotonic()
  }

  /** A call was made for the first time. */
  deposit(): void {
    const share = this.#rates.retry_budget_percent / 100
    this.#ofCalls = Math.min(this.#ofCalls + share, share * savedCalls)
  }

  /** Takes one retry; false where there is none left. */
  spend(): boolean {
    const now = this.#clock.monotonic()
    const { retries_per_second_min: perSecond } = this.#rates
    this.#ofTime = Math.min(this.#ofTime + ((now - this.#readAt) / 1000) * perSecond, saved_s * perSecond)
    this.#readAt = now
    // Whole retries only; sums of hundredths may be a hair below one.
    if (this.#ofTime >= 1 - hair) this.#ofTime -= 1
    else if (this.#ofCalls >= 1 - hair) this.#ofCalls -= 1
    else return false
    return true
  }
}

const hair = 1e-9
