/** The exchanges under way, by run, so that a halt finds every one of them. */
import type { HopId, RunId } from '../domain/ids.ts'

/** What a halt needs of an exchange. */
export interface Haltable {
  readonly streaming: boolean
  /** Ends the exchange for the caller with the protocol's own terminal event and cancels the task upstream. */
  halt(): void
}

export class Exchanges {
  readonly #byRun = new Map<RunId, Map<HopId, Haltable>>()
  #open = 0
  #streams = 0

  /** How many are under way; bounded by `maximums.open_calls` at the edge. */
  get open(): number {
    return this.#open
  }

  /** Those of them whose answer is a stream. */
  get streams(): number {
    return this.#streams
  }

  begin(run: RunId, hop: HopId, exchange: Haltable): void {
    const known = this.#byRun.get(run)
    if (known) known.set(hop, exchange)
    else this.#byRun.set(run, new Map([[hop, exchange]]))
    this.#open += 1
    if (exchange.streaming) this.#streams += 1
  }

  end(run: RunId, hop: HopId): void {
    const known = this.#byRun.get(run)
    const exchange = known?.get(hop)
    if (!known || !exchange) return
    known.delete(hop)
    this.#open -= 1
    if (exchange.streaming) this.#streams -= 1
    if (known.size === 0) this.#byRun.delete(run)
  }

  /** Halts every exchange of a run, the deepest (youngest) first, so that no parent starts another child meanwhile. */
  halt(run: RunId): number {
    const open = [...(this.#byRun.get(run)?.values() ?? [])].toReversed()
    for (const exchange of open) exchange.halt()
    return open.length
  }
}
