/**
 * A stream of the legacy era that outlives its connection. What was written is kept for a while, so that a client that was
 * cut off asks for the rest with `Last-Event-ID` and hears every message once.
 *
 *     push ->  [ 4 ][ 5 ][ 6 ][ 7 ]      kept: so many, so many bytes, the newest always
 *                         ^ sent         what the connection has been given; it waits where the client does not keep up
 */
import type { HeaderList, Reply } from '../../../protocol/http.ts'
import type { Bench } from '../../../relay/exchange.ts'
import { Outlet } from '../../../relay/outlet.ts'
import { writeMessageEvent } from '../../../protocol/mcp/write-message.ts'
import type { Answer } from './line.ts'

export interface StreamBounds {
  readonly events: number
  readonly bytes: number
}

/** What happens to the stream. */
export interface StreamEvents {
  onFull(): void
  onRoom(): void
  /** Nobody reads it now. */
  onLeft(): void
  /** Nothing was written for a while. */
  onSilence(): void
  /** It was answered as a whole: nobody will ask for the rest. */
  onWhole?(): void
}

/** After how long a client that was cut off comes back. */
const retry_ms = 1000

interface Kept {
  readonly no: number
  readonly bytes: Buffer
}

export class EventStream {
  readonly id: string
  readonly #bench: Bench
  readonly #bounds: StreamBounds
  /** Whether the client takes an event without data, which tells it how to come back (2025-11-25). */
  readonly #primes: boolean
  readonly #events: StreamEvents
  readonly #kept: Kept[] = []
  #keptBytes = 0
  #next = 1
  #sent = 0
  #primed = false
  #ended = false
  #bytesOut = 0
  #outlet: Outlet | null = null

  constructor(id: string, world: { bench: Bench; bounds: StreamBounds; primes: boolean }, events: StreamEvents) {
    this.id = id
    this.#bench = world.bench
    this.#bounds = world.bounds
    this.#primes = world.primes
    this.#events = events
  }

  get attached(): boolean {
    return this.#outlet !== null
  }

  /** Whether anything of it may have been seen. */
  get begun(): boolean {
    return this.#next > 1 || this.#outlet?.begun === true
  }

  get bytesOut(): number {
    return this.#bytesOut + (this.#outlet?.bytesOut ?? 0)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** A connection that reads it from now on, in place of one that did; `after` is the number of the last event it has. */
  attach(reply: Reply, after: number): void {
    this.#letGo()?.end()
    this.#sent = after
    const outlet: Outlet = new Outlet(reply, this.#bench, {
      onFull: () => this.#events.onFull(),
      onRoom: () => this.#onRoom(),
      onGone: () => this.#onGone(outlet),
      onSilence: () => this.#onSilence(),
    })
    this.#outlet = outlet
    this.#primed = false
  }

  /** Headers and what is there leave at once. */
  open(headers: HeaderList): void {
    this.#outlet?.begin(headers)
    this.#prime()
    this.#pump()
  }

  push(message: Buffer): void {
    if (this.#ended) return
    const no = this.#next
    this.#next += 1
    const bytes = writeMessageEvent(message, `${this.id}-${no}`)
    this.#kept.push({ no, bytes })
    this.#keptBytes += bytes.length
    while (this.#kept.length > 1 && (this.#kept.length > this.#bounds.events || this.#keptBytes > this.#bounds.bytes))
      this.#keptBytes -= this.#kept.shift()?.bytes.length ?? 0
    this.#pump()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#pump()
  }

  /** The whole answer in place of a stream: only where nothing of it was seen and somebody is there. */
  answer(answer: Answer): void {
    this.#ended = true
    this.#letGo()?.answer(answer)
    this.#events.onWhole?.()
  }

  #letGo(): Outlet | null {
    const outlet = this.#outlet
    this.#bytesOut += outlet?.bytesOut ?? 0
    this.#outlet = null
    return outlet
  }

  #prime(): void {
    if (!this.#primes || this.#primed || !this.#outlet) return
    this.#primed = true
    this.#outlet.write(`id: ${this.id}-${this.#sent}\nretry: ${retry_ms}\ndata: \n\n`)
  }

  #pump(): void {
    for (const { no, bytes } of this.#kept) {
      if (!this.#outlet || this.#outlet.full) return
      if (no <= this.#sent) continue
      this.#prime()
      this.#sent = no
      this.#outlet.write(bytes)
    }
    if (this.#ended) this.#finish()
  }

  /** Where nothing was said, that is an empty stream. */
  #finish(): void {
    const outlet = this.#letGo()
    outlet?.begin([])
    outlet?.end()
  }

  #onRoom(): void {
    this.#pump()
    if (this.#outlet?.full !== true) this.#events.onRoom()
  }

  #onGone(outlet: Outlet): void {
    if (this.#outlet !== outlet) return
    this.#letGo()
    // Nobody holds it up any more.
    this.#events.onRoom()
    this.#events.onLeft()
  }

  #onSilence(): void {
    this.#events.onSilence()
    this.#prime()
  }
}
