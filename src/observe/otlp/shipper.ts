/**
 * A queue to a collector: bounded, one request at a time, and what the collector does not take now is offered again until
 * it does. Whoever pushes never waits; what finds the queue full is dropped and counted.
 */
import type { SignalNumbers } from './numbers.ts'

/** What came of a request: it was taken; never will be; or may be taken later. */
export type Sent = 'sent' | 'refused' | 'later'

interface Numbered {
  /** Number of the entry in the ledger. */
  readonly seq: number
}

export interface ShipperOptions<Item> {
  readonly send: (items: readonly Item[]) => Promise<Sent>
  readonly numbers: SignalNumbers
  readonly queue_max: number
  /** How long `close` waits for what is queued. */
  readonly close_ms: number
  /** Waits between requests that fail: the first, doubled up to the last. Default 1 and 30 s. */
  readonly backoff_ms?: readonly [first: number, last: number]
}

/** Some 400 bytes a span: a request stays far below the 4 MiB that collectors take. */
const batch_max = 512

export class Shipper<Item extends Numbered> {
  readonly #options: ShipperOptions<Item>
  readonly #queue: Item[] = []
  /** Wakes whoever waits before the next attempt. */
  #wake: (() => void) | null = null
  #working: Promise<void> | null = null
  #closing = false
  #givenUp = false

  constructor(options: ShipperOptions<Item>) {
    this.#options = options
  }

  /** Number of the oldest entry that waits; null where nothing does. */
  get oldest(): number | null {
    let oldest: number | null = null
    // What an earlier process left behind comes after what is newer.
    for (const { seq } of this.#queue) if (oldest === null || seq < oldest) oldest = seq
    return oldest
  }

  get room(): number {
    return this.#options.queue_max - this.#queue.length
  }

  push(item: Item): void {
    if (this.#closing || this.room <= 0) return this.#options.numbers.add('dropped')
    this.#queue.push(item)
    this.#options.numbers.waiting = this.#queue.length
    if (this.#queue.length >= batch_max) this.flush()
    return undefined
  }

  /** Begins to send what waits, if nothing is being sent. */
  flush(): void {
    if (this.#queue.length === 0 || this.#working) return
    this.#working = this.#work().finally(() => {
      this.#working = null
    })
  }

  /** Sends what waits and gives up what is not taken in time. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wake?.()
    const timer = setTimeout(() => {
      this.#givenUp = true
      this.#wake?.()
    }, this.#options.close_ms)
    this.flush()
    await Promise.race([this.#working, new Promise((resolve) => setTimeout(resolve, this.#options.close_ms).unref())])
    clearTimeout(timer)
    this.#givenUp = true
  }

  async #work(): Promise<void> {
    const [first, last] = this.#options.backoff_ms ?? [1000, 30_000]
    let wait_ms = first
    while (this.#queue.length > 0 && !this.#givenUp) {
      const batch = this.#queue.slice(0, batch_max)
      const sent = await this.#options.send(batch)
      if (sent === 'later') {
        this.#options.numbers.add('failed')
        await this.#pause(wait_ms)
        wait_ms = Math.min(2 * wait_ms, last)
        continue
      }
      wait_ms = first
      if (sent === 'refused') this.#options.numbers.add('failed')
      this.#options.numbers.add(sent === 'sent' ? 'sent' : 'dropped', batch.length)
      this.#queue.splice(0, batch.length)
      this.#options.numbers.waiting = this.#queue.length
    }
  }

  #pause(wait_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), this.#closing ? Math.min(wait_ms, closingPause_ms) : wait_ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
    })
  }
}

/** Whoever stops waits for as little as possible between two attempts. */
const closingPause_ms = 100
