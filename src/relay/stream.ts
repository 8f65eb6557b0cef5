/**
 * One call, a stream of events. Whole events pass as they come, byte for byte, and the stream never ends without
 * saying how. A slow reader stops the target, not the memory.
 *
 *     waiting --head--> events --last event--> lingering --end--> over
 *        |                 |
 *        |                 +--fault, halt--> one event that says so --> over
 *        +--JSON instead of events---------> one event -------------> over
 */
import type { DenialCode } from '../domain/denials.ts'
import { type Fault, isFault } from '../domain/fault.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import { revisionOf } from '../protocol/a2a/dialect.ts'
import { readAnswer } from '../protocol/a2a/observe.ts'
import type { Observation } from '../protocol/a2a/revision.ts'
import { writeDenial, writeDenialEvent, writeSentence } from '../protocol/faces.ts'
import { headersBack } from '../protocol/headers.ts'
import type { Reply } from '../protocol/http.ts'
import { writeEvent, writeRpcResult } from '../protocol/jsonrpc.ts'
import { type SseEvent, SseSplitter } from '../protocol/sse.ts'
import { badAnswer, headFault, passOn, readWhole } from './answers.ts'
import { cancelTask } from './cancel.ts'
import { type Bench, type Errand, type Exchange, requestOf } from './exchange.ts'
import { denialOf } from './faults.ts'
import { Outlet } from './outlet.ts'
import type { Ending, Tally } from './tally.ts'
import { type Head, makeFault, type Receiver, type Wire } from './transport.ts'

const eventStream = /^text\/event-stream\s*(?:;|$)/i
/** After the last event a target gets this long to end, so that its connection can be used again. Unit: milliseconds. */
const linger_ms = 1000
/** And may still send so much, which nobody reads. */
const lingerMax_bytes = 65_536

export class StreamExchange implements Exchange, Receiver {
  readonly #hop: Hop
  readonly #errand: Errand
  readonly #bench: Bench
  readonly #tally: Tally
  readonly #outlet: Outlet
  readonly #splitter: SseSplitter
  readonly #wire: Wire
  /** The status and chunks of an answer that is no stream. */
  #whole: { readonly status: number; readonly chunks: Buffer[] } | null = null
  #lastKind: Observation['kind'] = 'open'
  #lastMark = -1
  #movedAt: number
  #dropped = 0

