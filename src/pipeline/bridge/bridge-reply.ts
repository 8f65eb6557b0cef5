/**
 * The caller's end of a call to an agent that came as a call of a model. The road answers it as it answers every caller of
 * A2A 1.0; here that is heard, and told in the words of OpenAI. A stream begins with the first thing the agent says, so that
 * everything that goes wrong before is an HTTP status; one whole answer begins when it is there.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { HeaderList, RefusalSaid, Reply } from '../../protocol/http.ts'
import { jsonHeaders, sendWritten, streamHeaders, type Written } from '../../protocol/jsonrpc.ts'
import type { BridgeFace } from '../../protocol/llm/bridge-face.ts'
import {
  answerTooLong,
  type BridgeFailure,
  failureOfRpc,
  failureOfState,
  noAnswer,
  writeBridgeFailure,
} from '../../protocol/llm/bridge-failure.ts'
import { type ModelRefused, writeModelDenial, writeModelDenialEvents } from '../../protocol/llm/faces.ts'
import { bridgeHeaders } from '../../protocol/llm/bridge-request.ts'
import type { Telling } from '../../protocol/llm/bridge-telling.ts'
import { SseSplitter } from '../../protocol/sse.ts'

interface Parts {
  /** Who is refused. */
  readonly call: ModelRefused['call']
  readonly face: BridgeFace
  readonly telling: Telling
  readonly streaming: boolean
  /** The longest event of an agent, in bytes. */
  readonly event_bytes: number
  /** The longest text of an answer, in characters. */
  readonly text_chars: number
}

/** How a failure or a refusal is told. */
interface Ending {
  whole(): Written
  events(): string
}

/** An event is longer in the envelope it is handed on in, and in the words of 1.0 than in those of its agent. */
const envelope_ratio = 2

export class BridgeReply implements Reply {
  /** The caller has left, or was told no more, while the agent worked on this task. */
  onLeft: (taskId: string) => void = () => {}
  readonly #reply: Reply
  readonly #parts: Parts
  readonly #splitter: SseSplitter
  /** One answer that comes in pieces, because something was sent before it. */
  readonly #pieces: Buffer[] = []
  #headers: HeaderList = []
  /** Status and headers have left. */
  #begun = false
  /** The beginning of the stream has been told. */
  #opened = false
  #over = false
  #room = true
  /** What comes next is a refusal of ours, in whatever bytes the road tells it. */
  #refusal: Ending | null = null
  #gone: () => void = () => {}

  constructor(reply: Reply, parts: Parts) {
    this.#reply = reply
    this.#parts = parts
    this.#splitter = new SseSplitter(parts.event_bytes * envelope_ratio)
  }

  get closed(): boolean {
    return this.#over || this.#reply.closed
  }

  get buffered(): number {
    return this.#reply.buffered
  }

  refused(denial: Denial, { sentence, run }: RefusalSaid): void {
    const refused = { call: this.#parts.call, run, alternatives: null, sentence }
    this.#refusal ??= {
      whole: () => writeModelDenial(denial, refused),
      events: () => writeModelDenialEvents(denial, refused),
    }
  }

