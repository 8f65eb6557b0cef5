/**
 * When one server is looked at: at the start, every so often, soon after it said that something changed, and when a call
 * cannot wait for that. However many want a look, one is under way at a time, and whoever it is fresh enough for shares it.
 */
import type { Clock } from '../base/clock.ts'
import type { Alarm, Wheel } from '../base/wheel.ts'
import { type AskPage, type ListKind, listKinds, type PageFault } from './contract.ts'
import { type CatalogueMaximums, Row } from './row.ts'

export interface CatalogueServer {
  readonly slug: string
  /** How long it gets for a look; never more than `listing_ms`. */
  readonly patience_ms?: number
}

export interface CatalogueSettings {
  /** Every server is looked at so often by itself. */
  readonly refresh_s: number
  /** What a look may take. */
  readonly listing_ms: number
  readonly maximums: CatalogueMaximums
}

export interface PlaceParts {
  readonly ask: AskPage
  readonly clock: Clock
  readonly wheel: Wheel
  /** Of all servers together, for looks that nobody waits for. */
  readonly looks: Turns
  /** A look is over, whatever came of it. */
  readonly onLook: (place: Place) => Promise<void>
}

/** Many words of a server that its lists changed are one look. */
const settle_ms = 250
/** Looks that its own words bring about are so far apart at least. */
const apart_ms = 1000
/** After a look that gave nothing. */
const retry_ms = 15_000

interface Look {
  readonly startedAt: number
  readonly lists: readonly ListKind[]
  readonly done: Promise<void>
}

export class Place {
  readonly row: Row
  readonly #parts: PlaceParts
  #server: CatalogueServer
  #settings: CatalogueSettings
  #look: Look | null = null
  /** What is looked at when the look under way is over; whoever wants more meanwhile adds to it. */
  #next: { readonly lists: Set<ListKind>; readonly done: Promise<void> } | null = null
  /** Lists that the server said have changed. */
  readonly #words = new Set<ListKind>()
  readonly #soon: Alarm
  readonly #due: Alarm
  #heededAt = -Infinity
  #closed = false

  /** Looks at once, in the background. */
  constructor(server: CatalogueServer, settings: CatalogueSettings, parts: PlaceParts) {
    this.#server = server
    this.#settings = settings
    this.#parts = parts
    this.row = new Row(server.slug, parts.clock)
    this.#soon = idle(parts.wheel, () => this.#heed())
    this.#due = idle(parts.wheel, () => this.#inTurn())
    this.#inTurn()
  }

  use(server: CatalogueServer, settings: CatalogueSettings): void {
    this.#server = server
    this.#settings = settings
  }

  /** Resolves when the lists are as they were at most `age_ms` ago, or when the server had its time. */
  async fresh(age_ms: number, lists: readonly ListKind[]): Promise<void> {
    const old = this.row.olderThan(age_ms, lists)
    if (old.length === 0 || this.#closed) return
    const { promise: timeUp, resolve } = Promise.withResolvers<void>()
    const alarm = this.#parts.wheel.after(this.#patience_ms, resolve)
    await Promise.race([this.#joined(old, age_ms), timeUp])
    alarm.cancel()
  }

  changed(list: ListKind): void {
    if (this.#closed) return
    const isFirst = this.#words.size === 0
    this.#words.add(list)
    // A server has one notice for its resources and their templates.
    if (list === 'resources' || list === 'resourceTemplates') this.#words.add('resources').add('resourceTemplates')
    const wait_ms = this.#heededAt + apart_ms - this.#parts.clock.monotonic()
    if (isFirst) this.#soon.push(Math.max(settle_ms, wait_ms))
  }

  close(): void {
    this.#closed = true
    this.#soon.cancel()
    this.#due.cancel()
  }

  get #patience_ms(): number {
    return Math.min(this.#server.patience_ms ?? Infinity, this.#settings.listing_ms)
  }

  #heed(): void {
    const lists = [...this.#words]
    this.#words.clear()
    this.#heededAt = this.#parts.clock.monotonic()
    void this.#joined(lists, 0)
  }

  /** One of the looks that nobody waits for. */
  #inTurn(): void {
    this.#parts.looks.take(async () => {
      if (this.#closed) return
      await this.#joined(listKinds, 0)
      if (this.#closed) return
      const refresh_ms = this.#settings.refresh_s * 1000
      const isFresh = this.row.listing.health.state === 'fresh'
      this.#due.push(isFresh ? refresh_ms : Math.min(refresh_ms, retry_ms))
    })
  }

  /** The look under way, if it began recently enough and sees all of that; else the one after it, shared by all who wait. */
  #joined(lists: readonly ListKind[], age_ms: number): Promise<void> {
    const look = this.#look
    if (look === null) return this.#start(lists)
    const isRecent = look.startedAt >= this.#parts.clock.monotonic() - age_ms
    if (isRecent && lists.every((list) => look.lists.includes(list))) return look.done
    this.#next ??= this.#afterwards(look)
    for (const list of lists) this.#next.lists.add(list)
    return this.#next.done
  }

  #afterwards(look: Look): { readonly lists: Set<ListKind>; readonly done: Promise<void> } {
    const lists = new Set<ListKind>()
    const done = look.done.then(() => {
      this.#next = null
      return this.#start([...lists])
    })
    return { lists, done }
  }

  #start(lists: readonly ListKind[]): Promise<void> {
    const startedAt = this.#parts.clock.monotonic()
    const done = this.#run(lists).finally(() => (this.#look = null))
    this.#look = { startedAt, lists, done }
    return done
  }

  async #run(lists: readonly ListKind[]): Promise<void> {
    const { ask, wheel, onLook } = this.#parts
    const { promise: timeUp, resolve } = Promise.withResolvers<PageFault>()
    const patience_ms = this.#patience_ms
    let isOver = false
    const alarm = wheel.after(patience_ms, () => {
      isOver = true
      resolve({ kind: 'failed', detail: `no whole answer within ${patience_ms} ms` })
    })
    const { maximums } = this.#settings
    await this.row.look(lists, { ask, maximums, timeUp, over: () => isOver || this.#closed })
    alarm.cancel()
    if (!this.#closed) await onLook(this)
  }
}

/** So many at once, the rest one after the other. */
export class Turns {
  readonly #max: number
  readonly #waiting: (() => Promise<void>)[] = []
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  take(work: () => Promise<void>): void {
    if (this.#taken >= this.#max) {
      this.#waiting.push(work)
      return
    }
    this.#taken += 1
    void work().finally(() => {
      this.#taken -= 1
      const next = this.#waiting.shift()
      if (next) this.take(next)
    })
  }
}

function idle(wheel: Wheel, ring: () => void): Alarm {
  const alarm = wheel.after(0, ring)
  alarm.cancel()
  return alarm
}
