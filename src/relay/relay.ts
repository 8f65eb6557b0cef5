/** Carries a hop to its target. Whoever has no Hop cannot send: no byte goes upstream unjudged. */
import type { Claim, Hop, Permit } from '../domain/verdict.ts'
import type { Call, McpCall } from '../domain/call.ts'
import type { Fault } from '../domain/fault.ts'
import type { Reply } from '../protocol/http.ts'
import { askOnce, type Heard } from './ask-once.ts'
import { DetachedExchange } from './detached.ts'
import { returnsImmediately } from '../protocol/a2a/params.ts'
import { cancelTask } from './cancel.ts'
import type { Bench, Done, Exchange, Mission } from './exchange.ts'
import { FollowExchange } from './follow.ts'
import type { FollowAsk } from './driver.ts'
import { Feed } from './feed/feed.ts'
import { Hub } from './feed/hub.ts'
import { StreamExchange } from './stream.ts'
import { McpExchange, type McpMission } from './mcp-exchange.ts'
import { UnaryExchange } from './unary.ts'

export class Relay {
  readonly #bench: Bench
  readonly hub: Hub

  constructor(bench: Bench) {
    this.#bench = bench
    this.hub = new Hub(bench.settings.watched_tasks)
  }

  get bench(): Bench {
    return this.#bench
  }

  /** Sends a call with one answer. `done` is called once, later, with the answer to write or the reason why there is none. */
  sendUnary(hop: Hop, mission: Mission, done: Done): Exchange {
    if (!mission.driver.features.get && returnsImmediately(mission.params()))
      return new DetachedExchange(hop, mission, { ...this.#bench, hub: this.hub, done })
    return new UnaryExchange(hop, mission, this.#bench, done)
  }

  /** Sends a call whose answer is a stream and writes all of it to `reply`. `done` is called once, at its end. */
  sendStream(hop: Hop, mission: Mission, reply: Reply, done: Done): Exchange {
    return new StreamExchange(hop, mission, { ...this.#bench, hub: this.hub, done }, reply)
  }

  /** Follows a task for one more reader, who sees it as it stands first. */
  follow(claim: Claim, call: Call, mission: Mission, to: { readonly reply: Reply; readonly done: Done }): Exchange {
    return new FollowExchange(claim, call, mission, { ...this.#bench, hub: this.hub, ...to })
  }

  /** Follows a task for nobody, so that what happens to it is seen. Nothing where that is done already. */
  watch(claim: Claim, mission: Mission): void {
    const { taskId, target } = claim.task
    if (this.hub.closed || this.hub.find(target, taskId)) return
    const { driver, errand, watch, known } = mission
    const feed = new Feed({ target, driver, errand, watch, bench: this.#bench, hub: this.hub }, claim.task)
    feed.open({ operation: 'subscribe', warrant: claim, taskId, historyLength: null, known })
    feed.follow()
  }

  /** Sends a message to a tool server. A stream is written to `reply` as it comes, one answer is handed over with `done`. */
  sendMcp(warrant: Hop<McpCall> | Permit, mission: McpMission, to: { reply: Reply; done: Done }): Exchange {
    return new McpExchange(warrant, mission, this.#bench, to)
  }

  /** Ends everything that is under way: whoever waits is told. Nothing is cancelled. */
  async close(): Promise<void> {
    this.hub.close()
    await this.#bench.transport.close()
  }

  /** Asks about a task. `timeout_ms` bounds the wait; a blocking cancel may take its time. */
  ask(ask: FollowAsk, { driver, errand }: Pick<Mission, 'driver' | 'errand'>): Promise<Heard | Fault> {
    const parts = { driver, errand, bench: this.#bench }
    return ask.operation === 'cancel' ? cancelTask(parts, ask) : askOnce(parts, ask, this.#bench.settings.first_byte_ms)
  }
}