  send(_status: number, headers: HeaderList, body: Uint8Array | string): void {
    this.begin(_status, headers)
    if (this.#refusal) return this.#stop(this.#refusal)
    if (!headers.some(([name, value]) => name === 'content-type' && value === 'text/event-stream'))
      return this.#answer(bytesOf(body))
    this.write(body)
    this.end()
  }

  begin(_status: number, headers: HeaderList): void {
    this.#headers = headers.filter(([name]) => !ofTheirWire.has(name))
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#refusal) this.#stop(this.#refusal)
    if (this.#over) return true
    const bytes = bytesOf(chunk)
    if (this.#parts.streaming) this.#hearAll(bytes)
    else if (!isBlank(bytes)) this.#pieces.push(bytes)
    return this.#room
  }

  end(): void {
    if (this.#refusal) this.#stop(this.#refusal)
    if (this.#over) return
    if (!this.#parts.streaming) return this.#answer(Buffer.concat(this.#pieces))
    const { telling, face } = this.#parts
    const rest = telling.finish()
    const failure = this.#failure()
    if (failure) return this.fail(failure)
    this.#open()
    this.#put(`${rest === '' ? '' : face.delta(rest)}${face.close(telling)}`)
    this.#over = true
    this.#reply.end()
  }

  /** Tells what went wrong, and nothing after it. */
  fail(failure: BridgeFailure): void {
    this.#stop({ whole: () => writeBridgeFailure(failure), events: () => this.#parts.face.fail(failure) })
  }

  cut(): void {
    this.#over = true
    this.#reply.cut()
  }

  onDrain(handler: () => void): void {
    this.#reply.onDrain(() => {
      this.#room = true
      handler()
    })
  }

  onGone(handler: () => void): void {
    this.#gone = () => {
      handler()
      const { taskId, phase } = this.#parts.telling
      if (taskId !== null && phase === 'open') this.onLeft(taskId)
    }
    this.#reply.onGone(() => this.#gone())
  }

  #hearAll(bytes: Buffer): void {
    for (const { data } of this.#splitter.push(bytes)) {
      if (this.#over) return
      if (data !== null) this.#hear(data)
      else this.#beat()
    }
    if (this.#splitter.overflow && !this.#over) this.#giveUp()
  }

  /** A comment keeps clients listening that give up after five silent seconds. */
  #beat(): void {
    this.#begin()
    this.#put(':\n\n')
  }

  #hear(data: Buffer): void {
    const { telling, face } = this.#parts
    const { error, result } = parsed(data)
    if (isJsonObject(error)) return this.fail(failureOfRpc(error))
    const text = isJsonObject(result) ? telling.hear(result) : ''
    if (this.#isTooLong()) return this.#giveUp()
    // How a task failed is told when the stream ends: as a status, where nothing has been told before.
    if (telling.failure !== null) return
    this.#open()
    if (text !== '') this.#put(face.delta(text))
  }

  /** One whole answer. */
  #answer(body: Buffer): void {
    const { telling, face } = this.#parts
    const { error, result } = parsed(body)
    if (isJsonObject(error)) return this.fail(failureOfRpc(error))
    if (isJsonObject(result)) telling.hear(result)
    telling.finish()
    const failure = this.#isTooLong() ? answerTooLong : this.#failure()
    if (failure) return this.fail(failure)
    this.#over = true
    this.#reply.send(200, [...jsonHeaders, ...this.#headersOut()], face.whole(telling))
  }

  /** As a status with an error where nothing has left yet, else as the last events. */
  #stop({ whole, events }: Ending): void {
    if (this.#over) return
    this.#over = true
    if (this.#begun) {
      this.#put(events())
      return this.#reply.end()
    }
    const written = whole()
    const said = new Set(written.headers.map(([name]) => name))
    sendWritten(
      this.#reply,
      written,
      this.#headersOut().filter(([name]) => !said.has(name)),
    )
  }

  #failure(): BridgeFailure | null {
    const { failure, state, heard } = this.#parts.telling
    if (!heard) return noAnswer
    return failure === null ? null : failureOfState(state, failure)
  }

  #isTooLong(): boolean {
    return this.#parts.telling.text.length > this.#parts.text_chars
  }

  /** The caller hears why, and to the road it looks as if it had left: the agent is told to stop. */
  #giveUp(): void {
    this.fail(answerTooLong)
    this.#gone()
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#reply.begin(200, [...streamHeaders, ...this.#headersOut()])
  }

  #open(): void {
    if (this.#opened) return
    this.#begin()
    this.#opened = true
    this.#put(this.#parts.face.open(this.#parts.telling))
  }

  #put(text: string): void {
    this.#room = this.#reply.write(text)
  }

  /** The id that SDKs show for a request, what the road says of run and hop, and where the conversation stands as far as that is known by now. */
  #headersOut(): HeaderList {
    const { contextId, taskId } = this.#parts.telling
    const ids: HeaderList = [
      [bridgeHeaders.context, contextId ?? ''],
      [bridgeHeaders.task, taskId ?? ''],
    ]
    return [
      ['x-request-id', this.#parts.call.id],
      ...this.#headers,
      ...ids.filter(([, value]) => plainForm.test(value)),
    ]
  }
}

/** Headers that belong to the bytes the road writes and not to ours. */
const ofTheirWire: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'cache-control',
  'x-accel-buffering',
])

/** An id of an agent may hold what no header can. */
const plainForm = /^[\x21-\x7e]+$/

function bytesOf(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

/** White space that keeps a caller of JSON-RPC waiting. */
function isBlank(bytes: Buffer): boolean {
  return bytes.length === 1 && bytes[0] === 0x20
}

/** An answer of JSON-RPC that the relay has read before; empty for what is none. */
function parsed(bytes: Buffer): JsonObject {
  try {
    const read: unknown = JSON.parse(bytes.toString('utf8'))
    return isJsonObject(read) ? read : {}
  } catch {
    return {}
  }
}
