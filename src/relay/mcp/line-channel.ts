/**
 * A channel over one line, on which everything a server says comes in one order: answers are told apart by their id, progress by
 * its token, messages of a subscription by the id of its request. Whatever names nothing goes to the only request that is
 * open, because a server that asks or logs meanwhile does so for it; where several are open, or none, it goes to whoever
 * listens, as does what concerns the whole session. What nobody hears is dropped and counted.
 *
 *     Line.write <---- send, tell                     a line is a child process or HTTP+SSE
 *     Line ears  ----> by id | by token | by subscription | the only one open | the listener
 *
 * One life long: a line that has ended stays ended, for with it the session ended.
 */
import { assert } from '../../base/assert.ts'
import { jsonShape } from '../../base/json-shape.ts'
import { type JsonSpans, scanJson } from '../../base/json-scan.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { makeFault, type Wire } from '../wire/transport.ts'
import type { Channel, ChannelHearer, Sent } from './channel.ts'
import type { Line, LineEars, LineSettings } from './line.ts'
import { messagesIn } from './heard.ts'
import { LineRequest } from './line-request.ts'

/** A dot in a name is written with a backslash. */
const subscription = 'params._meta.io\\.modelcontextprotocol/subscriptionId'
const read = ['id', 'method', 'result', 'error', 'params.progressToken', subscription] as const
const shape = jsonShape(read, 'ignore')
type Spans = JsonSpans<(typeof read)[number]>

/** Of the session as a whole, whatever is open. */
const ofSession: ReadonlySet<string | null> = new Set([
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/elicitation/complete',
  'notifications/tasks/status',
])

const openBracket = 0x5b

export class LineChannel implements Channel {
  readonly isLine = true
  readonly #line: Line
  readonly #settings: LineSettings
  readonly #byId = new Map<string, LineRequest>()
  readonly #byProgress = new Map<string, LineRequest>()
  #listener: ChannelHearer | null = null
  #ended: Fault | null = null
  #skipped = 0
  #dropped = 0

  constructor(open: (ears: LineEars) => Line, settings: LineSettings) {
    this.#settings = settings
    this.#line = open({ onMessage: (text) => this.#hear(text), onEnd: (fault) => this.#end(fault) })
  }

  /** What came and was no JSON: some servers print to the line that is for messages. */
  get skipped(): number {
    return this.#skipped
  }

  /** Messages that nobody was there to hear, such as answers to requests that were given up. */
  get dropped(): number {
    return this.#dropped
  }

  send(sent: Sent, hearer: ChannelHearer): Wire {
    const { id } = sent
    assert(id !== null && !this.#byId.has(id), 'a request has an id, and no two open ones share it')
    const { held_bytes, open_max } = this.#settings
    const request = new LineRequest(sent, hearer, { held_bytes, leave: () => this.#forget(request) })
    if (this.#byId.size >= open_max) {
      queueMicrotask(() => request.end(makeFault('overloaded', 'too many open requests on one line', false)))
      return request
    }
    this.#byId.set(id, request)
    if (sent.progressToken !== null) this.#byProgress.set(sent.progressToken, request)
    queueMicrotask(() => this.#start(request))
    return request
  }

  tell(sent: Sent, done: (fault: Fault | null) => void): void {
    queueMicrotask(() => {
      if (this.#ended) done(this.#gone())
      else this.#line.write(sent, (refused) => done(refused?.fault ?? null))
    })
  }

  /** One listens at a time; whoever listened before hears its end. */
  listen(_headers: HeaderList, hearer: ChannelHearer): Wire {
    const before = this.#listener
    this.#listener = hearer
    before?.onEnd(null)
    if (this.#ended) queueMicrotask(() => this.#deafen(hearer)?.onEnd(this.#gone()))
    return { abort: () => void this.#deafen(hearer), pause: () => {}, resume: () => {}, sent: true }
  }

  close(): void {
    this.#line.close()
    this.#end(makeFault('aborted', 'the line was closed', false))
  }

  #start(request: LineRequest): void {
    if (request.done) return
    if (this.#ended) return request.end(this.#gone())
    request.sent = true
    this.#line.write(request.message, (refused) => {
      if (!refused) return
      request.sent = refused.fault.sent
      request.refuse(refused)
    })
  }

  /** Servers of 2025-03-26 and before may put several messages in one. */
  #hear(text: Buffer): void {
    if (text[0] !== openBracket) return this.#hearOne(text)
    const messages = messagesIn(text)
    if (messages === null) this.#skipped += 1
    else for (const message of messages) this.#hearOne(message)
  }

  #hearOne(text: Buffer): void {
    const spans = scanJson(text, shape)
    if (spans.kind === 'mistake' || !(spans.has('method') || spans.has('result') || spans.has('error'))) {
      this.#skipped += 1
      return
    }
    const method = spans.text('method')
    const request = method === null ? this.#answered(spans) : this.#meant(spans, method)
    if (request) return request.hear(text, method === null)
    const listener = method === null ? null : this.#listener
    if (listener) listener.onMessage(text)
    else this.#dropped += 1
  }

  /** An error without an id is from a server that could not read the request: the only one there is, or nobody's. */
  #answered(spans: Spans): LineRequest | null {
    const id = spans.raw('id')
    return id === null || id === 'null' ? this.#only() : (this.#byId.get(id) ?? null)
  }

  #meant(spans: Spans, method: string): LineRequest | null {
    const subscribed = spans.raw(subscription)
    if (subscribed !== null) return this.#byId.get(subscribed) ?? null
    const token = spans.raw('params.progressToken')
    if (method === 'notifications/progress' && token !== null) return this.#byProgress.get(token) ?? null
    return this.#listener && ofSession.has(method) ? null : this.#only()
  }

  /** The only request that is open; a subscription is not what a server works on. */
  #only(): LineRequest | null {
    let only: LineRequest | null = null
    for (const request of this.#byId.values()) {
      if (request.isSubscription) continue
      if (only) return null
      only = request
    }
    return only
  }

  #end(fault: Fault): void {
    if (this.#ended) return
    this.#ended = fault
    for (const request of this.#byId.values()) request.end(makeFault(fault.code, fault.detail, request.sent))
    const listener = this.#listener
    this.#listener = null
    listener?.onEnd(fault)
  }

  #gone(): Fault {
    const { code, detail } = this.#ended ?? { code: 'reset', detail: 'the line has ended' }
    return makeFault(code, detail, false)
  }

  #forget(request: LineRequest): void {
    const { id, progressToken } = request.message
    if (this.#byId.get(id ?? '') === request) this.#byId.delete(id ?? '')
    if (this.#byProgress.get(progressToken ?? '') === request) this.#byProgress.delete(progressToken ?? '')
  }

  /** The hearer, if it was still the one. */
  #deafen(hearer: ChannelHearer): ChannelHearer | null {
    if (this.#listener !== hearer) return null
    this.#listener = null
    return hearer
  }
}
