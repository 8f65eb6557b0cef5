/** A Reply over `node:http`, with the same promises as the one over uWebSockets.js. */

import type { ServerResponse } from 'node:http'
import { assert } from '../base/assert.ts'
import type { HeaderList } from '../protocol/http.ts'
import { assertPlain, isOwnedByEngine, mayHaveBody, type Desk, type EngineReply } from './desk.ts'
import type { Refusal } from './refusals.ts'

/** How long a peer may take nothing of what waits for it; uWebSockets.js has the same number built in. */
const stalledPeer_ms = 10_000

export class NodeReply implements EngineReply {
  readonly #response: ServerResponse
  readonly #desk: Desk
  readonly #method: string
  #closed = false
  #drain: (() => void) | null = null
  #gone: (() => void) | null = null

  constructor(response: ServerResponse, desk: Desk, method: string) {
    this.#response = response
    this.#desk = desk
    this.#method = method
    desk.enter()
    response.on('drain', () => this.#drained())
    response.on('timeout', () => response.destroy())
    response.on('close', () => this.#peerClosed())
    // Told by 'close' as well; without a listener the process would end.
    response.on('error', () => {})
  }

  get begun(): boolean {
    return this.#response.headersSent
  }

  get closed(): boolean {
    return this.#closed
  }

  get buffered(): number {
    return this.#closed ? 0 : this.#response.writableLength
  }

  send(status: number, headers: HeaderList, body: Uint8Array | string): void {
    if (!this.#closed) this.#answer({ status, headers }, body, this.#desk.stopping)
  }

  refuse(why: Refusal): void {
    if (!this.#closed) this.#answer(why, why.body, true)
  }

  begin(status: number, headers: HeaderList): void {
    if (this.#closed) return
    assert(!this.begun, 'an answer begins once')
    this.#response.writeHead(status, headerArray(headers, this.#desk.stopping))
    this.#response.flushHeaders()
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#closed) return false
    assert(this.begun, 'an answer begins before it goes on')
    if (chunk.length === 0 || this.#method === 'HEAD') return !this.#response.writableNeedDrain
    const flows = this.#response.write(chunk)
    if (!flows) this.#limitStall()
    return flows
  }

  end(): void {
    if (this.#closed) return
    assert(this.begun, 'an answer begins before it ends')
    this.#finish()
    this.#response.end()
    this.#limitStall()
  }

  cut(): void {
    if (this.#closed) return
    this.#finish()
    this.#response.destroy()
  }

  onDrain(handler: () => void): void {
    this.#drain = handler
  }

  onGone(handler: () => void): void {
    this.#gone = handler
  }

  #answer(
    head: { readonly status: number; readonly headers: HeaderList },
    body: Uint8Array | string,
    close: boolean,
  ): void {
    const headers = headerArray(head.headers, close)
    const bodiless = !mayHaveBody(this.#method, head.status)
    if (!bodiless || this.#method === 'HEAD') headers.push('content-length', String(Buffer.byteLength(body)))
    this.#response.writeHead(head.status, headers)
    this.#finish()
    this.#response.end(bodiless ? undefined : body)
    this.#limitStall()
  }

  /** Nothing waits forever for a peer that does not read. */
  #limitStall(): void {
    if (!this.#response.writableFinished) this.#response.setTimeout(stalledPeer_ms)
  }

  #drained(): void {
    if (this.#closed) return
    this.#response.setTimeout(0)
    this.#drain?.()
  }

  #peerClosed(): void {
    if (this.#closed) return
    this.#finish()
    this.#gone?.()
  }

  #finish(): void {
    this.#closed = true
    this.#desk.leave(this)
  }
}

function headerArray(headers: HeaderList, close: boolean): string[] {
  const list: string[] = close ? ['connection', 'close'] : []
  assertPlain(headers)
  for (const [name, value] of headers) if (!isOwnedByEngine(name)) list.push(name, value)
  return list
}
