/**
 * One request over Streamable HTTP until its answer is there. A server may close the stream before it answers, if it
 * has given an event an id (SEP-1699): then the rest is asked for, after the time it named.
 *
 *     POST -> events ... closed -> [retry] -> GET with Last-Event-ID -> events ... closed -> ... -> the answer -> end
 */
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { Fault } from '../../domain/fault.ts'
import { isAnswerTo } from '../../protocol/mcp/events.ts'
import { type Head, makeFault, type Outbound, type Transport, type Wire } from '../wire/transport.ts'
import type { ChannelHearer, Json } from './channel.ts'
import type { EventFields } from './event-fields.ts'
import { type AnswerEars, HttpAnswer, type Maximums } from './http-answer.ts'

export interface RequestPlan {
  /** The token of its id. */
  readonly id: string | null
  readonly post: Outbound
  /** Asks for what came after the event of that id. */
  again(lastEventId: string): Outbound
  /** How long nothing may come over all tries together. */
  readonly idle_ms: number
}

interface Bench {
  readonly transport: Transport
  readonly wheel: Wheel
  readonly maximums: Maximums
}

/** Tries in a row that do not even open a stream. */
const tries_max = 5
const retry_ms = { usual: 1000, max: 30_000 } as const
/** What a server gets to close a stream by itself whose answer is there, so that its connection can be used again. */
const linger_ms = 1000

export class HttpRequest implements Wire, AnswerEars {
  readonly #plan: RequestPlan
  readonly #bench: Bench
  readonly #hearer: ChannelHearer
  readonly #done: () => void
  #wire: Wire
  #answer: HttpAnswer
  #lastId: string | null = null
  #retry_ms: number = retry_ms.usual
  #tries = 0
  #resumed = false
  #paused = false
  #over = false
  #alarm: Alarm | null = null
  #silence: Alarm | null = null

  /** `done` is called once when nothing is open any more. */
  constructor(plan: RequestPlan, bench: Bench, hearer: ChannelHearer, done: () => void) {
    this.#plan = plan
    this.#bench = bench
    this.#hearer = hearer
    this.#done = done
    this.#answer = new HttpAnswer(this, bench.maximums)
    this.#wire = bench.transport.send(plan.post, this.#answer)
  }

  get sent(): boolean {
    return this.#resumed || this.#wire.sent
  }

  abort(): void {
    if (this.#over) return
    this.#close()
    this.#wire.abort()
  }

  /** Whoever hears is told that we gave up. */
  giveUp(why: Fault): void {
    if (this.#over) return
    this.abort()
    this.#hearer.onEnd({ ...why, sent: this.sent })
  }

  pause(): void {
    this.#paused = true
    this.#silence?.cancel()
    this.#wire.pause()
  }

  resume(): void {
    this.#paused = false
    this.#silence?.push(this.#plan.idle_ms)
    this.#wire.resume()
  }

  onHead(status: number, head: Head): void {
    if (this.#over) return
    if (!this.#resumed) return this.#hearer.onHead?.(status, head)
    if (!this.#answer.isStream) return this.#fail(makeFault('truncated', `the rest was answered with ${status}`, true))
    this.#tries = 0
  }

  onFields({ id, retry_ms: wanted_ms }: EventFields): void {
    if (id !== null) this.#lastId = id === '' ? null : id
    if (wanted_ms !== null) this.#retry_ms = Math.min(wanted_ms, retry_ms.max)
  }

  onMessage(message: Json): void {
    if (this.#over) return
    if (!this.#paused) this.#silence?.push(this.#plan.idle_ms)
    const answers = this.#plan.id !== null && isAnswerTo(message, this.#plan.id)
    this.#hearer.onMessage(message)
    if (!answers || this.#over) return
    this.#close()
    const wire = this.#wire
    this.#bench.wheel.after(linger_ms, () => wire.abort())
    this.#hearer.onEnd(null)
  }

  onDone(fault: Fault | null): void {
    if (this.#over) return
    if (this.#lastId !== null && this.#goesOn(fault)) return this.#later(this.#lastId)
    if (fault) this.#fail(fault)
    else this.#end(null)
  }

  #goesOn(fault: Fault | null): boolean {
    if (fault === null || fault.code === 'truncated') return this.#answer.isStream
    return this.#resumed && retried.has(fault.code) && this.#tries < tries_max
  }

  #later(lastId: string): void {
    this.#silence ??= this.#bench.wheel.after(this.#plan.idle_ms, () =>
      this.#fail(makeFault('idle_timeout', 'the rest of the answer did not come', true)),
    )
    this.#resumed = true
    this.#tries += 1
    this.#alarm = this.#bench.wheel.after(this.#retry_ms, () => {
      this.#answer = new HttpAnswer(this, this.#bench.maximums)
      this.#wire = this.#bench.transport.send(this.#plan.again(lastId), this.#answer)
      if (this.#paused) this.#wire.pause()
    })
  }

  #fail(fault: Fault): void {
    this.#wire.abort()
    this.#end(fault)
  }

  #end(fault: Fault | null): void {
    if (this.#over) return
    this.#close()
    this.#hearer.onEnd(fault)
  }

  #close(): void {
    this.#over = true
    this.#alarm?.cancel()
    this.#silence?.cancel()
    this.#done()
  }
}

/** What may pass by the time of the next try. */
const retried: ReadonlySet<Fault['code']> = new Set([
  'connect_failed',
  'connect_timeout',
  'reset',
  'first_byte_timeout',
])
