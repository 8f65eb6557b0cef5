/** The caller's end of one request: messages that come before its answer, and the answer. */
import type { HeaderList, Reply } from '../../../protocol/http.ts'
import { jsonHeaders } from '../../../protocol/jsonrpc.ts'
import { writeMessageEvent } from '../../../protocol/mcp/write-message.ts'
import type { Bench } from '../../../relay/exchange.ts'
import { Outlet } from '../../../relay/outlet.ts'

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers: HeaderList
  readonly body: Buffer
}

/** What the caller does to its line. */
export interface LineEvents {
  onFull(): void
  onRoom(): void
  /** It went away; only where that means that nobody wants the answer any more. */
  onGone(): void
  /** Nothing was written for a while. */
  onSilence(): void
}

export interface Line {
  /** Who hears of the caller; set before anything can come. */
  events: LineEvents
  say(message: Buffer): void
  /** Ends the line. */
  answer(answer: Answer): void
  /** Ends it without an answer. */
  drop(): void
  /** What was written so far, in bytes. */
  readonly bytesOut: number
}

export const noEvents: LineEvents = {
  onFull: () => undefined,
  onRoom: () => undefined,
  onGone: () => undefined,
  onSilence: () => undefined,
}

export function jsonAnswer(body: Buffer, status = 200): Answer {
  return { status, headers: jsonHeaders, body }
}

/** One request of the modern era: a caller that leaves wants nothing any more. */
export class ModernLine implements Line {
  events = noEvents
  readonly #outlet: Outlet

  constructor(reply: Reply, bench: Bench) {
    this.#outlet = new Outlet(reply, bench, {
      onFull: () => this.events.onFull(),
      onRoom: () => this.events.onRoom(),
      onGone: () => this.events.onGone(),
      onSilence: () => this.events.onSilence(),
    })
  }

  get bytesOut(): number {
    return this.#outlet.bytesOut
  }

  /** Once anything was said, the answer is the last event of a stream. */
  say(message: Buffer): void {
    this.#outlet.write(writeMessageEvent(message))
  }

  answer(answer: Answer): void {
    if (!this.#outlet.begun) return this.#outlet.answer(answer)
    this.say(answer.body)
    this.#outlet.end()
  }

  drop(): void {
    this.#outlet.leave()
  }
}
