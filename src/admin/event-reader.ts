/** One reader of the live stream: what they asked for, written as an event stream no faster than they read it. */
import type { Clock } from '../base/clock.ts'
import type { Filter } from '../domain/filter.ts'
import { matches } from '../domain/filter-match.ts'
import { filterableOfEvent, type LiveEvent, type LiveTopic } from '../domain/live-event.ts'
import type { Reply } from '../protocol/http.ts'

export interface ReaderAsked {
  readonly topics: ReadonlySet<LiveTopic>
  readonly filter: Filter
}

/** Silence after which a comment is sent. */
const heartbeat_ms = 15_000
/** What is held while a reader does not read; one event more, and they are told to look anew. */
const held_max = 256

export class EventReader {
  readonly asked: ReaderAsked
  readonly #reply: Reply
  readonly #clock: Clock
  #held: string[] = []
  #isBlocked = false
  /** The place at which they were lost; null while they keep up. */
  #lostAt: number | null = null
  #wroteAt = 0

  constructor(asked: ReaderAsked, reply: Reply, clock: Clock) {
    this.asked = asked
    this.#reply = reply
    this.#clock = clock
  }

  begin(position: number): void {
    this.#reply.begin(200, [
      ['content-type', 'text/event-stream'],
      ['cache-control', 'no-store'],
      ['x-accel-buffering', 'no'],
    ])
    this.#reply.onDrain(() => this.#drain())
    this.#write(frameOf(position, 'ready', { position, topics: [...this.asked.topics] }))
  }

  tell(id: number, event: LiveEvent): void {
    const { topics, filter } = this.asked
    if (!event.topics.some((topic) => topics.has(topic)) || !matches(filter, filterableOfEvent(event))) return
    if (this.#lostAt === null && this.#held.length < held_max) return this.#write(frameOf(id, event.kind, event))
    this.#held = []
    this.#lostAt = id
  }

  /** What came until there is not told any more. */
  reset(position: number): void {
    this.#held = []
    if (this.#isBlocked) this.#lostAt = position
    else this.#write(frameOf(position, 'reset', { position }))
  }

  beat(): void {
    if (!this.#isBlocked && this.#clock.monotonic() - this.#wroteAt >= heartbeat_ms) this.#write(':\n\n')
  }

  end(): void {
    this.#reply.end()
  }

  #write(frame: string): void {
    if (this.#isBlocked) {
      this.#held.push(frame)
      return
    }
    this.#wroteAt = this.#clock.monotonic()
    this.#isBlocked = !this.#reply.write(frame)
  }

  #drain(): void {
    this.#isBlocked = false
    const lostAt = this.#lostAt
    this.#lostAt = null
    const held = this.#held
    this.#held = []
    if (lostAt !== null) return this.#write(frameOf(lostAt, 'reset', { position: lostAt }))
    for (const frame of held) this.#write(frame)
  }
}

/** JSON has no line breaks of its own. */
function frameOf(id: number, event: string, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
