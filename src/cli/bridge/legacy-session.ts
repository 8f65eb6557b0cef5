/** The session that the legacy messages of a pipe belong to: begun by `initialize`, with a stream for what answers nothing. */
import type { Courier } from './courier.ts'
import { fieldsOf, listenHeaders } from './conversation.ts'
import type { Post } from './post.ts'

/** A stream that ends is asked for again, more patiently each time it ends without anything new. */
const retry_ms_usual = 1000
const retry_ms_max = 30_000

export class LegacySession {
  readonly #courier: Courier
  readonly #out: (message: Buffer) => void
  readonly #id: string | null
  #version: string | null = null
  #stream: Post | null = null
  #listens = false
  #closed = false
  #place: string | null = null
  #wait_ms = retry_ms_usual

  /** `id` is null at servers that have no sessions. */
  constructor(courier: Courier, id: string | null, out: (message: Buffer) => void) {
    this.#courier = courier
    this.#id = id
    this.#out = out
  }

  set version(version: string | null) {
    this.#version = version
  }

  get headers(): Readonly<Record<string, string>> {
    return {
      ...(this.#id !== null && { 'mcp-session-id': this.#id }),
      ...(this.#version !== null && { 'mcp-protocol-version': this.#version }),
    }
  }

  /** Opens the stream for what the server says by itself, where it has one. */
  listen(): void {
    if (this.#listens || this.#closed || this.#id === null) return
    this.#listens = true
    void this.#open()
  }

  /** Ends it at the server; never rejects. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stream?.abort()
    if (this.#id === null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const ears = { onHead: () => {}, onEvent: () => {}, onBody: () => {}, onEnd: () => resolve() }
    await this.#courier.send({ method: 'DELETE', headers: this.headers, body: null }, ears)
    await promise
  }

  async #open(): Promise<void> {
    if (this.#closed) return
    let status = 0
    const place = this.#place === null ? {} : { 'last-event-id': this.#place }
    const stream = await this.#courier.send(
      { method: 'GET', headers: { ...listenHeaders, ...this.headers, ...place }, body: null },
      {
        onHead: (code) => (status = code),
        onEvent: ({ bytes, data }) => {
          const fields = fieldsOf(bytes)
          this.#place = fields.place ?? this.#place
          this.#wait_ms = Math.min(fields.retry_ms ?? retry_ms_usual, retry_ms_max)
          if (data !== null && data.length > 0) this.#out(data)
        },
        onBody: () => {},
        // 405 says that there is no such stream, and 404 that there is no such session.
        onEnd: () => {
          if (status === 200 || status === 0 || status >= 500) this.#openLater()
        },
      },
    )
    this.#stream = stream
    if (this.#closed) stream?.abort()
  }

  #openLater(): void {
    if (this.#closed) return
    setTimeout(() => void this.#open(), this.#wait_ms).unref()
    this.#wait_ms = Math.min(this.#wait_ms * 2, retry_ms_max)
  }
}
