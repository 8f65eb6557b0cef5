/** One call, one answer: the answer is taken whole, checked, and handed over once. */
import { isFault, type Fault } from '../domain/fault.ts'
import type { Denial, Hop } from '../domain/verdict.ts'
import { headersBack } from '../protocol/headers.ts'
import { jsonHeaders } from '../protocol/jsonrpc.ts'
import { headFault, passOn, readWhole } from './answers.ts'
import { cancelTask } from './cancel.ts'
import { type Bench, type Done, type Errand, type Exchange, requestOf } from './exchange.ts'
import { denialOf } from './faults.ts'
import { Tally } from './tally.ts'
import { type Head, makeFault, type Receiver, type Wire } from './transport.ts'

export class UnaryExchange implements Exchange, Receiver {
  readonly #hop: Hop
  readonly #errand: Errand
  readonly #bench: Bench
  readonly #tally: Tally
  readonly #wire: Wire
  #status = 0
  #head: Head = {}
  #chunks: Buffer[] = []

  constructor(hop: Hop, errand: Errand, bench: Bench, done: Done) {
    this.#hop = hop
    this.#errand = errand
    this.#bench = bench
    this.#tally = new Tally(hop, bench.clock, done)
    this.#wire = bench.transport.send(requestOf(hop, errand, hop.call.body), this)
  }

  get taskId(): string | null {
    return this.#tally.task?.id ?? null
  }

  abort(why: 'gone' | 'aborted'): void {
    if (this.#tally.told) return
    const { sent } = this.#wire
    if (why === 'aborted') return this.onFault(makeFault('aborted', 'the gateway gave up', sent))
    this.#wire.abort()
    this.#tally.tell({ kind: 'gone', sent })
  }

  halt(denial: Denial): void {
    if (this.#tally.told) return
    const { sent } = this.#wire
    this.#wire.abort()
    this.#cancel()
    this.#tally.tell({ kind: 'halted', sent, denial })
  }

  onHead(status: number, head: Head): void {
    this.#tally.head()
    this.#status = status
    this.#head = head
    const fault = headFault(status, head)
    if (fault) this.onFault(fault)
    else if (Number(head['content-length'] ?? 0) > this.#bench.settings.answer_bytes) this.#tooLarge()
  }

  onBytes(chunk: Buffer): void {
    this.#tally.bytesIn += chunk.length
    if (this.#tally.bytesIn > this.#bench.settings.answer_bytes) this.#tooLarge()
    else this.#chunks.push(chunk)
  }

  onEnd(): void {
    const { call } = this.#hop
    const whole = readWhole(this.#status, Buffer.concat(this.#chunks), call)
    if (isFault(whole)) return this.onFault(whole)
    this.#errand.onAnswer?.()
    const body = passOn(whole, call, this.#tally)
    const headers = [...jsonHeaders, ...headersBack(this.#head)]
    this.#tally.tell({ kind: 'answered', sent: true, answer: { status: 200, headers, body } })
  }

  onFault(fault: Fault): void {
    if (this.#tally.told) return
    this.#wire.abort()
    if (fault.code.endsWith('_timeout') && fault.sent) this.#cancel()
    this.#chunks = []
    this.#tally.tell({ kind: 'fault', sent: fault.sent, fault, denial: denialOf(fault) })
  }

  #tooLarge(): void {
    this.onFault(makeFault('too_large', `more than ${this.#bench.settings.answer_bytes} bytes`, true))
  }

  #cancel(): void {
    if (this.taskId !== null) cancelTask(this.#hop, this.#errand, this.#bench, this.taskId)
  }
}
