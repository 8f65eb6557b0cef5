/** A count with a ceiling in one 32-bit cell: calls under way, calls made. Exact for any number of threads. */
import { assert } from '../base/assert.ts'

const ceiling = 0x7fff_ffff

export class Gauge {
  readonly #cells: Int32Array<SharedArrayBuffer>
  readonly #at: number

  constructor(cells: Int32Array<SharedArrayBuffer>, at: number) {
    this.#cells = cells
    this.#at = at
  }

  get value(): number {
    return Atomics.load(this.#cells, this.#at)
  }

  /** Counts one more unless that would pass `max`; Infinity for no limit. */
  enter(max: number): boolean {
    const most = Math.min(max, ceiling)
    for (;;) {
      const seen = Atomics.load(this.#cells, this.#at)
      if (seen + 1 > most) return false
      if (Atomics.compareExchange(this.#cells, this.#at, seen, seen + 1) === seen) return true
    }
  }

  leave(): void {
    const before = Atomics.sub(this.#cells, this.#at, 1)
    assert(before > 0, 'nobody leaves who did not enter')
  }

  /** Lifts the cell to `value` if it is lower. */
  raiseTo(value: number): void {
    for (;;) {
      const seen = Atomics.load(this.#cells, this.#at)
      if (seen >= value || Atomics.compareExchange(this.#cells, this.#at, seen, value) === seen) return
    }
  }
}
