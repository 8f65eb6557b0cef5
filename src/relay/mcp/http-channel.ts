/** Streamable HTTP (2025-03-26 to 2026-07-28, transports): a POST for every message, a GET for what answers none. */
import type { Wheel } from '../../base/wheel.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { type Head, makeFault, type Outbound, type Transport, type Wire } from '../wire/transport.ts'
import type { Upstream } from '../wire/upstream.ts'
import type { Channel, ChannelHearer, Json, Sent } from './channel.ts'
import type { EventFields } from './event-fields.ts'
import { type AnswerEars, HttpAnswer, type Maximums } from './http-answer.ts'
import { HttpRequest } from './http-request.ts'

export interface Patience {
  readonly first_byte_ms: number
  readonly idle_ms: number
  /** Silence on a stream that answers no request. */
  readonly listen_idle_ms: number
}

export interface HttpPlace {
  readonly transport: Transport
  readonly wheel: Wheel
  readonly upstream: Upstream
  readonly patience: Patience
  readonly maximums: Maximums
}

export function openHttpChannel(place: HttpPlace): Channel {
  return new HttpChannel(place)
}

const accept = { post: 'application/json, text/event-stream', get: 'text/event-stream', delete: '*/*' } as const

class HttpChannel implements Channel {
  readonly isLine = false
  readonly #place: HttpPlace
  readonly #open = new Set<{ giveUp(why: Fault): void }>()
  /** The last event heard outside of requests, and in which session. */
  #lastHeard: { readonly session: string | undefined; readonly id: string } | null = null

  constructor(place: HttpPlace) {
    this.#place = place
  }

  send({ message, id, headers, endless }: Sent, hearer: ChannelHearer): Wire {
    const { patience } = this.#place
    const idle_ms = endless === true ? patience.listen_idle_ms : patience.idle_ms
    const request = new HttpRequest(
      {
        id,
        idle_ms,
        post: this.#outbound('POST', headers, { body: message, idle_ms }),
        again: (last) => this.#outbound('GET', [...headers, ['last-event-id', last]], { body: null, idle_ms }),
      },
      this.#place,
      hearer,
      () => this.#open.delete(request),
    )
    this.#open.add(request)
    return request
  }

  tell({ message, headers }: Sent, done: (fault: Fault | null) => void): void {
    const request = this.#outbound('POST', headers, { body: message, idle_ms: this.#place.patience.idle_ms })
    const told = new Told(this.#place, request, (fault) => {
      this.#open.delete(told)
      done(fault)
    })
    this.#open.add(told)
  }

  listen(headers: HeaderList, hearer: ChannelHearer): Wire {
    const session = headers.find(([name]) => name === 'mcp-session-id')?.[1]
    const last = this.#lastHeard?.session === session ? this.#lastHeard?.id : undefined
    const all: HeaderList = last === undefined ? headers : [...headers, ['last-event-id', last]]
    const request = this.#outbound('GET', all, { body: null, idle_ms: this.#place.patience.listen_idle_ms })
    const heard = (id: string): void => void (this.#lastHeard = id === '' ? null : { session, id })
    const ear = new Ear(this.#place, request, { hearer, heard, done: () => this.#open.delete(ear) })
    this.#open.add(ear)
    return ear
  }

  farewell(headers: HeaderList): Promise<void> {
    const request = this.#outbound('DELETE', headers, { body: null, idle_ms: this.#place.patience.idle_ms })
    return new Promise((resolve) => void new Told(this.#place, request, () => resolve()))
  }

  close(): void {
    for (const each of this.#open) each.giveUp(makeFault('aborted', 'the link was closed', true))
    this.#open.clear()
  }

  #outbound(
    method: Outbound['method'],
    headers: HeaderList,
    { body, idle_ms }: { body: Json | null; idle_ms: number },
  ): Outbound {
    const { upstream, patience } = this.#place
    const type: HeaderList = body === null ? [] : [['content-type', 'application/json']]
    const kind = method === 'POST' ? accept.post : method === 'GET' ? accept.get : accept.delete
    const ours: HeaderList = [['accept', kind], ['accept-encoding', 'identity'], ...type, ...headers]
    return {
      method,
      origin: upstream.origin,
      path: upstream.path,
      headers: [...upstream.fixed, ...ours.filter(([name]) => !upstream.taken.has(name)).flat()],
      body,
      tls: upstream.tls,
      patience: { first_byte_ms: patience.first_byte_ms, idle_ms },
    }
  }
}

/** A message without an answer. Whether 202 or another status of success says so, servers differ. */
class Told implements AnswerEars {
  readonly #wire: Wire
  readonly #done: (fault: Fault | null) => void
  #status = 0
  #over = false

  constructor({ transport, maximums }: HttpPlace, request: Outbound, done: (fault: Fault | null) => void) {
    this.#done = done
    this.#wire = transport.send(request, new HttpAnswer(this, maximums))
  }

  giveUp(why: Fault): void {
    this.#wire.abort()
    this.onDone(why)
  }

  onHead(status: number, { 'content-type': type = '' }: Head): void {
    this.#status = status
    // Nobody waits for what a stream would say.
    if (status === 200 && type.startsWith('text/event-stream')) this.giveUp(makeFault('aborted', 'a stream', true))
  }

  onMessage(): void {}
  onFields(): void {}

  onDone(fault: Fault | null): void {
    if (this.#over) return
    this.#over = true
    const taken = this.#status >= 200 && this.#status < 300
    this.#done(taken ? null : (fault ?? makeFault('bad_answer', `it answered ${this.#status}`, true)))
  }
}

/** The stream that answers no request. */
class Ear implements Wire, AnswerEars {
  readonly #wire: Wire
  readonly #answer: HttpAnswer
  readonly #to: { readonly hearer: ChannelHearer; heard(id: string): void; done(): void }
  #over = false

  constructor(
    { transport, maximums }: HttpPlace,
    request: Outbound,
    to: { hearer: ChannelHearer; heard(id: string): void; done(): void },
  ) {
    this.#to = to
    this.#answer = new HttpAnswer(this, maximums)
    this.#wire = transport.send(request, this.#answer)
  }

  get sent(): boolean {
    return this.#wire.sent
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#wire.abort()
    this.#to.done()
  }

  giveUp(why: Fault): void {
    if (this.#over) return
    this.abort()
    this.#to.hearer.onEnd(why)
  }

  pause(): void {
    this.#wire.pause()
  }

  resume(): void {
    this.#wire.resume()
  }

  onHead(status: number, head: Head): void {
    if (this.#over) return
    this.#to.hearer.onHead?.(status, head)
    if (!this.#answer.isStream) this.giveUp(makeFault('bad_answer', `it answered ${status}`, true))
  }

  onFields({ id }: EventFields): void {
    if (id !== null) this.#to.heard(id)
  }

  onMessage(message: Json): void {
    if (!this.#over) this.#to.hearer.onMessage(message)
  }

  onDone(fault: Fault | null): void {
    if (this.#over) return
    this.abort()
    this.#to.hearer.onEnd(fault)
  }
}
