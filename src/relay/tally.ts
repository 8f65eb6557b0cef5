/** The outcome of one exchange, told exactly once. */
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Done, ExchangeOutcome } from './exchange.ts'
import type { Feed } from './feed/feed.ts'
import type { FeedEnd } from './feed/reader.ts'

/** Records keep no more of an error's text. Unit: characters. */
const detailMax = 500

/** How an exchange ended. */
export type Ending = Pick<ExchangeOutcome, 'kind' | 'sent'> &
  Partial<Pick<ExchangeOutcome, 'fault' | 'denial' | 'answer' | 'errorCode' | 'detail'>>

/** How an exchange ended whose feed did; `sent` is whether anything of it reached the agent, where the end does not say. */
export function endingOf(end: FeedEnd, sent: boolean): Ending {
  if (end.kind === 'done') return { kind: 'answered', sent: true }
  if (end.kind === 'halted') return { kind: 'halted', sent, denial: end.denial }
  if (end.kind === 'fault') return { kind: 'fault', sent: end.fault.sent, fault: end.fault, denial: end.denial }
  return { kind: 'answered', sent: true, errorCode: end.error.code, detail: end.error.message }
}

/** What was counted on the way. */
export interface Counted extends Pick<ExchangeOutcome, 'task' | 'bytesIn' | 'bytesOut' | 'usage' | 'says'> {
  /** On the monotonic clock. */
  readonly firstByteAt: number | null
}

export class Tally {
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #done: Done
  #told = false

  constructor(clock: Clock, done: Done) {
    this.#clock = clock
    this.#startedAt = clock.monotonic()
    this.#done = done
  }

  /** Whether the outcome was handed over. */
  get told(): boolean {
    return this.#told
  }

  /** The outcome of an exchange that read a feed; nothing where it was told before. */
  tellOf({ task, sight, bytesIn, firstByteAt, log }: Feed, bytesOut: number, ending: Ending): void {
    if (this.#told) return
    const { detail, usage } = sight
    this.tell({ detail, ...ending }, { task, bytesIn, bytesOut, firstByteAt, usage, says: () => log.whole() })
  }

  tell(ending: Ending, { task, bytesIn, bytesOut, usage, says, firstByteAt }: Counted): void {
    assert(!this.#told, 'an exchange has one outcome')
    this.#told = true
    const { kind, sent, fault = null, denial = null, answer = null, errorCode = null, detail = null } = ending
    this.#done({
      kind,
      sent,
      fault,
      denial,
      answer,
      errorCode,
      detail: detail === null ? null : detail.slice(0, detailMax),
      task,
      bytesIn,
      bytesOut,
      ...(usage && { usage }),
      ...(says !== undefined && { says }),
      firstByte_ms: firstByteAt === null ? null : firstByteAt - this.#startedAt,
      upstream_ms: this.#clock.monotonic() - this.#startedAt,
    })
  }
}
