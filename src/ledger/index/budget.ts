/** How long a question may take. SQLite cannot be stopped within a statement, so that long ones are asked in parts. */
import type { Clock } from '../../base/clock.ts'

export class Budget {
  readonly #clock: Clock
  readonly #end: number

  constructor(clock: Clock, budget_ms: number) {
    this.#clock = clock
    this.#end = clock.monotonic() + budget_ms
  }

  get isOver(): boolean {
    return this.#clock.monotonic() > this.#end
  }
}
