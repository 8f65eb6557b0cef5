/**
 * What one request to an A2A agent brings back: a whole JSON text or a stream of events, read and handed to an ear.
 *
 *     waiting --head--> events --last event--> lingering --end--> over
 *        |                 +--fault--> over
 *        +--head--> whole --end--> over
 */
import { type DialectName, isStreaming, type Operation } from '../../domain/call.ts'
import type { Fault } from '../../domain/fault.ts'
import { readSaid } from '../../protocol/a2a/read-said.ts'
import type { A2aVersion } from '../../protocol/a2a/revision.ts'
import { headersBack } from '../../protocol/headers.ts'
import { type SseEvent, SseSplitter } from '../../protocol/sse.ts'
import type { Ear, Line } from '../driver.ts'
import type { Bench } from '../exchange.ts'
import { type Head, makeFault, type Receiver, type Wire } from '../wire/transport.ts'

const eventStream = /^text\/event-stream\s*(?:;|$)/i
/** After the last event an agent gets this long to end, so that its connection can be used again. Unit: milliseconds. */
const linger_ms = 1000
/** And may still send so much, which nobody reads. */
const lingerMax_bytes = 65_536

/** Which answers of the agent count. */
interface Expected {
  readonly dialect: DialectName
  readonly operation: Operation
  readonly rpcId: string
  /** The version of who asked, whose headers are named as it knows them; null for Weir itself. */
  readonly caller: A2aVersion | null
}

type Phase = 'waiting' | 'events' | 'whole' | 'lingering' | 'over'

export class AnswerReader implements Receiver, Line {
  readonly instance = null
  readonly #expected: Expected
  readonly #bench: Bench
  readonly #ear: Ear
  readonly #max_bytes: number
  readonly #event_bytes: number
  #splitter: SseSplitter | null = null
  #wire: Wire | null = null
  #phase: Phase = 'waiting'
  #status = 0
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(expected: Expected, bench: Bench, ear: Ear) {
    const { event_bytes, answer_bytes } = bench.settings
    this.#expected = expected
    this.#bench = bench
    this.#ear = ear
    this.#max_bytes = isStreaming(expected.operation) ? event_bytes : answer_bytes
    this.#event_bytes = event_bytes
  }

  /** Listens to the wire of its own request; nothing comes before this returns. */
  listen(wire: Wire): Line {
    this.#wire = wire
    return this
  }

  get sent(): boolean {
    return this.#wire?.sent ?? false
  }

  abort(): void {
    if (this.#phase === 'over' || this.#phase === 'lingering') return
    this.#phase = 'over'
    this.#wire?.abort()
  }

  pause(): void {
    if (this.#phase !== 'lingering') this.#wire?.pause()
  }

  resume(): void {
    this.#wire?.resume()
  }

  onHead(status: number, head: Head): void {
    const fault = headFault(status, head)
    if (fault) return this.#fail(fault)
    this.#status = status
    const streams = isStreaming(this.#expected.operation)
    if (streams && status === 200 && eventStream.test(head['content-type'] ?? '')) {
      this.#phase = 'events'
      this.#splitter = new SseSplitter(this.#event_bytes)
      this.#ear.onHead(headersBack(head, this.#expected.caller))
    } else if (Number(head['content-length'] ?? 0) > this.#max_bytes) this.#tooLarge()
    else {
      this.#phase = 'whole'
      if (!streams) this.#ear.onHead(headersBack(head, this.#expected.caller))
    }
  }

  onBytes(chunk: Buffer): void {
    if (this.#phase === 'events') return this.#takeEvents(chunk)
    this.#bytes += chunk.length
    if (this.#phase === 'lingering') {
      if (this.#bytes > lingerMax_bytes) this.#wire?.abort()
    } else if (this.#bytes > this.#max_bytes) this.#tooLarge()
    else this.#chunks.push(chunk)
  }

  onEnd(): void {
    if (this.#phase === 'whole') return this.#takeWhole()
    if (this.#phase !== 'events') return
    this.#phase = 'over'
    this.#ear.onEnd()
  }

  onFault(fault: Fault): void {
    if (this.#phase === 'over' || this.#phase === 'lingering') return
    this.#phase = 'over'
    this.#ear.onFault(fault)
  }

  #takeEvents(chunk: Buffer): void {
    const splitter = this.#splitter
    if (!splitter) return
    let spoke = false
    for (const event of splitter.push(chunk)) {
      if (event.data === null || event.data.length === 0) continue
      spoke = true
      this.#takeEvent(event, event.data)
      if (this.#phase !== 'events') return
    }
    if (splitter.overflow) return this.#tooLarge()
    if (!spoke) this.#ear.onQuiet()
  }

  #takeEvent(event: SseEvent, data: Buffer): void {
    const said = readSaid(data, { ...this.#expected, status: 200, event: event.bytes })
    if (said === null) return this.#fail(badAnswer('an event that is no answer of this protocol'))
    if (said.kind === 'agent_error') return this.#linger(() => this.#ear.onError(said))
    if (!said.seen.last) return this.#ear.onSaid(said)
    return this.#linger(() => {
      this.#ear.onSaid(said)
      this.#ear.onEnd()
    })
  }

  #takeWhole(): void {
    this.#phase = 'over'
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks)
    this.#chunks = []
    const said = readSaid(bytes, { ...this.#expected, status: this.#status, event: null })
    if (said === null) return this.#ear.onFault(badAnswer(`status ${this.#status} and no answer of this protocol`))
    if (said.kind === 'agent_error') return this.#ear.onError(said)
    this.#ear.onSaid(said)
    this.#ear.onEnd()
  }

  /** The ear has its last event. Only now the agent may be slow without anybody minding. */
  #linger(tell: () => void): void {
    this.#phase = 'lingering'
    this.#bytes = 0
    tell()
    this.#wire?.resume()
    this.#bench.wheel.after(linger_ms, () => this.#wire?.abort())
  }

  #tooLarge(): void {
    const what = this.#phase === 'events' ? 'an event' : 'an answer'
    this.#fail(makeFault('too_large', `${what} of more than ${this.#max_bytes} bytes`, true))
  }

  #fail(fault: Fault): void {
    if (this.#phase === 'over' || this.#phase === 'lingering') return
    this.#phase = 'over'
    this.#wire?.abort()
    this.#ear.onFault(fault)
  }
}

/** What a status and its headers already rule out, or null. */
function headFault(status: number, head: Head): Fault | null {
  const encoding = head['content-encoding'] ?? 'identity'
  if (status === 401 || status === 403) return badAnswer(`the target refused the gateway's credentials with ${status}`)
  if (status >= 300 && status < 400) return badAnswer(`the target redirects with ${status}`)
  if (encoding.toLowerCase() !== 'identity') return badAnswer(`the answer is encoded as ${encoding.slice(0, 40)}`)
  return null
}

function badAnswer(detail: string): Fault {
  return makeFault('bad_answer', detail, true)
}
