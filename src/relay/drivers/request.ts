/** One request to a framework: its whole answer with a maximum, or its stream split into events while it comes. */
import { readJson } from '../../base/json.ts'
import type { Fault } from '../../domain/fault.ts'
import type { RelaySettings } from '../exchange.ts'
import { type Head, makeFault, type Receiver, type Wire } from '../wire/transport.ts'
import { type Framing, type Splitter, splitterFor, type StreamEvent } from './splitters.ts'

/** What came in answer. */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  readonly head: Head
  /** The whole text; empty at the end of a stream. For operators, never for callers. */
  readonly text: string
  /** The text as JSON; undefined where it is none. */
  readonly json: unknown
  /** Whether it was told in events. */
  readonly streamed: boolean
}

/** Hears a stream while it comes. */
export interface Hearer {
  /** `lines` are JSON texts of one line each, whatever the content type; `sse` only where the answer says so. */
  readonly framing: Framing
  /** The answer is a stream and begins. */
  onHead?(head: Head): void
  onEvent(event: StreamEvent): void
  /** Bytes that say nothing. */
  onQuiet?(): void
}

type Done = (outcome: Answer | Fault) => void

export class Request implements Receiver, Wire {
  readonly #settings: RelaySettings
  readonly #hearer: Hearer | null
  readonly #done: Done
  #wire: Wire | null = null
  #status = 0
  #head: Head = {}
  #splitter: Splitter | null = null
  #chunks: Buffer[] = []
  #size = 0
  #over = false

  constructor(settings: RelaySettings, hearer: Hearer | null, done: Done) {
    this.#settings = settings
    this.#hearer = hearer
    this.#done = done
  }

  start(wire: Wire): void {
    this.#wire = wire
  }

  get sent(): boolean {
    return this.#wire?.sent ?? false
  }

  abort(): void {
    this.#over = true
    this.#wire?.abort()
  }

  pause(): void {
    this.#wire?.pause()
  }

  resume(): void {
    this.#wire?.resume()
  }

  onHead(status: number, head: Head): void {
    this.#status = status
    this.#head = head
    const encoding = head['content-encoding'] ?? 'identity'
    if (encoding.toLowerCase() !== 'identity') return this.#fail(`the answer is encoded as ${encoding.slice(0, 40)}`)
    if (status >= 300 && status < 400) return this.#fail(`the target redirects with ${status}`)
    if (status === 401 || status === 403)
      return this.#fail(`the target refused the gateway's credentials with ${status}`)
    if (this.#hearer === null || status > 299) return
    if (this.#hearer.framing === 'sse' && !/^text\/event-stream\b/i.test(head['content-type'] ?? '')) return
    this.#splitter = splitterFor(this.#hearer.framing, this.#settings.event_bytes)
    this.#hearer.onHead?.(head)
  }

  onBytes(chunk: Buffer): void {
    if (this.#over) return
    if (this.#splitter) return this.#split(chunk, this.#splitter)
    this.#size += chunk.length
    if (this.#size > this.#settings.answer_bytes) return this.#finish(makeFault('too_large', 'a whole answer', true))
    // The client below may use the memory of a chunk again.
    this.#chunks.push(Buffer.from(chunk))
  }

  onEnd(): void {
    const last = this.#splitter?.end() ?? null
    if (last !== null) this.#hearer?.onEvent(last)
    const text = Buffer.concat(this.#chunks).toString()
    const read = text === '' ? null : readJson(text, depth_max)
    const json = read?.ok ? read.value : undefined
    this.#finish({
      kind: 'answer',
      status: this.#status,
      head: this.#head,
      text,
      json,
      streamed: this.#splitter !== null,
    })
  }

  onFault(fault: Fault): void {
    this.#finish(fault)
  }

  #split(chunk: Buffer, splitter: Splitter): void {
    for (const event of splitter.push(chunk)) {
      // What hears an event may let go of the request.
      if (this.#over) return
      if (event === null) this.#hearer?.onQuiet?.()
      else this.#hearer?.onEvent(event)
    }
    if (splitter.overflow) this.#finish(makeFault('too_large', 'an event of a stream', true))
  }

  #fail(detail: string): void {
    this.#finish(makeFault('bad_answer', detail, true))
  }

  #finish(outcome: Answer | Fault): void {
    if (this.#over) return
    this.#over = true
    this.#wire?.abort()
    this.#done(outcome)
  }
}

/** State of a graph nests deeper than a token does. */
const depth_max = 64
