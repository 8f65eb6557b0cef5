/**
 * One reader of a feed: its place in the log, its dialect, its pace. Bytes taken and not yet read stay under
 * `stream_buffer_bytes` and one event; a reader that falls out of the log is told to subscribe again.
 */
import { type Call, targetName } from '../../domain/call.ts'
import type { Fault } from '../../domain/fault.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import { canceledEvent } from '../../protocol/a2a/canceled.ts'
import { sayNeutral } from '../../protocol/a2a/neutral.ts'
import { openingOf } from '../../protocol/a2a/opening.ts'
import { writeAgentFailure, writeAgentFailureEvent } from '../../protocol/a2a/agent-failure.ts'
import { writeSaidEvent } from '../../protocol/a2a/write-said.ts'
import { writeDenial, writeDenialEvent, writeSentence } from '../../protocol/faces.ts'
import type { HeaderList, Reply } from '../../protocol/http.ts'
import type { RunId } from '../../domain/ids.ts'
import type { Bench } from '../exchange.ts'
import type { Feed } from './feed.ts'
import type { FeedEnd, Reader } from './reader.ts'
import { Outlet } from '../outlet.ts'

/** What leaves together costs one write; more of it would cost memory. */
const together_bytes = 16_384

export interface FollowerParts {
  readonly feed: Feed
  readonly call: Call
  /** Named where a halt is told. */
  readonly run: RunId | null
  readonly bench: Bench
  /** Why this caller must get nothing more; null while it may. */
  readonly standing: () => Denial | null
  /** Whether somebody else tells a caller that has heard nothing yet of this fault. */
  readonly leaves?: (fault: Fault) => boolean
}

/** What becomes of a reader; each is told at most once, and never before the constructor has returned. */
export interface FollowerEvents {
  /** It has everything, and how it ended. */
  onFinished(end: FeedEnd): void
  onGone(): void
  /** It may get nothing more; it was not told yet. */
  onRefused(denial: Denial): void
}

export class Follower implements Reader {
  readonly #parts: FollowerParts
  readonly #events: FollowerEvents
  readonly #outlet: Outlet
  readonly #reply: Reply
  #cursor: number
  #end: FeedEnd | null = null
  #over = false

