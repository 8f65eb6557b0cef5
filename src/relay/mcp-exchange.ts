/**
 * One message to a tool server and what comes back for it: one answer, taken whole, or a stream, whose events are handed
 * on byte for byte as they come. A caller that leaves takes the request with it: in the modern era that is how a request is
 * cancelled, in the legacy era servers go on working and the caller asks again for what it missed.
 */
import type { McpCall } from '../domain/call.ts'
import type { Fault } from '../domain/fault.ts'
import { type Denial, type Hop, isDenial, type Permit } from '../domain/verdict.ts'
import { passAnswer } from '../protocol/mcp/answer.ts'
import { isAnswerTo, isResumable, withMessage, writeMessageEvent } from '../protocol/mcp/events.ts'
import type { Era } from '../protocol/mcp/read-call.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import { type SseEvent, SseSplitter } from '../protocol/sse.ts'
import type { Bench, Done, Exchange } from './exchange.ts'
import { denialOf } from './faults.ts'
import { Outlet } from './outlet.ts'
import { type Ending, Tally } from './tally.ts'
import { type Head, makeFault, type Outbound, type Receiver, type Wire } from './wire/transport.ts'

/** What is carried, and the road's eyes on it. None of it may throw. */
export interface McpMission {
  readonly call: McpCall
  readonly era: Era
  readonly inSession: boolean
  readonly request: Outbound
  /** Asked before anything of a stream is passed on: why it must not go on, or null. */
  standing(): Denial | null
  /** Before the first byte of the server's answer is handed on. */
  onAnswer(): void
  /** Headers for the caller, out of those of the answer. */
  headersBack(head: Head): HeaderList
  /** What the caller gets in place of a message; null where all of them are handed on as they are. */
  readonly rewrite: ((message: Buffer) => Buffer | Promise<Buffer>) | null
  /** A refusal as a message that answers the request. */
  writeDenial(denial: Denial): string
  /**
   * The server wants other proof of us before it looks at the request: headers to try once more with, or why there are none.
   * Never rejects. Null where nothing is proved but what the operator wrote.
   */
  readonly challenged: ((status: 401 | 403, challenge: string | null) => Promise<HeaderList | Denial>) | null
}

export class McpExchange implements Exchange, Receiver {
  readonly taskId = null
  readonly #mission: McpMission
  readonly #bench: Bench
  readonly #reply: Reply
  readonly #tally: Tally
  #wire: Wire
  readonly #chunks: Buffer[] = []
  readonly #waiting: SseEvent[] = []
  #status = 0
  #head: Head = {}
  #outlet: Outlet | null = null
  #splitter: SseSplitter | null = null
  #firstByteAt: number | null = null
  #bytesIn = 0
  #rewriting = false
  #proved = false
  #ended = false
  #answered = false
  #resumable = false

  /** No byte leaves without a Hop or, for what is no call of a tool, a Permit. */
  constructor(_warrant: Hop<McpCall> | Permit, mission: McpMission, bench: Bench, to: { reply: Reply; done: Done }) {
    this.#mission = mission
    this.#bench = bench
    this.#reply = to.reply
    this.#tally = new Tally(bench.clock, to.done)
    this.#wire = bench.transport.send(mission.request, this)
    to.reply.onGone(() => this.abort('gone'))
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    const { sent } = this.#wire
    if (why === 'aborted') return this.onFault(makeFault('aborted', 'the gateway gave up', sent))
    this.#wire.abort()
    this.#outlet?.leave()
    this.#tell({ kind: 'gone', sent })
  }

