/**
 * One request to one provider, and what comes back for it: an answer taken whole, or the events of a stream one by one.
 * A stream whose last event was heard is let go of gently, so that its connection serves the next call.
 */
import type { Fault } from '../../domain/fault.ts'
import { type SseEvent, SseSplitter } from '../../protocol/sse.ts'
import type { Bench } from '../exchange.ts'
import { type Head, makeFault, type Outbound, type Receiver, type Wire } from '../wire/transport.ts'
import type { Whole } from './findings.ts'

/** Whoever a request can be given to: a provider over sockets, or the one that Weir plays itself. */
export interface Sender {
  /** The receiver is never called before this returns. */
  send(request: Outbound, receiver: Receiver): Wire
}

/** Hears exactly one of whole, end and fault, the last two maybe after events. Nothing after `abort` and `linger`. */
export interface AttemptEars {
  onWhole(whole: Whole): void
  onEvent(event: SseEvent): void
  /** No more events came with those that were just heard. */
  onPause(): void
  /** A stream ended, with its last word or without. */
  onEnd(): void
  onFault(fault: Fault): void
}

/** How long and for how many bytes the end of a connection's turn is waited for. */
const linger_ms = 1000
const lingerBytes = 4096

export class Attempt implements Receiver {
  readonly #bench: Bench
  readonly #ears: AttemptEars
  readonly #wire: Wire
  readonly #chunks: Buffer[] = []
  #splitter: SseSplitter | null = null
  #status = 0
  #head: Head = {}
  #state: 'open' | 'lingering' | 'over' = 'open'
  #lingered = 0
  /** Bytes of answer. */
  bytesIn = 0
  /** On the monotonic clock; null while nothing came. */
  firstByteAt: number | null = null

  constructor(sender: Sender, request: Outbound, bench: Bench, ears: AttemptEars) {
    this.#bench = bench
    this.#ears = ears
    this.#wire = sender.send(request, this)
  }

  /** Whether any byte of the request may have left. */
  get sent(): boolean {
    return this.#wire.sent
  }

  get head(): Head {
    return this.#head
  }

  /** Whether a success began to come. */
  get succeeds(): boolean {
    return this.#status >= 200 && this.#status < 300
  }

  get streams(): boolean {
    return this.#splitter !== null
  }

  abort(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#wire.abort()
  }

  /** Everything was said; what the provider still sends is not read. */
  linger(): void {
    if (this.#state !== 'open') return
    this.#state = 'lingering'
    this.#wire.resume()
    if (this.#wire.allowSilence) this.#wire.allowSilence(linger_ms)
    else this.abort()
  }

  pause(): void {
    if (this.#state === 'open') this.#wire.pause()
  }

  resume(): void {
    if (this.#state === 'open') this.#wire.resume()
  }

  onHead(status: number, head: Head): void {
    if (this.#state !== 'open') return
    this.firstByteAt = this.#bench.clock.monotonic()
    this.#status = status
    this.#head = head
    if ((head['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
      return this.#fail(makeFault('bad_answer', 'the answer is encoded', true))
    const isStream = status === 200 && /^text\/event-stream\b/i.test(head['content-type'] ?? '')
    if (isStream) this.#splitter = new SseSplitter(this.#bench.settings.event_bytes)
  }

  onBytes(chunk: Buffer): void {
    if (this.#state === 'lingering') {
      this.#lingered += chunk.length
      if (this.#lingered > lingerBytes) this.abort()
    }
    if (this.#state !== 'open') return
    this.bytesIn += chunk.length
    // The client below may use the memory of a chunk again.
    const kept = Buffer.from(chunk)
    if (this.#splitter) return this.#split(kept, this.#splitter)
    if (this.bytesIn > this.#bench.settings.answer_bytes)
      return this.#fail(makeFault('too_large', 'a whole answer', true))
    this.#chunks.push(kept)
  }

  onEnd(): void {
    if (this.#state !== 'open') return this.#close()
    this.#close()
    if (this.#splitter) this.#ears.onEnd()
    else this.#ears.onWhole({ status: this.#status, head: this.#head, body: Buffer.concat(this.#chunks) })
  }

  onFault(fault: Fault): void {
    if (this.#state !== 'open') return this.#close()
    this.#close()
    this.#ears.onFault(fault)
  }

  #split(chunk: Buffer, splitter: SseSplitter): void {
    for (const event of splitter.push(chunk)) {
      if (this.#state !== 'open') return
      this.#ears.onEvent(event)
    }
    this.#ears.onPause()
    if (splitter.overflow && this.#state === 'open') this.#fail(makeFault('too_large', 'an event of a stream', true))
  }

  #close(): void {
    this.#state = 'over'
  }

  #fail(fault: Fault): void {
    this.abort()
    this.#ears.onFault(fault)
  }
}
