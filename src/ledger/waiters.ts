/** Calls that leave once their entries are on the disk for good. However many wait at a time, they cost one sync. */
import type { Clock, Millis } from '../base/clock.ts'
import type { Status } from './status.ts'

interface Waiting {
  readonly goal: number
  /** Monotonic. */
  readonly until: Millis
  readonly resolve: (secured: boolean) => void
}

export interface WaitersParts {
  readonly status: Status
  readonly clock: Clock
  readonly isFailing: () => boolean
}

/** A sync that takes longer is not waited for. */
const patience_ms = 5000
/** Between two looks where nothing is said. */
const look_ms = 200

export class Waiters {
  readonly #parts: WaitersParts
  readonly #waiting: Waiting[] = []
  #looking = false

  constructor(parts: WaitersParts) {
    this.#parts = parts
  }

  /** Whether entry `goal` is on the disk for good: at once where it is, else when it is; false where that fails or takes too long. */
  until(goal: number): boolean | Promise<boolean> {
    const { status, clock, isFailing } = this.#parts
    if (isFailing()) return false
    if (status.durable >= goal) return true
    const until = clock.monotonic() + patience_ms
    const secured = new Promise<boolean>((resolve) => this.#waiting.push({ goal, until, resolve }))
    if (this.#looking) return secured
    this.#looking = true
    // At the end of this turn of the loop: what others append in it is written with it.
    setImmediate(() => void this.#look())
    return secured
  }

  /** Answers those that wait, in their order, until nobody does. */
  async #look(): Promise<void> {
    const { status, clock, isFailing } = this.#parts
    while (this.#waiting.length > 0) {
      const { durable } = status
      const now = clock.monotonic()
      const lost = isFailing()
      const done = this.#waiting.findIndex(({ goal, until }) => !lost && goal > durable && until > now)
      const answered = this.#waiting.splice(0, done === -1 ? this.#waiting.length : done)
      for (const { goal, resolve } of answered) resolve(goal <= durable)
      if (this.#waiting.length === 0) break
      // Once for all that wait: to wake a thread costs as much as to append.
      status.hurry()
      await status.changed(durable, look_ms)
    }
    this.#looking = false
  }
}
