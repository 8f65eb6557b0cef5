/** Statements by their text, each prepared once; of those with a filter the oldest leave. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

const kept_max = 200

export class Statements {
  readonly #base: DatabaseSync
  readonly #kept = new Map<string, StatementSync>()

  constructor(base: DatabaseSync) {
    this.#base = base
  }

  /** Its rows are lists, not objects. */
  lists(text: string): StatementSync {
    const made = this.of(text)
    made.setReturnArrays(true)
    return made
  }

  of(text: string): StatementSync {
    const known = this.#kept.get(text)
    if (known) return known
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= kept_max && oldest !== undefined) this.#kept.delete(oldest)
    const made = this.#base.prepare(text)
    this.#kept.set(text, made)
    return made
  }
}
