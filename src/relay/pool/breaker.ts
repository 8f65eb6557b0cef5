/**
 * What is known of somebody who is asked again and again: what it carries, how it did lately, and how long it is left alone.
 *
 *     healthy --ejected--> ejected --its time is over--> due --one probe--> healthy
 *                             ^                                   |
 *                             +--------twice as long--------------+
 */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'

/** Spans of time of one ejection. */
interface Spans {
  readonly eject_ms: number
  readonly eject_max_ms: number
}

/** What an ask says of whom it went to once it is over; `nothing` where it was given up or failed for reasons of its own. */
export type Verdict = 'well' | 'ill' | 'nothing'

export class Breaker {
  readonly #clock: Clock
  /** Asks under way at it. */
  outstanding = 0
  /** Faults in a row. */
  faults = 0
  /** When something was last asked of it, by the monotonic clock. */
  usedAt: number
  #ejectedUntil: number | null = null
  #healedAt = -Infinity
  #ejections = 0
  /** The number of the probe under way; 0 for none. */
  #probe = 0
  #probes = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.usedAt = clock.monotonic()
  }

  /** By the monotonic clock; null where nothing is held against it. */
  get ejectedUntil(): number | null {
    return this.#ejectedUntil
  }

  get healthy(): boolean {
    return this.#ejectedUntil === null
  }

  /** It was left alone for long enough, and nobody is finding out whether that helped. */
  get due(): boolean {
    return this.#ejectedUntil !== null && !this.probing && this.#ejectedUntil <= this.#clock.monotonic()
  }

  get probing(): boolean {
    return this.#probe !== 0
  }

  /** One more ask goes to it; a number where it is the one that finds out whether it works again, else 0. */
  take(): number {
    this.outstanding += 1
    this.usedAt = this.#clock.monotonic()
    if (this.healthy || this.probing) return 0
    this.#probes += 1
    this.#probe = this.#probes
    return this.#probe
  }

  /**
   * An ask is over; `probe` is what `take` said of it. Whether its verdict counts towards an ejection: one that was given up
   * says nothing, and one that was a probe has decided.
   */
  giveBack(verdict: Verdict, probe: number, spans: Spans): boolean {
    assert(this.outstanding > 0, 'nothing is given back that was not taken')
    this.outstanding -= 1
    const probed = this.endProbe(probe)
    if (verdict === 'nothing') return false
    if (probed && verdict === 'well') this.heal()
    else if (probed) this.eject(spans)
    else this.faults = verdict === 'ill' ? this.faults + 1 : 0
    return !probed
  }

  /** That probe is over; false where nothing depends on it any more. */
  endProbe(probe: number): boolean {
    const counts = probe !== 0 && probe === this.#probe
    if (counts) this.#probe = 0
    return counts
  }

  heal(): void {
    this.#probe = 0
    this.#ejectedUntil = null
    this.#healedAt = this.#clock.monotonic()
    this.start()
  }

  /** Leaves it alone, each time twice as long, until it has been well for as long as the longest time. */
  eject({ eject_ms, eject_max_ms }: Spans): void {
    const now = this.#clock.monotonic()
    // A probe ahead of time, because nobody else was left, says nothing that was not known.
    if (this.#ejectedUntil !== null && now < this.#ejectedUntil) return
    if (this.#ejectedUntil === null && now - this.#healedAt > eject_max_ms) this.#ejections = 0
    this.#ejectedUntil = now + Math.min(eject_ms * 2 ** this.#ejections, eject_max_ms)
    this.#ejections = Math.min(this.#ejections + 1, doublings_max)
    this.start()
  }

  /** What was counted so far counts no more. */
  protected start(): void {
    this.faults = 0
  }
}

/** 100 ms doubled so often is past the longest time there may be. */
const doublings_max = 16