  halt(denial: Denial): void {
    if (this.#tally.told) return
    this.#wire.abort()
    this.#endWith(denial)
    this.#tell({ kind: 'halted', sent: this.#wire.sent, denial })
  }

  onHead(status: number, head: Head): void {
    const { challenged } = this.#mission
    if (challenged && !this.#proved && (status === 401 || status === 403))
      return void this.#prove(challenged(status, head['www-authenticate'] ?? null))
    this.#firstByteAt = this.#bench.clock.monotonic()
    this.#status = status
    this.#head = head
    if ((head['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
      return this.onFault(makeFault('bad_answer', 'the answer is encoded', true))
    if (status !== 200 || !/^text\/event-stream\b/i.test(head['content-type'] ?? '')) return
    this.#mission.onAnswer()
    this.#splitter = new SseSplitter(this.#bench.settings.event_bytes)
    this.#outlet = new Outlet(this.#reply, this.#bench, {
      onFull: () => this.#wire.pause(),
      onRoom: () => this.#resume(),
      onGone: () => this.abort('gone'),
      onSilence: () => this.#ask(),
    })
    this.#outlet.begin(this.#mission.headersBack(head))
  }

  onBytes(chunk: Buffer): void {
    if (this.#tally.told) return
    this.#bytesIn += chunk.length
    // The client below may use the memory of a chunk again.
    const kept = Buffer.from(chunk)
    if (this.#splitter) return this.#split(kept, this.#splitter)
    if (this.#bytesIn > this.#bench.settings.answer_bytes)
      return this.onFault(makeFault('too_large', 'a whole answer', true))
    this.#chunks.push(kept)
  }

  onEnd(): void {
    this.#ended = true
    if (this.#splitter) this.#pump()
    else this.#answer()
  }

  onFault(fault: Fault): void {
    if (this.#tally.told) return
    this.#wire.abort()
    const denial = denialOf(fault)
    if (this.#resumes) this.#outlet?.end()
    else this.#endWith(denial)
    this.#tell({ kind: 'fault', sent: fault.sent, fault, denial })
  }

  /** Nothing of the request was done, so it may go out again, once; whatever the answer says beside that is not read. */
  async #prove(answer: Promise<HeaderList | Denial>): Promise<void> {
    this.#proved = true
    this.#wire.abort()
    const { request } = this.#mission
    const proof = await answer
    if (this.#tally.told) return
    if (isDenial(proof)) return this.#tell({ kind: 'fault', sent: false, denial: proof })
    const names = new Set(proof.map(([name]) => name))
    const kept = pairsOf(request.headers).filter(([name]) => !names.has(name))
    this.#wire = this.#bench.transport.send({ ...request, headers: [...kept, ...proof].flat() }, this)
  }

  /** A stream that goes on where the caller asks again, or that answers nothing, may end like this. */
  get #resumes(): boolean {
    const { call, era } = this.#mission
    return call.form !== 'request' || this.#answered || (era === 'legacy' && this.#resumable)
  }

  #split(chunk: Buffer, splitter: SseSplitter): void {
    this.#waiting.push(...splitter.push(chunk))
    if (splitter.overflow) return this.onFault(makeFault('too_large', 'an event of a stream', true))
    this.#pump()
  }

  /** Hands events on in their order, one at a time where somebody has to be asked about them. */
  #pump(): void {
    while (!this.#rewriting && !this.#tally.told) {
      const event = this.#waiting.shift()
      if (!event) break
      this.#ask()
      const written = this.#writtenOf(event)
      if (written instanceof Promise) void this.#writeLater(written)
      else this.#outlet?.write(written)
    }
    if (this.#ended && !this.#rewriting && !this.#tally.told) this.#finish()
  }

  async #writeLater(written: Promise<Buffer>): Promise<void> {
    this.#rewriting = true
    this.#wire.pause()
    const bytes = await written
    this.#rewriting = false
    if (this.#tally.told) return
    this.#outlet?.write(bytes)
    this.#resume()
    this.#pump()
  }

  #writtenOf(event: SseEvent): Buffer | Promise<Buffer> {
    const { call, rewrite } = this.#mission
    this.#resumable ||= isResumable(event)
    if (event.data === null || event.data.length === 0) return event.bytes
    if (call.form === 'request') this.#answered ||= isAnswerTo(event.data, call.rpcId)
    if (rewrite === null) return event.bytes
    const { data } = event
    const message = rewrite(data)
    const place = (other: Buffer): Buffer => (other === data ? event.bytes : withMessage(event, other))
    return message instanceof Promise ? message.then(place) : place(message)
  }

  #resume(): void {
    if (!this.#rewriting && this.#outlet?.full !== true) this.#wire.resume()
  }

  #ask(): void {
    if (this.#tally.told) return
    const denial = this.#mission.standing()
    if (denial) this.halt(denial)
  }

  #finish(): void {
    if (!this.#resumes) return this.onFault(makeFault('truncated', 'the stream ended before the answer', true))
    this.#outlet?.end()
    this.#tell({ kind: 'answered', sent: true })
  }

  #answer(): void {
    if (this.#tally.told) return
    const { call, era, inSession, rewrite } = this.#mission
    const [type, allow] = [this.#head['content-type'] ?? '', this.#head['allow'] ?? null]
    const body = Buffer.concat(this.#chunks)
    const passed = passAnswer({ status: this.#status, type, allow, body }, { call, era, inSession })
    if (typeof passed === 'string') return this.onFault(makeFault('bad_answer', passed, true))
    this.#mission.onAnswer()
    const headers = [...passed.headers, ...this.#mission.headersBack(this.#head)]
    const give = (said: Uint8Array | string): void => {
      if (this.#tally.told) return
      const denial = this.#mission.standing()
      if (denial) return this.halt(denial)
      this.#tell({ kind: 'answered', sent: true, answer: { status: passed.status, headers, body: said } })
    }
    if (rewrite === null || passed.status !== 200 || passed.body !== body) return give(passed.body)
    const message = rewrite(body)
    if (message instanceof Promise) void message.then(give)
    else give(message)
  }

  /** Before anything was written the road says it, with its own status. */
  #endWith(denial: Denial): void {
    if (!this.#outlet) return
    const isHeard = this.#mission.call.form === 'request' && !this.#answered
    if (isHeard) this.#outlet.write(writeMessageEvent(this.#mission.writeDenial(denial)))
    this.#outlet.end()
  }

  #tell(ending: Ending): void {
    const bytesOut = this.#outlet?.bytesOut ?? 0
    this.#tally.tell(ending, { task: null, bytesIn: this.#bytesIn, bytesOut, firstByteAt: this.#firstByteAt })
  }
}

function pairsOf(headers: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? ''] as const] : []))
}
