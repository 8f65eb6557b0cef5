/**
 * The live stream's side on the gateway's thread: takes the batches of the archive thread, keeps the newest events for those
 * who come back, and hands them to readers. A reader who does not keep up is told to look anew; nothing grows for them.
 */
import type { Clock, Millis } from '../base/clock.ts'
import type { RunId } from '../domain/ids.ts'
import type { LiveEvent } from '../domain/live-event.ts'
import { type LiveBatch, LiveMemory } from '../ledger/live/contract.ts'
import type { Reply } from '../protocol/http.ts'
import { EventReader, type ReaderAsked } from './event-reader.ts'

export interface EventWorld {
  readonly clock: Clock
  readonly memory: SharedArrayBuffer
  /** What a run in memory is now; null for others. */
  readonly runNow: (id: RunId) => Readonly<Record<string, unknown>> | null
  /** The state of the ledger in a word. */
  readonly ledger: () => string
  readonly streams_max: () => number
  /** The gateway stops: streams are ended. */
  readonly draining: () => boolean
}

/** Events that are kept for readers who come back, and for how long after the last reader went. */
const kept_max = 2048
const linger_ms = 60_000
/** Twice a second each run that goes on is told as it is now, so many of them at a time. */
const tick_ms = 500
const runs_max = 200
const touched_max = 1000

interface Kept {
  readonly id: number
  readonly event: LiveEvent
}

export class EventBus {
  readonly #world: EventWorld
  readonly #memory: LiveMemory
  readonly #readers = new Set<EventReader>()
  readonly #kept: Kept[] = []
  /** From which entry on everything is kept, without calls and with them; null where nothing is. */
  #from: number | null = null
  #callsFrom: number | null = null
  /** Number of the last entry that was heard. */
  #position = 0
  readonly #touched = new Map<RunId, number>()
  #wantedUntil: readonly [all: Millis, calls: Millis] = [0, 0]
  #ledger: string
  #timer: NodeJS.Timeout | null = null

  constructor(world: EventWorld) {
    this.#world = world
    this.#memory = new LiveMemory(world.memory)
    this.#ledger = world.ledger()
  }

  get isFull(): boolean {
    return this.#readers.size >= this.#world.streams_max() || this.#world.draining()
  }

  /** Streams events to the reader until they go or the gateway stops. */
  read(asked: ReaderAsked, after: number | null, reply: Reply): void {
    const reader = new EventReader(asked, reply, this.#world.clock)
    const isKnown = after !== null && this.#isKept(after, asked)
    this.#readers.add(reader)
    reply.onGone(() => this.#readers.delete(reader))
    this.#want()
    reader.begin(this.#position)
    if (after !== null && !isKnown) reader.reset(this.#position)
    for (const { id, event } of this.#kept) if (isKnown && id > after) reader.tell(id, event)
    this.#timer ??= setInterval(() => this.tick(), tick_ms).unref()
  }

  take(batch: LiveBatch): void {
    this.#memory.take()
    const { from, to, level, lost, events, touched } = batch
    if (lost) this.#forget()
    this.#from ??= from
    if (level === 2) this.#callsFrom ??= from
    else this.#callsFrom = null
    if (lost) for (const reader of this.#readers) reader.reset(this.#position)
    for (const event of events) this.#tell(event)
    this.#position = Math.max(this.#position, to)
    for (const [run, calls] of touched) {
      if (this.#touched.size < touched_max || this.#touched.has(run))
        this.#touched.set(run, (this.#touched.get(run) ?? 0) + calls)
    }
  }

  /** About twice a second, while somebody reads or did until a moment ago. */
  tick(): void {
    const { clock, draining, ledger } = this.#world
    if (draining()) return this.close()
    const at = clock.now()
    const state = ledger()
    if (state !== this.#ledger) {
      this.#ledger = state
      this.#tell({ seq: this.#position, at, topics: ['health'], kind: 'ledger', row: { state } })
    }
    this.#tellRuns(at)
    for (const reader of this.#readers) reader.beat()
    this.#want()
  }

  close(): void {
    for (const reader of this.#readers) reader.end()
    this.#readers.clear()
    this.#memory.want(0)
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    this.#forget()
  }

  #tell(event: LiveEvent): void {
    this.#position = Math.max(this.#position, event.seq)
    this.#kept.push({ id: this.#position, event })
    if (this.#kept.length > kept_max) this.#drop()
    for (const reader of this.#readers) reader.tell(this.#position, event)
  }

  /** The older half at once, so that each event is moved once at most. */
  #drop(): void {
    const last = this.#kept.splice(0, kept_max / 2).at(-1)
    if (!last) return
    if (this.#from !== null) this.#from = Math.max(this.#from, last.id + 1)
    if (this.#callsFrom !== null) this.#callsFrom = Math.max(this.#callsFrom, last.id + 1)
  }

  /** What a run is now is not kept: whoever comes back is told again. */
  #tellRuns(at: Millis): void {
    let left = runs_max
    for (const [run, calls] of this.#touched) {
      if (left-- === 0) return
      this.#touched.delete(run)
      const row = this.#world.runNow(run)
      if (!row) continue
      const now = { ...row, run, agent: row['root'] }
      const event: LiveEvent = { seq: this.#position, at, topics: ['runs'], folded: calls, kind: 'run_now', row: now }
      for (const reader of this.#readers) reader.tell(this.#position, event)
    }
  }

  #isKept(after: number, { topics }: ReaderAsked): boolean {
    const from = topics.has('hops') ? this.#callsFrom : this.#from
    return from !== null && after >= from - 1 && after <= this.#position
  }

  /** Says to the other thread what is wanted now, and a while after the last reader went. */
  #want(): void {
    const now = this.#world.clock.now()
    const wantsCalls = [...this.#readers].some(({ asked }) => asked.topics.has('hops'))
    const [all, calls] = this.#wantedUntil
    this.#wantedUntil = [this.#readers.size > 0 ? now + linger_ms : all, wantsCalls ? now + linger_ms : calls]
    const level = this.#wantedUntil[1] > now ? 2 : this.#wantedUntil[0] > now ? 1 : 0
    this.#memory.want(level)
    if (level > 0) return
    this.#forget()
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  #forget(): void {
    this.#kept.length = 0
    this.#touched.clear()
    this.#from = null
    this.#callsFrom = null
  }
}
