/** What there is of a session while it is used: requests under way, streams, questions. All of it can be made anew. */
import type { Alarm } from '../../../base/wheel.ts'
import type { Dice } from '../../../base/dice.ts'
import type { Reply } from '../../../protocol/http.ts'
import type { LogLevel } from '../../../protocol/mcp/words.ts'
import type { Bench } from '../../../relay/exchange.ts'
import type { Answer } from '../../../relay/mcp/link.ts'
import { EventStream, type StreamEvents } from './event-stream.ts'
import type { FrontExchange } from './exchange.ts'
import type { FrontSession } from './front-sessions.ts'

export interface FrontSettings {
  readonly mcp_sessions: number
  readonly mcp_sessions_per_caller: number
  readonly mcp_parked: number
  readonly mcp_parked_per_caller: number
  readonly mcp_stream_events: number
  readonly mcp_stream_bytes: number
  readonly mcp_parked_ms: number
  readonly mcp_question_ms: number
  readonly mcp_stream_ms: number
  readonly mcp_session_ms: number
}

export interface SessionWorld {
  readonly dice: Dice
  readonly bench: Bench
  readonly settings: FrontSettings
}

/** Requests of one session that are under way; a caller that leaves does not end them. */
const requests_max = 256
/** Streams that ended, or whose client left, and that may be asked for again. */
const streams_max = 32
/** The first revision whose clients take an event without data. */
const firstPrimed = '2025-11-25'

/** The stream that answers no request. */
export interface OwnEnd {
  /** Whether its client reads it. */
  readonly attached: boolean
  /** Other resources are watched. */
  use(): void
  close(): void
}

interface KeptStream {
  readonly stream: EventStream
  readonly alarm: Alarm
}

export class LiveSession {
  readonly world: SessionWorld
  readonly session: FrontSession
  /** From which level on log messages are heard; a client that never says has always been sent some. */
  level: LogLevel = 'info'
  /** By the raw token of their ids. */
  readonly requests = new Map<string, FrontExchange>()
  /** By our ids; each hears its answer once. */
  readonly questions = new Map<string, (answer: Answer) => void>()
  /** Resources whose changes it hears of. */
  readonly uris = new Set<string>()
  own: OwnEnd | null = null
  readonly #streams = new Map<string, KeptStream>()

  constructor(world: SessionWorld, session: FrontSession) {
    this.world = world
    this.session = session
  }

  /** Whether one more request may be under way. */
  get hasRoom(): boolean {
    return this.requests.size < requests_max
  }

  /** Whether anything of it goes on. */
  get isUsed(): boolean {
    return this.requests.size > 0 || this.own?.attached === true
  }

  /** A stream for the answer to one POST, read by that. */
  openStream(reply: Reply, events: StreamEvents): EventStream {
    const id = this.world.dice.hex(8)
    const stream = this.makeStream(id, { ...events, onWhole: () => this.#forget(stream) })
    stream.attach(reply, 0)
    const alarm = this.world.bench.wheel.after(this.world.settings.mcp_stream_ms, () => this.#forget(stream))
    this.#streams.set(stream.id, { stream, alarm })
    const oldest = [...this.#streams.values()].find((kept) => kept.stream.ended)
    if (oldest && this.#streams.size > streams_max) this.#drop(oldest)
    return stream
  }

  makeStream(id: string, events: StreamEvents): EventStream {
    const { bench, settings } = this.world
    const bounds = { events: settings.mcp_stream_events, bytes: settings.mcp_stream_bytes }
    return new EventStream(id, { bench, bounds, primes: this.session.version >= firstPrimed }, events)
  }

  findStream(id: string): EventStream | null {
    return this.#streams.get(id)?.stream ?? null
  }

  /** Ends everything of it. */
  close(reason: string): void {
    for (const exchange of this.requests.values()) exchange.leave(reason)
    this.own?.close()
    for (const kept of this.#streams.values()) this.#drop(kept)
    this.questions.clear()
  }

  /** One that is still written to is looked at again later. */
  #forget(stream: EventStream): void {
    const kept = this.#streams.get(stream.id)
    if (!kept) return
    if (stream.ended) this.#drop(kept)
    else kept.alarm.push(this.world.settings.mcp_stream_ms)
  }

  #drop({ stream, alarm }: KeptStream): void {
    alarm.cancel()
    stream.end()
    this.#streams.delete(stream.id)
  }
}
