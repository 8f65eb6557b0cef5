/** What an agent answered to one probe, with the times: the same whether it was asked on the wire or through a driver. */
import { cleanText } from '../../base/clean-text.ts'
import type { Clock } from '../../base/clock.ts'
import { type JsonObject, readJsonObject } from '../../base/json.ts'
import type { Alarm, Wheel } from '../../base/wheel.ts'
import type { Fault } from '../../domain/fault.ts'
import type { AgentError, Said } from '../../protocol/a2a/said.ts'
import { makeFault } from '../wire/transport.ts'

export interface Heard {
  /** In the order in which it came. */
  readonly answers: readonly (Said | AgentError)[]
  /** Null where nothing came, or where a driver has read it. */
  readonly status: number | null
  /** Content type of the answer; '' where there is none, or where a driver has read it. */
  readonly type: string
  /** The beginning of an answer that is none of this protocol, cleaned; null where there was none. */
  readonly scrap: string | null
  /** That answer as JSON; null where it is none. */
  readonly json: JsonObject | null
  readonly fault: Fault | null
  /** How often it said that it is still there. */
  readonly comments: number
  /** The longest time without a byte while it answered. Unit: milliseconds. */
  readonly silence_ms: number
  /** Whether it ended by itself, stayed open after its last word, or was let go of because enough was heard. */
  readonly end: 'closed' | 'left open' | 'enough'
  /** To its last word. Unit: milliseconds. */
  readonly took_ms: number
}

/** When a probe has heard enough. */
export interface Bounds {
  /** For everything together. */
  readonly timeout_ms: number
  enough?(answer: Said | AgentError): boolean
}

export interface HearingParts {
  readonly clock: Clock
  readonly wheel: Wheel
}

/** Time to close after the last word. Unit: milliseconds. */
const linger_ms = 1500
const answers_max = 1000
const scrapChars_max = 120

export class Hearing {
  readonly heard: Promise<Heard>
  readonly #parts: HearingParts
  readonly #bounds: Bounds
  readonly #began: number
  readonly #alarm: Alarm
  readonly #answers: (Said | AgentError)[] = []
  #tell: (heard: Heard) => void = () => {}
  #letGo: () => void = () => {}
  #over = false
  #last = false
  #head: Pick<Heard, 'status' | 'type'> = { status: null, type: '' }
  #scrap: string | null = null
  #json: JsonObject | null = null
  #comments = 0
  #silence_ms = 0
  #spokeAt: number
  #saidAt: number

  constructor(parts: HearingParts, bounds: Bounds) {
    const { promise, resolve } = Promise.withResolvers<Heard>()
    this.heard = promise
    this.#tell = resolve
    this.#parts = parts
    this.#bounds = bounds
    this.#began = parts.clock.monotonic()
    this.#spokeAt = this.#began
    this.#saidAt = this.#began
    this.#alarm = parts.wheel.after(bounds.timeout_ms, () => this.#late())
  }

  /** What lets go of the request; called before it can have answered. */
  begin(letGo: () => void): this {
    this.#letGo = letGo
    return this
  }

  get over(): boolean {
    return this.#over
  }

  head(status: number, type: string): void {
    this.#head = { status, type: cleanText(type.split(';')[0] ?? '', scrapChars_max) }
    this.#speak()
  }

  quiet(): void {
    this.#speak()
    this.#comments += 1
  }

  said(answer: Said | AgentError): void {
    if (this.#over || this.#last) return
    this.#speak()
    this.#saidAt = this.#spokeAt
    if (this.#answers.length < answers_max) this.#answers.push(answer)
    if (this.#bounds.enough?.(answer) === true) return this.#finish('enough', null)
    this.#last = answer.kind === 'agent_error' || answer.seen.last
    if (this.#last) this.#alarm.push(linger_ms)
  }

  /** Something came that is no answer of this protocol. */
  strange(bytes: Uint8Array): void {
    if (this.#scrap !== null) return
    const text = Buffer.from(bytes).toString('utf8')
    this.#scrap = cleanText(text.slice(0, 4 * scrapChars_max), scrapChars_max)
    this.#json = readJsonObject(text)
  }

  closed(): void {
    this.#finish('closed', null)
  }

  fault(fault: Fault): void {
    // After the last word nothing is missing, however the connection ended.
    this.#finish('closed', this.#last ? null : fault)
  }

  #late(): void {
    if (this.#last) return this.#finish('left open', null)
    const { timeout_ms } = this.#bounds
    const code = this.#answers.length > 0 ? 'idle_timeout' : 'first_byte_timeout'
    this.#finish('enough', makeFault(code, `not done within ${timeout_ms} ms`, true))
  }

  #speak(): void {
    const now = this.#parts.clock.monotonic()
    if (this.#head.status !== null || this.#answers.length > 0)
      this.#silence_ms = Math.max(this.#silence_ms, now - this.#spokeAt)
    this.#spokeAt = now
  }

  #finish(end: Heard['end'], fault: Fault | null): void {
    if (this.#over) return
    this.#over = true
    this.#alarm.cancel()
    if (end !== 'closed') this.#letGo()
    this.#tell({
      answers: this.#answers,
      ...this.#head,
      scrap: this.#scrap,
      json: this.#json,
      fault,
      comments: this.#comments,
      silence_ms: Math.round(this.#silence_ms),
      end,
      took_ms: Math.round(this.#saidAt - this.#began),
    })
  }
}
