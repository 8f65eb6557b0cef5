/** Milliseconds since the Unix epoch. */
export type Millis = number

export const day_ms: Millis = 86_400_000

/** The only source of time. Tests and the simulator hand in one they can move. */
export interface Clock {
  /** Wall time in milliseconds since the epoch; for records and token lifetimes. */
  now(): Millis
  /** Monotonic time in milliseconds with fractions; for durations, never for records. */
  monotonic(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #now: Millis

  constructor(start: Millis = 1_800_000_000_000) {
    this.#now = start
  }

  now(): Millis {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  advance(by_ms: number): void {
    this.#now += by_ms
  }
}
