/** One caller that follows a task somebody has started before: it joins the feed of the task, or opens it. */
import type { Call } from '../domain/call.ts'
import type { Claim, Denial } from '../domain/verdict.ts'
import type { Reply } from '../protocol/http.ts'
import type { Bench, Done, Exchange, Mission } from './exchange.ts'
import { Feed } from './feed/feed.ts'
import { Follower } from './feed/follower.ts'
import type { Hub } from './feed/hub.ts'
import { type Ending, endingOf, Tally } from './tally.ts'
import { makeFault } from './wire/transport.ts'

interface Way extends Bench {
  readonly hub: Hub
  readonly reply: Reply
  readonly done: Done
}

export class FollowExchange implements Exchange {
  readonly taskId: string
  readonly #tally: Tally
  readonly #feed: Feed
  readonly #follower: Follower

  constructor(claim: Claim, call: Call, mission: Mission, way: Way) {
    const { task } = claim
    const { driver, errand, watch, known } = mission
    this.taskId = task.taskId
    this.#tally = new Tally(way.clock, way.done)
    const open = way.hub.find(task.target, task.taskId)
    this.#feed = open ?? new Feed({ target: task.target, driver, errand, watch, bench: way, hub: way.hub }, task)
    const parts = { feed: this.#feed, call, run: task.owner.run, bench: way, standing: errand.standing }
    this.#follower = new Follower(parts, way.reply, this.#feed.log.next, {
      onFinished: (end) => this.#tell(endingOf(end, true)),
      onGone: () => this.#tell({ kind: 'gone', sent: true }),
      onRefused: (denial) => this.halt(denial),
    })
    if (open) this.#follower.showSnapshot()
    this.#feed.join(this.#follower)
    if (open) return
    const ask = { operation: 'subscribe', warrant: claim, taskId: task.taskId, historyLength: null, known } as const
    this.#feed.open(ask)
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    this.#follower.leave()
    if (why === 'gone') return this.#tell({ kind: 'gone', sent: true })
    this.#tell({ kind: 'fault', sent: true, fault: makeFault('aborted', 'the gateway gave up', true) })
  }

  /** Ends it for this caller; the task goes on for everybody else. */
  halt(denial: Denial): void {
    if (this.#tally.told) return
    this.#follower.halt(denial)
    this.#tell({ kind: 'halted', sent: true, denial })
  }

  #tell(ending: Ending): void {
    this.#tally.tellOf(this.#feed, this.#follower.bytesOut, ending)
  }
}
