/** A number of a metric while it is counted, and a series as the pages write it. */
import type { Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'
import type { DurationHistogram, Exemplar } from './histogram.ts'

/** A number that is added to, set, or read from its owner when the page is written. */
export interface Cell {
  add(by?: number): void
  /** The same, and remembers the run as an example of it. */
  addIn(run: RunId, by: number, at: Millis): void
  set(value: number): void
  /** The owner keeps the number; it is asked when the page is written. */
  readFrom(owner: () => number): void
  readonly value: number
  readonly exemplar: Exemplar | undefined
}

/** A series with its labels, as pages write it. */
export interface Series {
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly child: Cell | DurationHistogram
}
