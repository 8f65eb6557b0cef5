/**
 * One request of the client until its answer. In the legacy era a stream may end before it; what comes after is asked for
 * with `Last-Event-ID`, as often as something new comes.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isAnswerTo } from '../../protocol/mcp/events.ts'
import type { Era } from '../../protocol/mcp/read-call.ts'
import type { SseEvent } from '../../protocol/sse.ts'
import type { Courier } from './courier.ts'
import { isError, writeLost, writeRefused } from './errors.ts'
import type { Post, PostEars } from './post.ts'

export interface ConversationParts {
  readonly courier: Courier
  readonly id: string
  readonly method: string
  readonly era: Era
  readonly body: Buffer
  /** Headers of its era; asked for anew where it goes on in another request. */
  headers(): Readonly<Record<string, string>>
  /** Before anything else of the answer. */
  onHead(status: number, head: IncomingHttpHeaders): void
  onMessage(message: Buffer, isAnswer: boolean): void
  /** Nothing more comes; once. */
  onEnd(): void
}

/** Streams in a row that may end without anything new. */
const attempts_max = 5
const retry_ms_usual = 1000
const retry_ms_max = 30_000

export class Conversation implements PostEars {
  readonly #parts: ConversationParts
  #post: Post | null = null
  #status = 0
  #answered = false
  #forgotten = false
  #ended = false
  #place: string | null = null
  #retry_ms = retry_ms_usual
  #attempts = 0

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  get era(): Era {
    return this.#parts.era
  }

  /** Whether anybody waits for its end: a subscription has none. */
  get isWaitedFor(): boolean {
    return !this.#ended && this.#parts.method !== 'subscriptions/listen'
  }

  /** Resolves when the request has left. */
  async start(): Promise<void> {
    const { courier, headers, body } = this.#parts
    if (this.#ended) return
    const post = await courier.send({ method: 'POST', headers: { ...postHeaders, ...headers() }, body }, this)
    await this.#keep(post)?.left
  }

  /** Nobody waits for the answer any more: nothing more is told. */
  abort(): void {
    this.#post?.abort()
    this.#end()
  }

  /** Its server was asked to stop: an answer that comes all the same is told, but that none comes is nothing. */
  forget(): void {
    this.#forgotten = true
  }

  onHead(status: number, head: IncomingHttpHeaders): void {
    this.#status = status
    if (!this.#ended) this.#parts.onHead(status, head)
  }

  onEvent(event: SseEvent): void {
    if (this.#parts.era === 'legacy') this.#remember(event)
    if (event.data !== null && event.data.length > 0) this.#hear(event.data)
  }

  onBody(body: Buffer): void {
    const { id } = this.#parts
    const isGood = this.#status >= 200 && this.#status < 300
    if (!isGood || isError(body)) this.#hear(writeRefused(id, this.#status, body))
    else if (body.length > 0) this.#hear(body)
  }

  onEnd(why: string | null): void {
    const { era, id, courier } = this.#parts
    if (this.#answered || this.#forgotten || this.#ended) return this.#end()
    if (era === 'legacy' && this.#place !== null && this.#attempts < attempts_max) {
      this.#attempts += 1
      setTimeout(() => void this.#goOn(), this.#retry_ms).unref()
      return
    }
    this.#hear(writeLost(id, courier.url, why ?? 'it holds no answer'))
    this.#end()
  }

  async #goOn(): Promise<void> {
    if (this.#ended) return
    const headers = { ...listenHeaders, ...this.#parts.headers(), 'last-event-id': this.#place ?? '' }
    this.#keep(await this.#parts.courier.send({ method: 'GET', headers, body: null }, this))
  }

  #keep(post: Post | null): Post | null {
    this.#post = post
    if (this.#ended && !this.#answered) post?.abort()
    return post
  }

  #remember({ bytes }: SseEvent): void {
    const { place, retry_ms } = fieldsOf(bytes)
    if (retry_ms !== null) this.#retry_ms = Math.min(retry_ms, retry_ms_max)
    if (place === null || place === this.#place) return
    this.#place = place
    this.#attempts = 0
  }

  #hear(message: Buffer): void {
    if (this.#ended) return
    const isAnswer = isAnswerTo(message, this.#parts.id)
    this.#answered ||= isAnswer
    this.#parts.onMessage(message, isAnswer)
    if (isAnswer) this.#end()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#parts.onEnd()
  }
}

export const listenHeaders = { accept: 'text/event-stream', 'accept-encoding': 'identity' }
export const postHeaders = {
  accept: 'application/json, text/event-stream',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
}

/** The id of an event and how long to wait before a stream is asked for again; null where it does not say. */
export function fieldsOf(bytes: Buffer): { readonly place: string | null; readonly retry_ms: number | null } {
  const text = bytes.toString('latin1')
  const [, retry] = /^retry: ?(\d{1,9})$/m.exec(text) ?? []
  const [, place] = /^id: ?([^\r\n\0]+)$/m.exec(text) ?? []
  return { place: place ?? null, retry_ms: retry === undefined ? null : Number(retry) }
}
