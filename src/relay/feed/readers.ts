/** The readers of a feed. What its agent says in one turn is told to all of them at once, so that it costs each one write. */
import type { Said } from '../../protocol/a2a/said.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { bytesOf, type EventLog } from './event-log.ts'
import type { Reader } from './reader.ts'

/** So much is told at once, at the latest. */
const together = { events: 64, bytes: 16_384 }

export class Readers {
  readonly #log: EventLog
  readonly #events_max: number
  readonly #all = new Set<Reader>()
  /** Events, and bytes of them, that nobody has heard of yet; they do when this turn is over. */
  #untold = 0
  #untoldBytes = 0
  readonly #tellLater: () => void

  /** `onBug` hears of what a reader throws once the turn of the agent is over, where nobody else would catch it. */
  constructor(
    log: EventLog,
    { stream_log_events }: { readonly stream_log_events: number },
    onBug: (bug: unknown) => void,
  ) {
    this.#log = log
    this.#tellLater = () => {
      try {
        this.tell()
      } catch (bug) {
        onBug(bug)
      }
    }
    this.#events_max = Math.min(together.events, stream_log_events)
  }

  get size(): number {
    return this.#all.size
  }

  /** Whether there are any and none of them takes anything. */
  get allFull(): boolean {
    for (const reader of this.#all) if (!reader.full) return false
    return this.#all.size > 0
  }

  add(reader: Reader): void {
    this.#all.add(reader)
  }

  remove(reader: Reader): boolean {
    return this.#all.delete(reader)
  }

  /** Lets go of all of them. */
  takeAll(): readonly Reader[] {
    const readers = [...this.#all]
    this.#all.clear()
    return readers
  }

  head(headers: HeaderList): void {
    for (const reader of this.#all) reader.onHead(headers)
  }

  /** Adds an event to the log; nothing leaves it before its readers heard of it. */
  news(said: Said): void {
    const bytes = bytesOf(said)
    if (this.#untold >= this.#events_max || this.#untoldBytes + bytes > together.bytes) this.tell()
    this.#log.push(said)
    if (this.#untold === 0) queueMicrotask(this.#tellLater)
    this.#untold += 1
    this.#untoldBytes += bytes
  }

  /** Tells them now what they have not heard of. */
  tell(): void {
    if (this.#untold === 0) return
    this.#untold = 0
    this.#untoldBytes = 0
    for (const reader of this.#all) reader.onNews()
  }
}
