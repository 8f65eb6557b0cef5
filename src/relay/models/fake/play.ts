/**
 * One answer of the fake provider on its way: head, pieces, end, at the pace of its model, stopping where the receiver
 * stops it. Many pieces without a pace go out a few at a time, so that a long answer does not hold up everything else.
 */
import type { Alarm, Wheel } from '../../../base/wheel.ts'
import { type Outbound, type Receiver, type Wire, makeFault } from '../../wire/transport.ts'
import type { Answer } from './answer.ts'
import type { Piece } from './piece.ts'

type Patience = NonNullable<Outbound['patience']>

/** Pieces in one turn of the event loop. */
const burst = 64

export class Play implements Wire {
  readonly #receiver: Receiver
  readonly #wheel: Wheel
  readonly #patience: Patience
  #alarm: Alarm | null = null
  #answer: Answer | null = null
  #pieces: Iterator<Piece> | null = null
  #next: Piece | null = null
  #idle_ms: number
  #phase: 'waiting' | 'receiving' | 'done' = 'waiting'
  #paused = false
  /** Whether a turn of the event loop or an alarm will go on with it, or one is at it now. */
  #pending = false

  constructor(receiver: Receiver, wheel: Wheel, patience: Patience) {
    this.#receiver = receiver
    this.#wheel = wheel
    this.#patience = patience
    this.#idle_ms = patience.idle_ms ?? Number.POSITIVE_INFINITY
  }

  get sent(): boolean {
    return this.#answer !== null
  }

  start(answer: Answer): void {
    if (this.#phase === 'done') return
    this.#answer = answer
    this.#pieces = answer.pieces[Symbol.iterator]()
    this.#after(answer.wait_ms, this.#patience.first_byte_ms ?? Number.POSITIVE_INFINITY)
  }

  abort(): void {
    this.#finish()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused || this.#phase === 'done') return
    this.#paused = false
    if (!this.#pending && this.#answer !== null) this.#soon()
  }

  allowSilence(silence_ms: number): void {
    this.#idle_ms = silence_ms
  }

  /** Goes on after a while; where that is longer than the other side is patient, it gives up then. */
  #after(wait_ms: number, patience_ms: number): void {
    this.#pending = true
    if (wait_ms === 0) return this.#goOn()
    const code = this.#phase === 'waiting' ? 'first_byte_timeout' : 'idle_timeout'
    const late = wait_ms > patience_ms
    this.#alarm = this.#wheel.after(Math.min(wait_ms, patience_ms), () => {
      // Whoever has stopped it does not wait for it.
      if (late && !this.#paused) this.#fail(code, 'the fake model is slower than it may be')
      else this.#goOn()
    })
  }

  #soon(): void {
    this.#pending = true
    setImmediate(() => this.#goOn())
  }

  #goOn(): void {
    const answer = this.#answer
    if (answer === null || this.#phase === 'done') return
    if (this.#phase === 'waiting') {
      this.#phase = 'receiving'
      this.#receiver.onHead(answer.status, answer.head)
    }
    for (let count = 0; count < burst; count += 1) if (!this.#step(answer)) return
    this.#soon()
  }

  /** Whether to go on at once. Held by a pause, nothing is pending any more. */
  #step(answer: Answer): boolean {
    if (this.#isHeld()) {
      this.#pending = false
      return false
    }
    const waited = this.#next
    const piece = waited ?? this.#take()
    this.#next = null
    if (piece === null) {
      this.#end(answer)
      return false
    }
    if (waited === null && piece.said && answer.pace_ms > 0) {
      this.#next = piece
      this.#after(answer.pace_ms, this.#idle_ms)
      return false
    }
    this.#receiver.onBytes(Buffer.from(piece.data))
    return true
  }

  #take(): Piece | null {
    const taken = this.#pieces?.next()
    return taken === undefined || taken.done === true ? null : taken.value
  }

  #isHeld(): boolean {
    return this.#paused || this.#phase === 'done'
  }

  #end({ lost }: Answer): void {
    if (lost) return this.#fail('truncated', 'the fake model cuts its answers')
    this.#finish()
    this.#receiver.onEnd()
  }

  #fail(code: 'truncated' | 'first_byte_timeout' | 'idle_timeout', detail: string): void {
    if (this.#phase === 'done') return
    this.#finish()
    this.#receiver.onFault(makeFault(code, detail, true))
  }

  #finish(): void {
    this.#phase = 'done'
    this.#alarm?.cancel()
  }
}
