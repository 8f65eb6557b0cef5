/** How many unknown tokens a peer may make us check: a signature costs us a thousand times what it costs to invent one. */
import { BoundedMap } from '../base/bounded-map.ts'
import type { Clock } from '../base/clock.ts'

export interface PeerBudgetLimits {
  readonly tokens_per_second: number
  readonly burst: number
}

const peers_max = 4096

/** A GCRA for each peer: one number, the time at which the peer will have paid for what it took. */
export class PeerBudget {
  readonly #paidAt: BoundedMap<string, number>
  readonly #clock: Clock
  readonly #price_ms: number
  readonly #credit_ms: number

  constructor({ tokens_per_second, burst }: PeerBudgetLimits, clock: Clock) {
    this.#paidAt = new BoundedMap({ max: peers_max })
    this.#clock = clock
    this.#price_ms = 1000 / tokens_per_second
    this.#credit_ms = burst * this.#price_ms
  }

  /** Takes one check; returns 0, or the milliseconds after which the next one is free. */
  take(peer: string): number {
    const now = this.#clock.monotonic()
    const paidAt = Math.max(now, this.#paidAt.get(peer) ?? 0) + this.#price_ms
    const wait_ms = paidAt - now - this.#credit_ms
    if (wait_ms > 0) return Math.ceil(wait_ms)
    this.#paidAt.set(peer, paidAt)
    return 0
  }
}
