/**
 * A Reply over uWebSockets.js. What it has to know of v20.69, each found by experiment: an answer must not be
 * touched once it has ended; a chunk that the kernel does not take is kept whole by uWS; with a writable handler
 * set, what is kept leaves only on the next write or cork; `beginWrite` writes one line break too many.
 */

import { STATUS_CODES } from 'node:http'
import { assert } from '../base/assert.ts'
import type { HeaderList } from '../protocol/http.ts'
import { assertPlain, isOwnedByEngine, mayHaveBody, type Desk, type EngineReply } from './desk.ts'
import type { Refusal } from './refusals.ts'
import type { RefusedConnections } from './uws-peer.ts'
import type { UwsResponse } from './uws-types.ts'

/** Bytes handed to uWS at once: much while the peer keeps up, little after it did not, so that uWS keeps little. */
const slice = { flowing: 64 * 1024, pressed: 8 * 1024 }

/** An event stream's first bytes if none come by themselves: an SSE comment, which makes the headers leave. */
const emptyComment = ':\n\n'

const statusLines = new Map(Object.entries(STATUS_CODES).map(([code, text]) => [Number(code), `${code} ${text ?? ''}`]))

function nothing(): void {}

interface Head {
  readonly status: number
  readonly headers: HeaderList
}

export class UwsReply implements EngineReply {
  readonly #response: UwsResponse
  readonly #desk: Desk
  readonly #method: string
  readonly #refused: RefusedConnections
  /** Begun and not yet written: it leaves with the first bytes, in one packet. */
  #head: Head | null = null
  #begun = false
  #closed = false
  /** uWS could not hand everything to the kernel when it was last asked to write. */
  #pressed = false
  /** Size of the slice it could not hand over. */
  #kept = 0
  /** Bytes not yet given to uWS, because it still keeps earlier ones. */
  #queue: Uint8Array[] = []
  #queued = 0
  #drain: (() => void) | null = null
  #gone: (() => void) | null = null

  constructor(response: UwsResponse, desk: Desk, method: string, refused: RefusedConnections) {
    this.#response = response
    this.#desk = desk
    this.#method = method
    this.#refused = refused
    desk.enter()
    response.onAborted(() => this.#aborted())
  }

  get begun(): boolean {
    return this.#begun
  }

  get closed(): boolean {
    return this.#closed
  }

  get buffered(): number {
    return this.#queued + this.#kept
  }

  send(status: number, headers: HeaderList, body: Uint8Array | string): void {
    if (this.#closed) return
    assertPlain(headers)
    this.#answer({ status, headers }, body, this.#desk.stopping)
  }

  refuse(why: Refusal): void {
    if (this.#closed) return
    this.#refused.add(this.#response)
    this.#answer(why, why.body, true)
  }

  begin(status: number, headers: HeaderList): void {
    if (this.#closed) return
    assert(!this.#begun, 'an answer begins once')
    assertPlain(headers)
    this.#begun = true
    this.#head = { status, headers }
    this.#response.onWritable(() => this.#writable())
    if (headers.some(([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith('text/event-stream')))
      setImmediate(() => this.#openEventStream())
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#closed) return false
    assert(this.#begun, 'an answer begins before it goes on')
    if (chunk.length === 0 || this.#method === 'HEAD') return !this.#pressed
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (this.#queued > 0) this.#keep(bytes)
    else this.#response.cork(() => this.#pass(bytes))
    return !this.#pressed
  }

  end(): void {
    if (this.#closed) return
    assert(this.#begun, 'an answer begins before it ends')
    const unwritten = this.#head
    if (unwritten) return this.#answer(unwritten, '', this.#desk.stopping)
    this.#response.cork(() => {
      for (const bytes of this.#queue) this.#response.write(bytes)
      // Asked to close here, uWS would write a Connection header into the body.
      this.#response.end()
    })
    this.#finish()
  }

  cut(): void {
    if (this.#closed) return
    this.#finish()
    this.#response.close()
  }

  onDrain(handler: () => void): void {
    this.#drain = handler
  }

  onGone(handler: () => void): void {
    this.#gone = handler
  }

  #answer(head: Head, body: Uint8Array | string, close: boolean): void {
    this.#begun = true
    this.#response.cork(() => {
      this.#writeHead(head)
      if (mayHaveBody(this.#method, head.status)) this.#response.end(body, close)
      else if (this.#method === 'HEAD') this.#response.endWithoutBody(Buffer.byteLength(body), close)
      else this.#response.endWithoutBody(undefined, close)
    })
    this.#finish()
  }

  #writeHead(head: Head): void {
    this.#response.writeStatus(statusLines.get(head.status) ?? `${head.status} Unknown`)
    const { headers } = head
    for (let at = 0; at < headers.length; at += 1) {
      const header = headers[at]
      if (header && !isOwnedByEngine(header[0])) this.#response.writeHeader(header[0], header[1])
    }
  }

  /** Gives bytes to uWS slice by slice until it keeps one; the rest waits here. Runs inside a cork. */
  #pass(bytes: Uint8Array): void {
    if (this.#head) {
      this.#writeHead(this.#head)
      if (this.#desk.stopping) this.#response.writeHeader('connection', 'close')
      this.#head = null
    }
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + (this.#pressed ? slice.pressed : slice.flowing))
      at += part.length
      this.#pressed = !this.#response.write(part)
      this.#kept = this.#pressed ? part.length : 0
      if (this.#pressed) return this.#keep(bytes.subarray(at))
    }
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#queue.push(Buffer.from(bytes))
    this.#queued += bytes.length
  }

  #writable(): boolean {
    if (this.#closed) return true
    const waiting = this.#queue
    this.#queue = []
    this.#queued = 0
    this.#pressed = waiting.length > 0 && this.#pressed
    // Even an empty cork is needed: it makes uWS hand on what it keeps.
    this.#response.cork(waiting.length === 0 ? nothing : () => this.#passAll(waiting))
    if (!this.#pressed) {
      this.#kept = 0
      this.#drain?.()
    }
    return true
  }

  #passAll(waiting: readonly Uint8Array[]): void {
    for (const bytes of waiting) {
      if (this.#queued > 0) this.#keep(bytes)
      else this.#pass(bytes)
    }
  }

  #openEventStream(): void {
    if (this.#head && !this.#closed) this.write(emptyComment)
  }

  #aborted(): void {
    if (this.#closed) return
    this.#finish()
    this.#gone?.()
  }

  #finish(): void {
    this.#closed = true
    this.#head = null
    this.#queue = []
    this.#queued = 0
    this.#kept = 0
    this.#desk.leave(this)
  }
}
