/** One call whose answer is a stream: the hop's place in it, its first reader, and how it came out. */
import type { Fault } from '../domain/fault.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import type { Reply } from '../protocol/http.ts'
import type { Bench, Cancels, Done, Exchange, Mission } from './exchange.ts'
import { Feed } from './feed/feed.ts'
import { Follower } from './feed/follower.ts'
import type { Hub } from './feed/hub.ts'
import { type Ending, endingOf, Tally } from './tally.ts'
import { makeFault } from './wire/transport.ts'

/** What exchanges share. */
export interface Way extends Bench {
  readonly hub: Hub
}

export class StreamExchange implements Exchange {
  readonly #tally: Tally
  readonly #feed: Feed
  readonly #follower: Follower

  constructor(hop: Hop, mission: Mission, way: Way & { readonly done: Done }, reply: Reply) {
    const { call, run } = hop
    const { driver, errand, watch, known } = mission
    this.#tally = new Tally(way.clock, way.done)
    this.#feed = new Feed({ target: targetOf(hop), driver, errand, watch, bench: way, hub: way.hub }, call)
    const leaves = (fault: Fault): boolean => mission.leaves?.(fault) === true
    const parts = { feed: this.#feed, call, run: run.id, bench: way, standing: errand.standing, leaves }
    this.#follower = new Follower(parts, reply, 0, {
      onFinished: (end) => this.#tell(endingOf(end, this.#feed.sent)),
      onGone: () => this.#tell({ kind: 'gone', sent: this.#feed.sent }),
      onRefused: (denial) => this.halt(denial),
    })
    this.#feed.join(this.#follower)
    this.#feed.open({ operation: 'stream', warrant: hop, call, params: () => mission.params(), known })
  }

  get taskId(): string | null {
    return this.#feed.task?.id ?? null
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    if (why === 'aborted') return this.#feed.fail(makeFault('aborted', 'the gateway gave up', this.#feed.sent))
    this.#follower.leave()
    this.#tell({ kind: 'gone', sent: this.#feed.sent })
  }

  halt(denial: Denial, cancels?: Cancels): void {
    if (this.#tally.told) return
    if (!this.#feed.over) return this.#feed.halt(denial, cancels)
    this.#follower.halt(denial)
    this.#tell({ kind: 'halted', sent: true, denial })
  }

  #tell(ending: Ending): void {
    this.#tally.tellOf(this.#feed, this.#follower.bytesOut, ending)
  }
}

/** The agent that serves the hop, whatever name it is called by. */
export function targetOf({ call, chain }: Hop): string {
  return chain.at(-1) ?? call.target.id
}
