/** Whether an agent gets on with its task: bytes alone, timestamps and repetitions are no progress. */
import type { Observation } from '../../protocol/a2a/revision.ts'
import type { Bench } from '../exchange.ts'

export class Progress {
  readonly #bench: Bench
  #kind: Observation['kind'] = 'open'
  #mark = -1
  #movedAt: number

  constructor(bench: Bench) {
    this.#bench = bench
    this.#movedAt = bench.clock.monotonic()
  }

  /** Whether more is to come, as far as the last word said. */
  get open(): boolean {
    return this.#kind === 'open'
  }

  /** Nothing has happened for longer than anybody has to wait for. */
  get stalled(): boolean {
    return this.#bench.clock.monotonic() - this.#movedAt >= this.#bench.settings.stall_ms
  }

  /** Time in which the agent was not listened to does not count against it. */
  touch(): void {
    this.#movedAt = this.#bench.clock.monotonic()
  }

  see({ kind, mark }: Observation): void {
    this.#kind = kind
    if (mark !== this.#mark) this.touch()
    this.#mark = mark
  }
}
