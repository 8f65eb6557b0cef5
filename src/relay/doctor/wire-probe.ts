/**
 * Asks an agent that speaks A2A in one dialect, on the wire: a driver would hide what a doctor wants to see, such as
 * which id it echoes and whether it closes after its last word.
 */
import type { JsonObject } from '../../base/json.ts'
import { isStreaming } from '../../domain/call.ts'
import { versionOf } from '../../protocol/a2a/methods.ts'
import { readSaid } from '../../protocol/a2a/read-said.ts'
import { type AgentOperation, type WireRequest, writeRequest } from '../../protocol/a2a/write-request.ts'
import { SseSplitter } from '../../protocol/sse.ts'
import { type Head, makeFault, type Outbound, type Receiver, type Transport, type Wire } from '../wire/transport.ts'
import type { Spoken, Upstream } from '../wire/upstream.ts'
import { type Bounds, type Heard, Hearing, type HearingParts } from './heard.ts'

export interface WireParts extends HearingParts {
  readonly transport: Transport
  /** Of an answer or an event. */
  readonly bytes_max: number
  /** What a platform around the agent wants of every request. */
  readonly dress: ((request: Outbound) => Outbound) | null
}

export interface WireQuestion {
  readonly operation: AgentOperation
  /** In the form of 1.0. */
  readonly params: JsonObject
  /** The raw token of the JSON-RPC id. */
  readonly rpcId: string
}

export class WireProbe {
  readonly spoken: Spoken
  readonly #upstream: Upstream
  readonly #parts: WireParts

  constructor(spoken: Spoken, upstream: Upstream, parts: WireParts) {
    this.spoken = spoken
    this.#upstream = upstream
    this.#parts = parts
  }

  ask(question: WireQuestion, bounds: Bounds): Promise<Heard> {
    const { operation, params, rpcId } = question
    const { transport, bytes_max, dress } = this.#parts
    const bare = this.#outbound(writeRequest(this.spoken.dialect, operation, params, rpcId))
    const hearing = new Hearing(this.#parts, bounds)
    const reading = new Reading(hearing, { ...question, dialect: this.spoken.dialect }, bytes_max)
    const wire = transport.send(dress?.(bare) ?? bare, reading)
    reading.listen(wire)
    hearing.begin(() => wire.abort())
    return hearing.heard
  }

  #outbound({ method, rest, query, contentType, accept, body }: WireRequest): Outbound {
    const { fixed, tls } = this.#upstream
    const { origin, path, search, dialect } = this.spoken
    const asked = query === '' ? search : `${search === '' ? '?' : `${search}&`}${query}`
    const headers = [
      ...(contentType === null ? [] : ['content-type', contentType]),
      'accept',
      accept,
      'accept-encoding',
      'identity',
      'a2a-version',
      versionOf(dialect),
      ...fixed,
    ]
    return { method, origin, path: `${path}${rest}${asked}`, headers, body, tls }
  }
}

type Asked = WireQuestion & Pick<Spoken, 'dialect'>

class Reading implements Receiver {
  readonly #hearing: Hearing
  readonly #asked: Asked
  readonly #bytes_max: number
  readonly #splitter: SseSplitter
  readonly #chunks: Buffer[] = []
  #wire: Wire | null = null
  #bytes = 0
  #status = 0
  #streams = false

  constructor(hearing: Hearing, asked: Asked, bytes_max: number) {
    this.#hearing = hearing
    this.#asked = asked
    this.#bytes_max = bytes_max
    this.#splitter = new SseSplitter(bytes_max)
  }

  listen(wire: Wire): void {
    this.#wire = wire
  }

  onHead(status: number, head: Head): void {
    const type = head['content-type'] ?? ''
    this.#status = status
    this.#hearing.head(status, type)
    this.#streams = isStreaming(this.#asked.operation) && status === 200 && /^text\/event-stream\s*(?:;|$)/i.test(type)
    if (status === 401 || status === 403) this.#stop('bad_answer', `${refusedWith} ${status}`)
    else if (status >= 300 && status < 400) this.#stop('bad_answer', `it redirects with ${status}`)
  }

  onBytes(chunk: Buffer): void {
    if (this.#hearing.over) return
    if (this.#streams) return this.#split(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > this.#bytes_max) return this.#stop('too_large', `more than ${this.#bytes_max} bytes`)
    // The client below may use the memory of a chunk again.
    this.#chunks.push(Buffer.from(chunk))
  }

  onEnd(): void {
    if (!this.#streams) this.#read(Buffer.concat(this.#chunks), null)
    this.#hearing.closed()
  }

  onFault(fault: Parameters<Receiver['onFault']>[0]): void {
    this.#hearing.fault(fault)
  }

  #split(chunk: Buffer): void {
    let spoke = false
    for (const { data, bytes } of this.#splitter.push(Buffer.from(chunk))) {
      if (data === null || data.length === 0) continue
      spoke = true
      this.#read(data, bytes)
      if (this.#hearing.over) return
    }
    if (this.#splitter.overflow) this.#stop('too_large', `an event of more than ${this.#bytes_max} bytes`)
    else if (!spoke) this.#hearing.quiet()
  }

  #read(bytes: Buffer, event: Buffer | null): void {
    const said = readSaid(bytes, { ...this.#asked, status: this.#status, event })
    if (said === null) this.#hearing.strange(bytes)
    else this.#hearing.said(said)
  }

  #stop(code: 'bad_answer' | 'too_large', detail: string): void {
    this.#wire?.abort()
    this.#hearing.fault(makeFault(code, detail, true))
  }
}

/** The same words with which drivers say it. */
const refusedWith = "the target refused the gateway's credentials with"
