/** The exchanges under way, by run, so that a halt or a revocation finds every one of them. */
import type { AnyCall } from '../domain/call.ts'
import type { HopId, RunId } from '../domain/ids.ts'
import { type Denial, deny, type Hop } from '../domain/verdict.ts'
import type { Cancels } from '../relay/exchange.ts'

/** What a halt needs of an exchange. */
export interface Haltable {
  readonly hop: Hop<AnyCall>
  readonly streaming: boolean
  /** The task its target works on, once that is known. */
  taskId(): string | null
  /** Ends the exchange for the caller with the protocol's own terminal event. */
  halt(denial: Denial, cancels: Cancels): void
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

  /** The exchanges of a run that are under way. */
  openIn(run: RunId): readonly Haltable[] {
    return [...(this.#byRun.get(run)?.values() ?? [])]
  }

  begin(exchange: Haltable): void {
    const {
      id: hop,
      run: { id: run },
    } = exchange.hop
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

  /**
   * Halts every exchange of a run, the deepest (youngest) first, so that no parent starts another child meanwhile. Whoever
   * asks for it cancels their tasks.
   */
  halt(run: RunId): number {
    return haltAll(this.#byRun.get(run), () => deny('run_halted', 'halted while the call was under way'), 'caller')
  }

  /** Halts every exchange, of whatever run, that `refusalOf` does not let go on; of each run the deepest first. */
  haltWhere(refusalOf: (hop: Hop<AnyCall>) => Denial | null): number {
    return [...this.#byRun.values()].reduce((sum, exchanges) => sum + haltAll(exchanges, refusalOf, 'exchange'), 0)
  }
}

function haltAll(
  exchanges: ReadonlyMap<HopId, Haltable> | undefined,
  refusalOf: (hop: Hop<AnyCall>) => Denial | null,
  cancels: Cancels,
): number {
  let halted = 0
  for (const exchange of [...(exchanges?.values() ?? [])].toReversed()) {
    const denial = refusalOf(exchange.hop)
    if (!denial) continue
    exchange.halt(denial, cancels)
    halted += 1
  }
  return halted
}
