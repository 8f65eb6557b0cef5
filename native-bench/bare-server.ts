/** A bare uWebSockets.js server in a process of its own: takes a body, hands it over, says on stdout where it listens. */
import { loadUws } from '../src/edge/uws-loader.ts'
import type { UwsResponse } from '../src/edge/uws-types.ts'

const body_bytes = 1_048_576

/** One request with its body copied; an answer to a caller that has gone is dropped. */
export interface Asked {
  readonly body: Buffer
  answer(status: string, body: Buffer): void
  /** Answers with a stream of events instead; nothing has left before the first `write`. */
  stream(): BareStream
}

export class BareStream {
  readonly #response: UwsResponse
  #begun = false
  #over = false
  onDrain: () => void = () => undefined
  onGone: () => void = () => undefined

  constructor(response: UwsResponse) {
    this.#response = response
    response.onWritable(() => {
      this.onDrain()
      return true
    })
  }

  get over(): boolean {
    return this.#over
  }

  /** False where the peer does not keep up: wait for `onDrain`. */
  write(bytes: Uint8Array | string): boolean {
    if (this.#over) return true
    let room = true
    this.#response.cork(() => {
      if (!this.#begun) this.#begin()
      room = this.#response.write(bytes)
    })
    return room
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#response.cork(() => this.#response.end())
  }

  left(): void {
    this.#over = true
    this.onGone()
  }

  #begin(): void {
    this.#begun = true
    this.#response.writeStatus('200 OK')
    this.#response.writeHeader('content-type', 'text/event-stream')
    this.#response.writeHeader('cache-control', 'no-cache')
  }
}

export function serveBare(name: string, handle: (asked: Asked) => void): void {
  const uws = loadUws(16_384)
  if (typeof uws === 'string') throw new Error(uws)
  const app = uws.App()
  app.any('/*', (response) => {
    let gone = false
    let stream: BareStream | null = null
    response.onAborted(() => {
      gone = true
      stream?.left()
    })
    const answer = (status: string, body: Buffer): void => {
      if (!gone) write(response, status, body)
    }
    response.collectBody(body_bytes, (bytes) => {
      if (!bytes) return
      const body = Buffer.copyBytesFrom(new Uint8Array(bytes))
      handle({ body, answer, stream: () => (stream = new BareStream(response)) })
    })
  })
  app.listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    if (socket === false) throw new Error(`${name} found no port`)
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${uws.us_socket_local_port(socket)}/` })}\n`)
  })
}

function write(response: UwsResponse, status: string, body: Buffer): void {
  response.cork(() => {
    response.writeStatus(status)
    response.writeHeader('content-type', 'application/json')
    response.end(body)
  })
}
