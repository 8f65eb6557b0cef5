/** What comes in one turn, told at once: what leaves together costs one write. */

/** So much is told at the latest. */
const together = { events: 64, bytes: 16_384 }

export class Bunch {
  readonly #tell: () => void
  readonly #events_max: number
  readonly #later = (): void => this.flush()
  #events = 0
  #bytes = 0

  /** `events_max` is what their store holds at least, so that nothing leaves it untold. */
  constructor(events_max: number, tell: () => void) {
    this.#events_max = Math.min(together.events, events_max)
    this.#tell = tell
  }

  /** Before an event of that size is added: tells what waits where both together would be too much. */
  makeRoom(bytes: number): void {
    if (this.#events >= this.#events_max || this.#bytes + bytes > together.bytes) this.flush()
  }

  add(bytes: number): void {
    if (this.#events === 0) queueMicrotask(this.#later)
    this.#events += 1
    this.#bytes += bytes
  }

  flush(): void {
    if (this.#events === 0) return
    this.#events = 0
    this.#bytes = 0
    this.#tell()
  }
}
