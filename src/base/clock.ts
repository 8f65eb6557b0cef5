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

/** What counts as the wall clock having been set back, and not as rounding or slewing. */
const setBack_ms = 1000

/**
 * A clock whose wall time never runs backwards: where the source is set back, time goes on by its monotonic clock, so that
 * no token is valid again and no budget of a day opens twice; where the source is set forward, it is followed.
 *
 *     source     10 11 12 | 3  4  5     |  20 21
 *     this       10 11 12 | 13 14 15    |  20 21
 *
 * `onSetBack` is told once for each time the source is set back, by how many milliseconds it is behind.
 */
export function steadyClock(source: Clock, onSetBack: (by_ms: number) => void = () => undefined): Clock {
  // Wall time was `wall` when the monotonic clock stood at `mark`.
  let wall = source.now()
  let mark = source.monotonic()
  let told = false
  // What was read last and what was made of it: most who ask do so within one millisecond, in which nothing can have changed.
  let before = wall
  let answered = wall
  return {
    now() {
      const read = source.now()
      if (read === before && !told) return answered
      before = read
      const at = source.monotonic()
      const expected = wall + at - mark
      const behind_ms = expected - read
      if (behind_ms > setBack_ms && !told) onSetBack(Math.floor(behind_ms))
      told = behind_ms > setBack_ms
      if (behind_ms >= 0) return (answered = Math.floor(expected))
      wall = read
      mark = at
      return (answered = read)
    },
    monotonic: () => source.monotonic(),
  }
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