  /** Reads from `cursor`, the sequence of an event in the log of the feed. */
  constructor(parts: FollowerParts, reply: Reply, cursor: number, events: FollowerEvents) {
    this.#parts = parts
    this.#events = events
    this.#cursor = cursor
    this.#reply = reply
    this.#outlet = new Outlet(reply, parts.bench, {
      onFull: () => parts.feed.flow(),
      onRoom: () => this.#onRoom(),
      onGone: () => this.#leave(),
      onSilence: () => void this.#mayNot(),
    })
  }

  get full(): boolean {
    return this.#outlet.full
  }

  get bytesOut(): number {
    return this.#outlet.bytesOut
  }

  onHead(headers: HeaderList): void {
    if (!this.#over) this.#outlet.begin(headers)
  }

  /** The task as it stands, before what follows it. */
  showSnapshot(): void {
    const said = this.#parts.feed.log.snapshot()
    if (said) this.#outlet.write(writeSaidEvent(said, this.#parts.call))
  }

  onNews(): void {
    if (!this.#over && !this.#mayNot()) this.#pump()
  }

  onOver(end: FeedEnd): void {
    if (this.#over) return
    this.#end = end
    if (end.kind === 'halted') return this.#finish(end)
    this.#pump()
  }

  /** Ends it for this reader alone. */
  halt(denial: Denial): void {
    if (this.#over) return
    this.#tellHalt(denial)
    this.#close()
  }

  /** Lets go of it without a word. */
  leave(): void {
    if (this.#over) return
    this.#outlet.leave()
    this.#close()
  }

  #pump(): void {
    const { feed } = this.#parts
    if (this.#cursor < feed.log.from) return this.#fallBehind()
    while (!this.#outlet.full && this.#cursor < feed.log.next) {
      this.#outlet.write(this.#takeSome())
      if (this.#over) return
    }
    if (this.#end && this.#cursor === feed.log.next) this.#finish(this.#end)
  }

  /** The events that wait, as many as fit into one write; one at least. */
  #takeSome(): Uint8Array {
    const { feed, call } = this.#parts
    const room = Math.min(together_bytes, this.#outlet.room)
    const events: Buffer[] = []
    let bytes = 0
    do {
      const said = feed.log.at(this.#cursor)
      this.#cursor += 1
      if (!said) continue
      const opening = this.#cursor === 1 ? openingOf(said, call) : null
      if (opening) events.push(writeSaidEvent(opening, call))
      const event = writeSaidEvent(said, call)
      events.push(event)
      bytes += event.length
    } while (bytes < room && this.#cursor < feed.log.next)
    const [first] = events
    return first && events.length === 1 ? first : Buffer.concat(events)
  }

  #finish(end: FeedEnd): void {
    if (end.kind === 'halted') this.#tellHalt(end.denial)
    else if (end.kind === 'fault') this.#tellFault(end)
    else if (end.kind === 'error') this.#tellError(end)
    else this.#outlet.end()
    this.#over = true
    this.#events.onFinished(end)
  }

  #tellError({ error }: Extract<FeedEnd, { kind: 'error' }>): void {
    const { call } = this.#parts
    if (!this.#outlet.begun) return this.#outlet.answer(writeAgentFailure(call, error))
    this.#outlet.write(writeAgentFailureEvent(call, error))
    this.#outlet.end()
  }

  #tellFault({ fault, denial }: Extract<FeedEnd, { kind: 'fault' }>): void {
    if (!this.#outlet.begun && this.#parts.leaves?.(fault) === true) return this.#outlet.leave()
    this.#tellDenial(denial)
  }

  #tellDenial(denial: Denial): void {
    this.#sayRefused(denial)
    if (!this.#outlet.begun) return this.#outlet.answer(writeDenial(denial, this.#refused()))
    this.#outlet.write(writeDenialEvent(denial, this.#refused()))
    this.#outlet.end()
  }

  /** To a client a halt looks like a task that was cancelled: a normal end it knows how to handle. */
  #tellHalt(denial: Denial): void {
    const { call, feed, run } = this.#parts
    const { task } = feed
    if (task === null || run === null) return this.#tellDenial(denial)
    this.#sayRefused(denial)
    const event = canceledEvent({
      taskId: task.id,
      contextId: task.contextId ?? '',
      messageId: `weir-${call.id}`,
      sentence: writeSentence(denial.code, call.id),
      code: denial.code,
      run,
    })
    this.#outlet.write(writeSaidEvent(sayNeutral(event), call))
    this.#outlet.end()
  }

  #sayRefused(denial: Denial): void {
    const { call, run } = this.#parts
    this.#reply.refused?.(denial, { sentence: writeSentence(denial.code, call.id, null, denial), run })
  }

  #refused(): Parameters<typeof writeDenial>[1] {
    const { call, run } = this.#parts
    return { call, run, alternatives: null }
  }

  #fallBehind(): void {
    const { call } = this.#parts
    const denial = deny('reader_behind', `a reader of ${targetName(call.target)} is behind by more than the log holds`)
    this.#tellDenial(denial)
    this.#close()
    this.#events.onFinished({ kind: 'halted', denial })
  }

  /** Whoever was revoked gets nothing more, also where the order to end this stream did not find it. */
  #mayNot(): boolean {
    const denial = this.#over ? null : this.#parts.standing()
    if (denial) this.#events.onRefused(denial)
    return denial !== null
  }

  #onRoom(): void {
    if (this.#over) return
    this.#pump()
    if (!this.#over) this.#parts.feed.flow()
  }

  #leave(): void {
    if (this.#over) return
    this.#close()
    this.#events.onGone()
  }

  #close(): void {
    this.#over = true
    this.#parts.feed.leave(this)
  }
}
