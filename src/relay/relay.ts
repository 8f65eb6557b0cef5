/** Carries a hop to its target. Whoever has no Hop cannot send: no byte goes upstream unjudged. */
import type { Hop } from '../domain/verdict.ts'
import type { Reply } from '../protocol/http.ts'
import type { Bench, Done, Errand, Exchange } from './exchange.ts'
import { StreamExchange } from './stream.ts'
import { Tally } from './tally.ts'
import { UnaryExchange } from './unary.ts'

export class Relay {
  readonly #bench: Bench

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** Sends a call with one answer. `done` is called once, later, with the answer to write or the reason why there is none. */
  sendUnary(hop: Hop, errand: Errand, done: Done): Exchange {
    return new UnaryExchange(hop, errand, this.#bench, done)
  }

  /** Sends a call whose answer is a stream and writes all of it to `reply`. `done` is called once, at its end. */
  sendStream(hop: Hop, errand: Errand, reply: Reply, done: Done): Exchange {
    const tally = new Tally(hop, this.#bench.clock, done)
    return new StreamExchange(hop, errand, { ...this.#bench, tally }, reply)
  }
}
