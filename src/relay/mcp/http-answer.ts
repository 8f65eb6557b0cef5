/** One HTTP answer of a tool server as the messages in it, whether it is one body or a stream of events. */
import type { Fault } from '../../domain/fault.ts'
import { type SseEvent, SseSplitter } from '../../protocol/sse.ts'
import { type Head, makeFault, type Receiver } from '../wire/transport.ts'
import { type EventFields, fieldsOf } from './event-fields.ts'
import { messagesIn, readHeard } from './heard.ts'
import type { Json } from './channel.ts'

export interface Maximums {
  readonly event_bytes: number
  readonly answer_bytes: number
}

export interface AnswerEars {
  onHead(status: number, head: Head): void
  onMessage(message: Json): void
  /** What an event said beside its message. */
  onFields(fields: EventFields): void
  /** Once and last; the wire is to be let go of where there is a fault. */
  onDone(fault: Fault | null): void
}

/** What is read of an answer that says that something went wrong. */
const errorMax_bytes = 65_536

export class HttpAnswer implements Receiver {
  readonly #ears: AnswerEars
  readonly #maximums: Maximums
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status = 0
  #type = ''
  #splitter: SseSplitter | null = null
  #done = false

  constructor(ears: AnswerEars, maximums: Maximums) {
    this.#ears = ears
    this.#maximums = maximums
  }

  get isStream(): boolean {
    return this.#splitter !== null
  }

  onHead(status: number, head: Head): void {
    this.#status = status
    this.#type = head['content-type'] ?? ''
    if ((head['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
      return this.#end(makeFault('bad_answer', 'the answer is encoded', true))
    if (status === 200 && /^text\/event-stream\b/i.test(this.#type))
      this.#splitter = new SseSplitter(this.#maximums.event_bytes)
    this.#ears.onHead(status, head)
  }

  onBytes(chunk: Buffer): void {
    if (this.#done) return
    // The client below may use the memory of a chunk again.
    const kept = Buffer.from(chunk)
    if (this.#splitter) return this.#split(kept, this.#splitter)
    this.#bytes += kept.length
    if (this.#bytes > (this.#isGood ? this.#maximums.answer_bytes : errorMax_bytes))
      return this.#end(makeFault('too_large', 'a whole answer', true))
    this.#chunks.push(kept)
  }

  onEnd(): void {
    if (this.#done) return
    if (this.#splitter) this.#end(null)
    else this.#readBody()
  }

  onFault(fault: Fault): void {
    this.#end(fault)
  }

  get #isGood(): boolean {
    return this.#status >= 200 && this.#status < 300
  }

  #split(chunk: Buffer, splitter: SseSplitter): void {
    for (const event of splitter.push(chunk)) if (!this.#done) this.#hear(event)
    if (splitter.overflow) this.#end(makeFault('too_large', 'an event of a stream', true))
  }

  #hear({ bytes, data }: SseEvent): void {
    const fields = fieldsOf(bytes)
    this.#ears.onFields(fields)
    if (data === null || data.length === 0 || (fields.name ?? 'message') !== 'message') return
    const messages = messagesIn(data)
    if (messages === null) return this.#end(makeFault('bad_answer', 'an event is not JSON', true))
    for (const message of messages) if (!this.#done) this.#ears.onMessage(message)
  }

  #readBody(): void {
    const body = Buffer.concat(this.#chunks)
    const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(this.#type)
    const messages = isJson && body.length > 0 ? messagesIn(body) : null
    if (!this.#isGood) {
      const [error] = messages ?? []
      if (error === undefined || readHeard(error)?.form !== 'error')
        return this.#end(makeFault('bad_answer', `it answered ${this.#status}`, true))
    } else if (body.length > 0 && messages === null)
      return this.#end(makeFault('bad_answer', 'its answer is neither JSON nor a stream of events', true))
    for (const message of messages ?? []) if (!this.#done) this.#ears.onMessage(message)
    this.#end(null)
  }

  #end(fault: Fault | null): void {
    if (this.#done) return
    this.#done = true
    this.#ears.onDone(fault)
  }
}
