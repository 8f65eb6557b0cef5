/**
 * The caller's end of a stream: headers, events, heartbeats, and what happens when the caller does not keep up.
 * Bytes taken and not yet read stay under `stream_buffer_bytes` plus what one chunk of the target completes.
 */
import type { Alarm } from '../base/wheel.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import { streamHeaders, type Written } from '../protocol/jsonrpc.ts'
import type { Bench } from './exchange.ts'

/** A comment: every client skips it, and it keeps clients that give up after five silent seconds (httpx) listening. */
const heartbeat = ':\n\n'

/** What the caller does to the stream. */
export interface OutletEvents {
  /** It does not keep up: send nothing until `onRoom`. */
  onFull(): void
  onRoom(): void
  /** It went away, or did not read for longer than `idle_ms`. */
  onGone(): void
  /** Nothing was written for a while; may end the stream, else a heartbeat follows. */
  onSilence(): void
}

type Whole = Pick<Written, 'status' | 'headers'> & { readonly body: Uint8Array | string }

export class Outlet {
  readonly #reply: Reply
  readonly #bench: Bench
  readonly #events: OutletEvents
  readonly #beat: Alarm
  readonly #patience: Alarm
  #begun = false
  #full = false
  #over = false
  #bytesOut = 0

  /** The events never come before this returns. */
  constructor(reply: Reply, bench: Bench, events: OutletEvents) {
    this.#reply = reply
    this.#bench = bench
    this.#events = events
    this.#beat = bench.wheel.after(bench.settings.heartbeat_ms, () => this.#onSilence())
    this.#patience = bench.wheel.after(bench.settings.idle_ms, () => this.#giveUp())
    this.#patience.cancel()
    reply.onGone(() => this.#leave())
    reply.onDrain(() => this.#onDrain())
    if (reply.closed) queueMicrotask(() => this.#leave())
  }

  get begun(): boolean {
    return this.#begun
  }

  /** The caller does not keep up. */
  get full(): boolean {
    return this.#full
  }

  /** Bytes it may be given before it is full. */
  get room(): number {
    return this.#bench.settings.stream_buffer_bytes - this.#reply.buffered
  }

  get bytesOut(): number {
    return this.#bytesOut
  }

  begin(extra: HeaderList): void {
    if (this.#begun || this.#over) return
    this.#begun = true
    this.#reply.begin(200, [...streamHeaders, ...extra])
  }

  write(bytes: Uint8Array | string): void {
    if (this.#over) return
    this.begin([])
    const room = this.#reply.write(bytes)
    this.#bytesOut += Buffer.byteLength(bytes)
    this.#beat.push(this.#bench.settings.heartbeat_ms)
    if (this.#full || (room && this.#reply.buffered <= this.#bench.settings.stream_buffer_bytes)) return
    this.#full = true
    this.#patience.push(this.#bench.settings.idle_ms)
    this.#events.onFull()
  }

  /** Ends the stream; what was written before still reaches a caller that reads. */
  end(): void {
    if (this.#over) return
    this.#stop()
    this.#reply.end()
  }

  /** The whole answer where nothing has begun yet. */
  answer({ status, headers, body }: Whole): void {
    if (this.#over) return
    this.#stop()
    this.#bytesOut += Buffer.byteLength(body)
    this.#reply.send(status, headers, body)
  }

  /** Lets go of a caller that is gone. */
  leave(): void {
    this.#stop()
  }

  #stop(): void {
    this.#over = true
    this.#beat.cancel()
    this.#patience.cancel()
  }

  #onSilence(): void {
    this.#events.onSilence()
    if (this.#over) return
    if (this.#full) this.#beat.push(this.#bench.settings.heartbeat_ms)
    else this.write(heartbeat)
  }

  #onDrain(): void {
    if (!this.#full || this.#over) return
    this.#full = false
    this.#patience.cancel()
    this.#events.onRoom()
  }

  #giveUp(): void {
    if (this.#over) return
    this.#reply.cut()
    this.#leave()
  }

  #leave(): void {
    if (this.#over) return
    this.#stop()
    this.#events.onGone()
  }
}
