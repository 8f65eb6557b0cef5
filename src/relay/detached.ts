/**
 * A call whose caller does not wait for the end of its task, to an agent that cannot be asked about one later: its stream
 * is read to the end for nobody, so that there is something to show when the caller asks.
 */
import type { Denial, Hop } from '../domain/verdict.ts'
import { writeAgentFailure } from '../protocol/a2a/agent-failure.ts'
import { answerHeaders, answerStatus } from '../protocol/a2a/answer-head.ts'
import { writeSaid } from '../protocol/a2a/write-said.ts'
import type { Cancels, Done, Exchange, Mission } from './exchange.ts'
import { Feed } from './feed/feed.ts'
import type { FeedEnd, Reader } from './feed/reader.ts'
import { targetOf, type Way } from './stream.ts'
import { type Ending, endingOf, Tally } from './tally.ts'
import { makeFault } from './wire/transport.ts'

export class DetachedExchange implements Exchange, Reader {
  readonly full = false
  readonly #hop: Hop
  readonly #tally: Tally
  readonly #feed: Feed

  constructor(hop: Hop, mission: Mission, way: Way & { readonly done: Done }) {
    const { call } = hop
    const { driver, errand, watch, known } = mission
    this.#hop = hop
    this.#tally = new Tally(way.clock, way.done)
    this.#feed = new Feed({ target: targetOf(hop), driver, errand, watch, bench: way, hub: way.hub }, call)
    this.#feed.join(this)
    this.#feed.open({ operation: 'stream', warrant: hop, call, rewritten: true, params: () => mission.params(), known })
  }

  get taskId(): string | null {
    return this.#feed.task?.id ?? null
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    if (why === 'aborted') return this.#feed.fail(makeFault('aborted', 'the gateway gave up', this.#feed.sent))
    this.#feed.leave(this)
    this.#tell({ kind: 'gone', sent: this.#feed.sent })
  }

  halt(denial: Denial, cancels?: Cancels): void {
    if (!this.#tally.told) this.#feed.halt(denial, cancels)
  }

  onHead(): void {}

  /** The first word is the answer; everything after it is for whoever asks later. */
  onNews(): void {
    if (this.#tally.told) return
    const { call } = this.#hop
    const said = this.#feed.log.snapshot() ?? this.#feed.log.at(0)
    if (said === null) return
    const headers = answerHeaders(call, call.accept ?? null)
    const answer = { status: answerStatus(call), headers, body: writeSaid(said, call) }
    this.#tell({ kind: 'answered', sent: true, answer })
    this.#feed.leave(this)
  }

  onOver(end: FeedEnd): void {
    if (this.#tally.told) return
    if (end.kind === 'done') return this.onNews()
    const answer = end.kind === 'error' ? { answer: writeAgentFailure(this.#hop.call, end.error) } : {}
    this.#tell({ ...endingOf(end, this.#feed.sent), ...answer })
  }

  #tell(ending: Ending): void {
    this.#tally.tellOf(this.#feed, 0, ending)
  }
}