  constructor(hop: Hop, errand: Errand, way: Bench & { readonly tally: Tally }, reply: Reply) {
    this.#hop = hop
    this.#errand = errand
    this.#bench = way
    this.#tally = way.tally
    this.#movedAt = way.clock.monotonic()
    this.#splitter = new SseSplitter(way.settings.event_bytes)
    this.#outlet = new Outlet(reply, way, {
      onFull: () => this.#wire.pause(),
      onRoom: () => this.#resume(),
      onGone: () => this.abort('gone'),
      onSilence: () => void this.#stops(),
    })
    this.#wire = way.transport.send(requestOf(hop, errand, hop.call.body, 'text/event-stream'), this)
  }

  get taskId(): string | null {
    return this.#tally.task?.id ?? null
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    const { sent } = this.#wire
    if (why === 'aborted') return this.#fail(makeFault('aborted', 'the gateway gave up', sent))
    this.#wire.abort()
    this.#outlet.leave()
    this.#tell({ kind: 'gone', sent })
  }

  halt(denial: Denial): void {
    if (this.#tally.told) return
    const { sent } = this.#wire
    this.#wire.abort()
    const event = this.#haltEvent(denial.code)
    if (event !== null || this.#outlet.begun) {
      this.#outlet.write(event ?? writeDenialEvent(denial, this.#refused()))
      this.#outlet.end()
    } else this.#outlet.answer(writeDenial(denial, this.#refused()))
    this.#cancel()
    this.#tell({ kind: 'halted', sent, denial })
  }

  onHead(status: number, head: Head): void {
    this.#tally.head()
    this.#movedAt = this.#bench.clock.monotonic()
    const fault = headFault(status, head)
    if (fault) this.#fail(fault)
    else if (status === 200 && eventStream.test(head['content-type'] ?? '')) this.#begin(head)
    else if (Number(head['content-length'] ?? 0) > this.#bench.settings.event_bytes) this.#tooLarge()
    else this.#whole = { status, chunks: [] }
  }

  onBytes(chunk: Buffer): void {
    if (this.#tally.told) return this.#drop(chunk.length)
    this.#tally.bytesIn += chunk.length
    if (this.#stops()) return
    if (this.#whole) return this.#collect(this.#whole.chunks, chunk)
    for (const event of this.#splitter.push(chunk)) {
      this.#pass(event)
      if (this.#tally.told) return
    }
    if (this.#splitter.overflow) return this.#tooLarge()
    if (this.#bench.clock.monotonic() - this.#movedAt < this.#bench.settings.stall_ms) return
    this.#fail(makeFault('stalled', `no progress for ${this.#bench.settings.stall_ms} ms`, true))
  }

  onEnd(): void {
    if (this.#tally.told) return
    if (this.#whole) return this.#passWhole(this.#whole.status, Buffer.concat(this.#whole.chunks))
    if (this.#lastKind === 'open') this.#fail(makeFault('truncated', 'the stream ended before its last event', true))
    else this.#close()
  }

  onFault(fault: Fault): void {
    if (this.#tally.told) return
    if (this.#lastKind === 'open') this.#fail(fault)
    else this.#close()
  }

  #begin(head: Head): void {
    this.#errand.onAnswer?.()
    this.#outlet.begin(headersBack(head))
  }

  /** Whoever was revoked gets nothing more, also where the order to end this stream did not find it. */
  #stops(): boolean {
    const denial = this.#errand.standing()
    if (denial) this.halt(denial)
    return denial !== null
  }

  #pass(event: SseEvent): void {
    if (event.data === null || event.data.length === 0) return this.#outlet.write(event.bytes)
    const { call } = this.#hop
    const answer = readAnswer(event.data, call.rpcId, revisionOf(call.dialect))
    if (answer === null) return this.#fail(badAnswer('an event that is no JSON-RPC answer'))
    const bytes = passOn(answer, call, this.#tally)
    this.#outlet.write(bytes === event.data ? event.bytes : writeEvent(oneLine(bytes)))
    this.#lastKind = answer.seen.kind
    if (answer.seen.mark !== this.#lastMark) this.#movedAt = this.#bench.clock.monotonic()
    this.#lastMark = answer.seen.mark
    if (answer.seen.last) this.#close()
  }

  #collect(chunks: Buffer[], chunk: Buffer): void {
    if (this.#tally.bytesIn > this.#bench.settings.event_bytes) this.#tooLarge()
    else chunks.push(chunk)
  }

  #passWhole(status: number, body: Buffer): void {
    const { call } = this.#hop
    const answer = readWhole(status, body, call)
    if (isFault(answer)) return this.#fail(answer)
    this.#errand.onAnswer?.()
    this.#outlet.write(writeEvent(oneLine(passOn(answer, call, this.#tally))))
    this.#close()
  }

  /** The caller has its last event. Only now the target may be slow without anybody minding. */
  #close(): void {
    this.#outlet.end()
    this.#tell({ kind: 'answered', sent: true })
    this.#wire.resume()
    this.#bench.wheel.after(linger_ms, () => this.#wire.abort())
  }

  #drop(bytes: number): void {
    this.#dropped += bytes
    if (this.#dropped > lingerMax_bytes) this.#wire.abort()
  }

  #fail(fault: Fault): void {
    const denial = denialOf(fault)
    this.#wire.abort()
    if (denial.code !== 'upstream_unavailable' && fault.sent) this.#cancel()
    if (this.#outlet.begun) {
      this.#outlet.write(writeDenialEvent(denial, this.#refused()))
      this.#outlet.end()
    } else this.#outlet.answer(writeDenial(denial, this.#refused()))
    this.#tell({ kind: 'fault', sent: fault.sent, fault, denial })
  }

  #tooLarge(): void {
    this.#fail(makeFault('too_large', `an event of more than ${this.#bench.settings.event_bytes} bytes`, true))
  }

  #resume(): void {
    this.#movedAt = this.#bench.clock.monotonic()
    this.#wire.resume()
  }

  /** To a client a halt looks like a task that was cancelled: a normal end it knows how to handle. */
  #haltEvent(code: DenialCode): string | null {
    const { task } = this.#tally
    if (task === null) return null
    const { call, id, run } = this.#hop
    const result = revisionOf(call.dialect).writeCanceled({
      taskId: task.id,
      contextId: task.contextId ?? '',
      messageId: `weir-${id}`,
      sentence: writeSentence(code, id),
      code,
      run: run.id,
    })
    return writeEvent(writeRpcResult(call.rpcId, result))
  }

  #refused(): Parameters<typeof writeDenial>[1] {
    return { call: this.#hop.call, run: this.#hop.run.id, alternatives: null }
  }

  #cancel(): void {
    if (this.taskId !== null) cancelTask(this.#hop, this.#errand, this.#bench, this.taskId)
  }

  #tell(ending: Ending): void {
    this.#tally.bytesOut = this.#outlet.bytesOut
    this.#tally.tell(ending)
  }
}

/** A line break in valid JSON is white space, and an event we write has one data line. */
function oneLine(json: Buffer): string {
  return json.toString('utf8').replaceAll(/[\r\n]/g, ' ')
}
