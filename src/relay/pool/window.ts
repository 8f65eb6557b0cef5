/** How many calls ended how over the last while, in two halves, so that old ones leave without a list of them. */
import type { Clock } from '../../base/clock.ts'

/** Calls and those of them that were faults. */
interface Shares {
  readonly calls: number
  readonly faults: number
}

export class Window {
  readonly #clock: Clock
  #startedAt: number
  #now = { calls: 0, faults: 0 }
  #before = { calls: 0, faults: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  add(fault: boolean, window_ms: number): void {
    this.#roll(window_ms)
    this.#now.calls += 1
    if (fault) this.#now.faults += 1
  }

  read(window_ms: number): Shares {
    this.#roll(window_ms)
    return { calls: this.#now.calls + this.#before.calls, faults: this.#now.faults + this.#before.faults }
  }

  clear(): void {
    this.#now = { calls: 0, faults: 0 }
    this.#before = { calls: 0, faults: 0 }
  }

  #roll(window_ms: number): void {
    const at = this.#clock.monotonic()
    const halves = Math.floor((at - this.#startedAt) / (window_ms / 2))
    if (halves <= 0) return
    this.#before = halves === 1 ? this.#now : { calls: 0, faults: 0 }
    this.#now = { calls: 0, faults: 0 }
    this.#startedAt = at
  }
}
