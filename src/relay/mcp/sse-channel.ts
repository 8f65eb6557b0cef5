/**
 * A tool server of 2024-11-05 that is reached over HTTP+SSE: a stream that says first where to post, and then all that the server
 * says, whatever it answers. The stream is opened by the first message, with the credential of that message, and opened again
 * by the next one for as long as no stream has ever said where to post; after that its end is the end of the session.
 *
 *     write -> GET url -> `endpoint` (same origin) -> POST each message, answered 202 -> its answer is an event of the stream
 */
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { FaultCode } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { type SseEvent, SseSplitter } from '../../protocol/sse.ts'
import { type Head, makeFault, type Outbound, type Receiver, type Transport, type Wire } from '../wire/transport.ts'
import type { Upstream } from '../wire/upstream.ts'
import type { Sent } from './channel.ts'
import type { Line, LineEars, LineSettings, Refused } from './line.ts'
import { LineChannel } from './line-channel.ts'

export interface SseParts {
  readonly transport: Pick<Transport, 'send'>
  readonly upstream: Upstream
  readonly patience: {
    /** Until a request is answered, and until the stream has said where to post. */
    readonly first_byte_ms: number
    /** Silence on the stream. */
    readonly listen_idle_ms: number
  }
  readonly maximums: LineSettings & { readonly event_bytes: number }
  readonly wheel: Wheel
}

/** Posts under way or waiting for the stream; more than requests, for notifications travel alike. */
const posts_per_request = 2
/** What is read of the answer to a post, so that its connection can be used again. */
const ignored_bytes_max = 65_536

type Done = (refused: Refused | null) => void

class SseLine implements Line {
  readonly #parts: SseParts
  readonly #ears: LineEars
  readonly #waiting: { readonly sent: Sent; readonly done: Done }[] = []
  readonly #posts = new Set<Wire>()
  #stream: SseStream | null = null
  /** Path and query to post to; null before the stream has said it. */
  #endpoint: string | null = null
  #ended = false

  constructor(parts: SseParts, ears: LineEars) {
    this.#parts = parts
    this.#ears = ears
  }

  write(sent: Sent, done: Done): void {
    if (this.#ended) return done(refusal('reset', 'the stream has ended'))
    const under = this.#posts.size + this.#waiting.length
    if (under >= this.#parts.maximums.open_max * posts_per_request)
      return done(refusal('overloaded', 'too many messages on their way'))
    if (this.#endpoint !== null) return this.#post(this.#endpoint, sent, done)
    this.#waiting.push({ sent, done })
    this.#stream ??= this.#open(sent.headers)
  }

  close(): void {
    this.#ended = true
    this.#stream?.abort()
    for (const wire of this.#posts) wire.abort()
    this.#posts.clear()
    this.#refuse(refusal('aborted', 'the line was closed'))
  }

  #open(headers: HeaderList): SseStream {
    const { upstream } = this.#parts
    const request = {
      method: 'GET',
      path: upstream.path,
      headers: this.#headers(headers, streamHeaders),
      body: null,
    } as const
    return new SseStream(this.#parts, this.#outbound(request), {
      onEndpoint: (path) => {
        this.#endpoint = path
        for (const { sent, done } of this.#waiting.splice(0)) this.#post(path, sent, done)
      },
      onMessage: (message) => this.#ears.onMessage(message),
      onEnd: (refused) => this.#lose(refused),
    })
  }

  /** A stream that never said where to post was none: whoever writes next tries again, maybe with another credential. */
  #lose(refused: Refused): void {
    this.#stream = null
    if (this.#ended) return
    if (this.#endpoint === null) return this.#refuse(refused)
    this.#ended = true
    this.#ears.onEnd(refused.fault)
  }

  #refuse(refused: Refused): void {
    for (const { done } of this.#waiting.splice(0)) done(refused)
  }

  #post(path: string, sent: Sent, done: Done): void {
    const headers = this.#headers(sent.headers, postHeaders)
    const post = new Post((refused) => {
      this.#posts.delete(wire)
      done(refused)
    })
    const request = this.#outbound({ method: 'POST', path, headers, body: sent.message })
    const wire = this.#parts.transport.send(request, post)
    post.wire = wire
    this.#posts.add(wire)
  }

  #outbound(request: Pick<Outbound, 'method' | 'path' | 'headers' | 'body'>): Outbound {
    const { upstream, patience } = this.#parts
    const { first_byte_ms, listen_idle_ms } = patience
    const idle_ms = request.method === 'GET' ? listen_idle_ms : first_byte_ms
    return { ...request, origin: upstream.origin, tls: upstream.tls, patience: { first_byte_ms, idle_ms } }
  }

  /** Those of the transport stand; what was said of Streamable HTTP, which this is not, is left out. */
  #headers(said: HeaderList, own: readonly string[]): string[] {
    const { fixed, taken } = this.#parts.upstream
    const kept = said.filter(([name]) => !notOurs.test(name) && !taken.has(name.toLowerCase()))
    return [...fixed, ...kept.flat(), ...own]
  }
}

const notOurs = /^(?:accept|accept-encoding|content-type|last-event-id|mcp-.*)$/i
const streamHeaders = ['accept', 'text/event-stream', 'accept-encoding', 'identity']
const postHeaders = ['content-type', 'application/json', 'accept', '*/*', 'accept-encoding', 'identity']

interface StreamEars {
  onEndpoint(path: string): void
  onMessage(message: Buffer): void
  /** Nothing more comes; once. */
  onEnd(refused: Refused): void
}

/** The one stream of a session. */
class SseStream implements Receiver {
  readonly #origin: string
  readonly #base: string
  readonly #ears: StreamEars
  readonly #splitter: SseSplitter
  readonly #wire: Wire
  readonly #patience_ms: number
  readonly #alarm: Alarm
  #answer: Refused['answer'] = null
  #ready = false
  #done = false

