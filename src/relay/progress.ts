/** Whether a task still moves: the same words again and again are no progress, and neither are comments. */
import type { Fault } from '../domain/fault.ts'
import type { Bench } from './exchange.ts'
import { makeFault } from './transport.ts'

export class Progress {
  readonly #bench: Bench
  #movedAt: number
  #lastMark = -1

  constructor(bench: Bench) {
    this.#bench = bench
    this.#movedAt = bench.clock.monotonic()
  }

  moved(): void {
    this.#movedAt = this.#bench.clock.monotonic()
  }

  /** Something was said; the mark is that of its content. */
  see(mark: number): void {
    if (mark !== this.#lastMark) this.moved()
    this.#lastMark = mark
  }

  /** Why it is not listened to any longer; null while it moves. */
  stalled(): Fault | null {
    const { clock, settings } = this.#bench
    if (clock.monotonic() - this.#movedAt < settings.stall_ms) return null
    return makeFault('stalled', `no progress for ${settings.stall_ms} ms`, true)
  }
}
