/** Durations in an HDR histogram: recorded in whole microseconds, read as cumulative buckets in seconds. */
import { Float64Histogram } from 'hdr-histogram-js'
import type { Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'

/** Longest duration that is told apart from longer ones: one hour. */
const highest_us = 3_600_000_000

/** Two significant digits: a value is off by less than 1 %. */
const digits = 2

/** From 10 us, where the gateway's own time is, to a minute, where agents are. */
const durationBuckets_s: readonly number[] = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10, 30, 60,
]

export interface Bucket {
  /** Upper bound in seconds, inclusive; the last one is Infinity. */
  readonly le: number
  /** How many values are at or below the bound. */
  readonly count: number
}

/** One value of a bucket, and the run it was measured in. */
export interface Exemplar {
  readonly run: RunId
  /** In the unit of the metric. */
  readonly value: number
  readonly at: Millis
}

export class DurationHistogram {
  // Counts are doubles: an integer cell of 32 bits would overflow within days under load.
  readonly #hdr = new Float64Histogram(1, highest_us, digits)
  #sum_us = 0
  /** The newest of each bucket, by its place. */
  readonly #exemplars: (Exemplar | undefined)[] = []

  /** Records a duration in milliseconds with fractions; a negative one counts as zero, a longer one as an hour. */
  record(duration_ms: number): void {
    const us = duration_ms > 0 ? Math.min(duration_ms * 1000, highest_us) : 0
    this.#sum_us += us
    this.#hdr.recordValue(Math.round(us))
  }

  /** The same, and remembers the run as an example of it. */
  recordIn(run: RunId, duration_ms: number, at: Millis): void {
    this.record(duration_ms)
    const value = duration_ms > 0 ? Math.min(duration_ms * 1000, highest_us) / 1_000_000 : 0
    let place = 0
    while (place < durationBuckets_s.length && value > (durationBuckets_s[place] ?? 0)) place++
    this.#exemplars[place] = { run, value, at }
  }

  /** By the place of the bucket in `buckets()`; undefined where nothing fell into it. */
  exemplar(place: number): Exemplar | undefined {
    return this.#exemplars[place]
  }

  get count(): number {
    return this.#hdr.totalCount
  }

  get sum_s(): number {
    return this.#sum_us / 1_000_000
  }

  /** The duration in seconds that `percentile` (0-100) of all values do not exceed; 0 without values. */
  quantile_s(percentile: number): number {
    return this.count === 0 ? 0 : this.#hdr.getValueAtPercentile(percentile) / 1_000_000
  }

  /** Cumulative counts, the infinite bucket last. */
  buckets(bounds_s: readonly number[] = durationBuckets_s): readonly Bucket[] {
    let index = 0
    let count = 0
    const buckets = bounds_s.map((le): Bucket => {
      const last = this.#hdr.countsArrayIndex(Math.round(le * 1_000_000))
      for (; index <= last; index++) count += this.#hdr.getCountAtIndex(index)
      return { le, count }
    })
    return [...buckets, { le: Number.POSITIVE_INFINITY, count: this.count }]
  }
}
