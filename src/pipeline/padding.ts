/**
 * Keeps a caller that waits for one JSON answer from giving up: clients built on httpx do so after five silent seconds.
 * White space before a JSON text says nothing (RFC 8259 section 2), but it makes the status leave: 200, as every answer of
 * JSON-RPC has.
 */
import type { Alarm, Wheel } from '../base/wheel.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import { jsonHeaders } from '../protocol/jsonrpc.ts'

export class Padding {
  readonly #reply: Reply
  readonly #alarm: Alarm
  #begun = false

  /** Begins after the first `every_ms` of silence, with these headers beside those of JSON. */
  constructor(reply: Reply, wheel: Wheel, every_ms: number, headers: () => HeaderList) {
    this.#reply = reply
    this.#alarm = wheel.after(every_ms, () => {
      if (reply.closed) return
      if (!this.#begun) reply.begin(200, [...jsonHeaders, ...headers()])
      this.#begun = true
      reply.write(' ')
      this.#alarm.push(every_ms)
    })
  }

  get begun(): boolean {
    return this.#begun
  }

  stop(): void {
    this.#alarm.cancel()
  }

  /** The answer itself, where the padding has begun. */
  end(body: Uint8Array | string): void {
    this.#reply.write(body)
    this.#reply.end()
  }
}