  constructor({ transport, upstream, maximums, wheel, patience }: SseParts, request: Outbound, ears: StreamEars) {
    this.#origin = upstream.origin
    this.#base = upstream.origin + upstream.path
    this.#ears = ears
    this.#splitter = new SseSplitter(maximums.event_bytes)
    this.#patience_ms = patience.first_byte_ms
    this.#alarm = wheel.after(patience.first_byte_ms, () =>
      this.#fail('first_byte_timeout', 'the stream did not say where to post'),
    )
    // Until there is a stream, the transport watches the time.
    this.#alarm.cancel()
    this.#wire = transport.send(request, this)
  }

  abort(): void {
    this.#done = true
    this.#alarm.cancel()
    this.#wire.abort()
  }

  onHead(status: number, head: Head): void {
    this.#answer = { status, head }
    const isStream = status === 200 && /^text\/event-stream\b/i.test(head['content-type'] ?? '')
    if (!isStream) return this.#fail('bad_answer', `the stream was answered with ${status}`)
    const isPlain = (head['content-encoding'] ?? 'identity').toLowerCase() === 'identity'
    if (isPlain) this.#alarm.push(this.#patience_ms)
    else this.#fail('bad_answer', 'the stream is encoded')
  }

  onBytes(chunk: Buffer): void {
    // The client below may use the memory of a chunk again.
    for (const event of this.#splitter.push(Buffer.from(chunk))) this.#hear(event)
    if (this.#splitter.overflow) this.#fail('too_large', 'an event of the stream')
  }

  onEnd(): void {
    this.#fail('truncated', 'the server ended the stream')
  }

  onFault({ code, detail }: { readonly code: FaultCode; readonly detail: string }): void {
    this.#fail(code, detail)
  }

  #hear(event: SseEvent): void {
    if (this.#done || event.data === null || event.data.length === 0) return
    const name = nameOf(event)
    if (name === 'endpoint') return this.#ready ? undefined : this.#begin(event.data.toString('utf8'))
    if (this.#ready && (name === 'message' || name === '')) this.#ears.onMessage(event.data)
  }

  /** Elsewhere would be handed our credential. */
  #begin(said: string): void {
    const url = URL.parse(said, this.#base)
    if (url?.origin !== this.#origin) return this.#fail('refused_address', 'the stream says to post to another origin')
    this.#ready = true
    this.#alarm.cancel()
    this.#ears.onEndpoint(url.pathname + url.search)
  }

  #fail(code: FaultCode, detail: string): void {
    if (this.#done) return
    this.abort()
    // A stream that was refused is what the caller may do something about, so its head goes along.
    this.#ears.onEnd({ fault: makeFault(code, detail, false), answer: this.#ready ? null : this.#answer })
  }
}

function nameOf({ bytes }: SseEvent): string {
  return /^event: ?([^\r\n]*)/m.exec(bytes.toString('latin1'))?.[1]?.trim() ?? ''
}

/** Hears whether a message was taken; what else the answer says is nothing. */
class Post implements Receiver {
  wire: Wire | null = null
  readonly #done: Done
  #told = false
  #bytes = 0

  constructor(done: Done) {
    this.#done = done
  }

  onHead(status: number, head: Head): void {
    const isTaken = status >= 200 && status < 300
    const fault = makeFault('bad_answer', `a message was answered with ${status}`, true)
    this.#tell(isTaken ? null : { fault, answer: { status, head } })
  }

  onBytes(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > ignored_bytes_max) this.wire?.abort()
  }

  onEnd(): void {
    this.#tell(null)
  }

  onFault(fault: Refused['fault']): void {
    this.#tell({ fault, answer: null })
  }

  #tell(refused: Refused | null): void {
    if (this.#told) return
    this.#told = true
    this.#done(refused)
  }
}

function refusal(code: FaultCode, detail: string): Refused {
  return { fault: makeFault(code, detail, false), answer: null }
}

export function openSseChannel(parts: SseParts): LineChannel {
  return new LineChannel((ears) => new SseLine(parts, ears), parts.maximums)
}
