/**
 * One request that is open on a line. The line does not stop for a hearer that has paused, because others share it: what
 * comes meanwhile is held, up to a maximum.
 */
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import type { Fault } from '../../domain/fault.ts'
import { makeFault, type Wire } from '../wire/transport.ts'
import type { ChannelHearer, Json, Sent } from './channel.ts'
import type { Refused } from './line.ts'

interface RequestParts {
  readonly held_bytes: number
  /** It is open no more. */
  leave(): void
}

const shape = jsonShape(['method'], 'ignore')

export class LineRequest implements Wire {
  readonly message: Sent
  readonly isSubscription: boolean
  /** Whether it was handed to the line. */
  sent = false
  readonly #hearer: ChannelHearer
  readonly #parts: RequestParts
  #held: Json[] = []
  #heldBytes = 0
  #paused = false
  #answered = false
  #done = false

  constructor(message: Sent, hearer: ChannelHearer, parts: RequestParts) {
    this.message = message
    this.#hearer = hearer
    this.#parts = parts
    const spans = scanJson(message.message, shape)
    this.isSubscription = spans.kind === 'spans' && spans.text('method') === 'subscriptions/listen'
  }

  /** Nothing more is heard. */
  get done(): boolean {
    return this.#done
  }

  hear(text: Json, isAnswer: boolean): void {
    if (this.#done) return
    if (isAnswer) {
      this.#answered = true
      this.#parts.leave()
    }
    this.#heldBytes += text.length
    this.#held.push(text)
    if (this.#paused && this.#heldBytes > this.#parts.held_bytes)
      return this.end(makeFault('overloaded', 'its hearer is too slow for the line', true))
    this.#pass()
  }

  refuse({ fault, answer }: Refused): void {
    if (this.#done) return
    if (answer) this.#hearer.onHead?.(answer.status, answer.head)
    this.end(fault)
  }

  end(fault: Fault | null): void {
    if (this.#done) return
    this.#finish()
    this.#hearer.onEnd(fault)
  }

  abort(): void {
    if (!this.#done) this.#finish()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#pass()
  }

  /** Hands on what is held; a hearer may pause or leave at each of them. */
  #pass(): void {
    while (!this.#paused && !this.#done) {
      const text = this.#held.shift()
      if (text === undefined) break
      this.#heldBytes -= text.length
      this.#hearer.onMessage(text)
    }
    if (this.#answered && !this.#paused && this.#held.length === 0) this.end(null)
  }

  #finish(): void {
    this.#done = true
    this.#held = []
    this.#parts.leave()
  }
}
