/**
 * Plays the recorded calls of a run on a gateway that was started for it: each is sent as the agent that made it, in the order
 * of the ledger, and what lay open at once then lies open at once again. Every wait has an end.
 */
import type { Clock } from '../../base/clock.ts'
import { within } from '../../base/waits.ts'
import type { HopId } from '../../domain/ids.ts'
import type { CallRecord } from '../../domain/record.ts'
import type { Fate, Played } from '../../pipeline/whatif/rerun/compare.ts'
import type { Answer, Asked, Request, Said } from '../../pipeline/whatif/rerun/said.ts'
import type { Moment, Timeline } from '../../pipeline/whatif/rerun/timeline.ts'
import type { Arrival } from './mock.ts'
import { post } from './post.ts'

export interface PlayerParts {
  readonly clock: Clock
  /** Of the listener for data, without a trailing slash. */
  readonly gateway: string
  /** The same for all calls of the root, so that they are of one run. */
  readonly traceparent: string
  readonly timeout_ms: number
  readonly signal: AbortSignal
  readonly requestOf: (record: CallRecord) => Request | null
  readonly answerOf: (record: CallRecord, asked: Asked) => Answer
  /** A token of the gateway for whoever made the call; null where it issues none. */
  readonly tokenFor: (record: CallRecord) => Promise<string | null>
  /** Halts whatever run is under way. */
  readonly halt: (reason: string) => Promise<void>
  /** Told how many moments are over. */
  readonly progress: (done: number, of: number) => void
}

/** Between a call and the moment in which it arrives or is refused, and between its answer and its end. */
const step_timeout_ms = 20_000
/** What was halted then is halted now within this time, or is not. */
const halt_patience_ms = 1000

/** A call under way. */
interface Live {
  readonly record: CallRecord
  readonly request: Said['from']
  readonly gone: AbortController
  /** Ends with the id of its hop, where that was said. */
  readonly over: Promise<string | null>
  done: boolean
  arrival: Arrival | null
  answer: Said['from'] | null
}

export class Player {
  readonly #timeline: Timeline
  readonly #parts: PlayerParts
  readonly #live = new Map<HopId, Live>()
  readonly #fates = new Map<HopId, Fate>()
  /** Handed to the targets of calls that arrived, for the calls below them. */
  readonly #tokens = new Map<HopId, string>()
  #awaited: { readonly hop: HopId; readonly arrived: (arrival: Arrival) => void } | null = null
  #haltsInVain = false

  constructor(timeline: Timeline, parts: PlayerParts) {
    this.#timeline = timeline
    this.#parts = parts
  }

  /** What the mock tells. One at a time is awaited; a gateway that tries a broken target again finds it broken. */
  arrive(arrival: Arrival): void {
    const awaited = this.#awaited
    this.#awaited = null
    if (!awaited) return arrival.cut()
    const token = arrival.headers['txn-token']
    if (typeof token === 'string') this.#tokens.set(awaited.hop, token)
    awaited.arrived(arrival)
  }

  async play(): Promise<Played> {
    const { clock, timeout_ms, signal, progress } = this.#parts
    const started = clock.monotonic()
    const { moments } = this.#timeline
    const isLate = (): boolean => signal.aborted || clock.monotonic() - started > timeout_ms
    let done = 0
    for (const moment of moments) {
      if (isLate()) break
      await this.#pass(moment)
      done += 1
      progress(done, moments.length)
    }
    for (const hop of [...this.#live.keys()].toReversed()) await this.#end(hop)
    const ended = done < moments.length ? 'timeout' : 'complete'
    return { fates: this.#fates, ended, ms: Math.round(clock.monotonic() - started) }
  }

  async #pass(moment: Moment): Promise<void> {
    if (moment.kind === 'halt') await this.#parts.halt(moment.reason)
    else if (moment.kind === 'begin') await this.#begin(moment.hop)
    else await this.#end(moment.hop)
  }

  async #begin(hop: HopId): Promise<void> {
    const record = this.#timeline.calls.get(hop)
    if (!record) return
    const { parent_rid: parent } = record
    const above = parent === null ? null : this.#tokens.get(parent)
    if (above === undefined) {
      this.#fates.set(hop, { kind: 'not_reached' })
      return
    }
    const credential = await this.#parts.tokenFor(record)
    const request = this.#parts.requestOf(record)
    if (credential === null || request === null) {
      this.#fates.set(hop, { kind: 'no_words' })
      return
    }
    const arriving = Promise.withResolvers<Arrival>()
    this.#awaited = { hop, arrived: arriving.resolve }
    const live = this.#send(record, request, { credential, above })
    this.#live.set(hop, live)
    const first = await within(step_timeout_ms, Promise.race([arriving.promise, live.over]))
    this.#awaited = null
    if (typeof first === 'object' && first !== null) live.arrival = first
    // Its record knows no end of it, for it was refused then.
    if (live.arrival && record.decision === 'deny') await this.#end(hop)
    // What was refused is over, and what neither arrived nor was refused in all this time never will.
    else if (!live.arrival) await this.#settle(hop, live)
  }

  #send(
    record: CallRecord,
    { path, headers, body, from }: Request,
    { credential, above }: { readonly credential: string; readonly above: string | null },
  ): Live {
    const { gateway, traceparent } = this.#parts
    const gone = new AbortController()
    const place = above === null ? { traceparent } : { 'txn-token': above }
    const sent = { headers: { ...headers, authorization: `Bearer ${credential}`, ...place }, body }
    const over = post(`${gateway}${path}`, sent, gone.signal).then((told) => {
      live.done = true
      return told
    })
    const live: Live = { record, request: from, gone, over, done: false, arrival: null, answer: null }
    return live
  }

  /** As it ended then: answered, with a broken connection, or halted from outside. */
  async #end(hop: HopId): Promise<void> {
    const live = this.#live.get(hop)
    if (!live) return
    const { record, arrival } = live
    const { status } = record.outcome
    if (status === 'halted' && !this.#haltsInVain && !live.done) {
      await within(halt_patience_ms, live.over)
      this.#haltsInVain = !live.done
    }
    if (!live.done && status === 'failed') arrival?.cut()
    else if (!live.done && arrival) {
      const { body, contentType, from } = this.#parts.answerOf(record, arrival.asked)
      live.answer = from
      arrival.answer(contentType, body)
    }
    await this.#settle(hop, live)
  }

  async #settle(hop: HopId, live: Live): Promise<void> {
    const told = await within(step_timeout_ms, live.over)
    if (!live.done) live.gone.abort()
    this.#live.delete(hop)
    this.#fates.set(hop, { kind: 'sent', request: live.request, answer: live.answer, hop: told })
  }
}
