/**
 * What was said of one task since it is followed: the newest events as they came, everything before them folded into
 * one snapshot. Readers hold a number, the sequence of the event they read next.
 */
import type { JsonObject } from '../../base/json.ts'
import { foldAll } from '../../protocol/a2a/fold.ts'
import { readNeutral, sayNeutral, wholeOf } from '../../protocol/a2a/neutral.ts'
import type { Said } from '../../protocol/a2a/said.ts'
import { shorten, sizeOf } from '../../protocol/a2a/shorten.ts'

interface LogCaps {
  readonly stream_log_events: number
  readonly stream_log_bytes: number
  /** A task that has become larger than anything an agent may answer is shortened. */
  readonly answer_bytes: number
}

/** So many events are folded at a time: each time costs a copy of what the task has become. */
const together = 64

export class EventLog {
  readonly #caps: LogCaps
  #events: Said[] = []
  /** Sequence of the oldest event that is kept. */
  #from = 0
  #bytes = 0
  /** The task as of `#foldedTo`, which may be ahead of `#from`. */
  #task: JsonObject | null = null
  #foldedTo = 0
  /** It weighs no more. */
  #taskBytes = 0
  #shown: { readonly at: number; readonly said: Said } | null = null

  constructor(caps: LogCaps) {
    this.#caps = caps
  }

  /** Sequence of the oldest event that can still be read. */
  get from(): number {
    return this.#from
  }

  /** Sequence of the event that comes next. */
  get next(): number {
    return this.#from + this.#events.length
  }

  push(said: Said): void {
    this.#events.push(said)
    this.#bytes += bytesOf(said)
    const { stream_log_events, stream_log_bytes } = this.#caps
    while (this.#events.length > stream_log_events || (this.#bytes > stream_log_bytes && this.#events.length > 1))
      this.#dropOldest()
  }

  at(sequence: number): Said | null {
    return this.#events[sequence - this.#from] ?? null
  }

  /** The task after everything that was said, as one event; null while no task was named. */
  snapshot(): Said | null {
    if (this.#shown?.at === this.next) return this.#shown.said
    this.#foldUpTo(this.next)
    if (this.#task === null) return null
    const said = sayNeutral({ task: this.#task })
    this.#shown = { at: this.next, said }
    return said
  }

  /** The task itself, A2A 1.0 JSON. */
  task(): JsonObject | null {
    this.#foldUpTo(this.next)
    return this.#task
  }

  /** What was said altogether: the task, or the message where that was the answer. */
  whole(): JsonObject | null {
    const last = this.at(this.next - 1)
    return last?.seen.kind === 'message' ? wholeOf(last) : this.task()
  }

  #dropOldest(): void {
    if (this.#foldedTo <= this.#from) this.#foldUpTo(Math.min(this.#from + together, this.next))
    const oldest = this.#events.shift()
    if (!oldest) return
    this.#from += 1
    this.#bytes -= bytesOf(oldest)
  }

  #foldUpTo(end: number): void {
    this.#task = foldAll(this.#task, this.#unfolded(end))
    this.#foldedTo = Math.max(this.#foldedTo, end)
    this.#weigh()
  }

  /** Weighed when as much has come as it may weigh, and then made half as heavy, so that it is not weighed for each event. */
  #weigh(): void {
    const { answer_bytes } = this.#caps
    if (this.#task === null || this.#taskBytes <= answer_bytes) return
    this.#taskBytes = sizeOf(this.#task)
    if (this.#taskBytes <= answer_bytes / 2) return
    this.#task = shorten(this.#task, answer_bytes / 2)
    this.#taskBytes = answer_bytes / 2
  }

  /** Each is looked at once, so what it says is not remembered. */
  *#unfolded(end: number): Generator<JsonObject> {
    for (let sequence = this.#foldedTo; sequence < end; sequence += 1) {
      const said = this.at(sequence)
      if (!said) continue
      this.#taskBytes += bytesOf(said)
      yield readNeutral(said)
    }
  }
}

/** Bytes of the answer that an event was, as it came from its agent. */
export function bytesOf({ origin, payload }: Said): number {
  return origin?.event?.length ?? origin?.bytes.length ?? payload.length
}
