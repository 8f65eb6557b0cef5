/**
 * The few words the gateway's thread and the ledger's thread share beside the ring: how far the disk is, whether
 * it is well, and whether to stop.
 */
const failingWord = 0
const stopWord = 1
const bellWord = 2
const durableWord = 2

export class Status {
  static readonly bytes = 64
  readonly #words: Int32Array
  readonly #counts: BigInt64Array
  #heard = 0

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#counts = new BigInt64Array(memory)
  }

  /** Number of the last entry that is on the disk for good. */
  get durable(): number {
    return Number(Atomics.load(this.#counts, durableWord))
  }

  set durable(seq: number) {
    Atomics.store(this.#counts, durableWord, BigInt(seq))
    Atomics.notify(this.#counts, durableWord)
  }

  /** Resolves when `durable` is no longer `seq`, when the disk begins to fail, or after `timeout_ms`. */
  async changed(seq: number, timeout_ms: number): Promise<void> {
    await Atomics.waitAsync(this.#counts, durableWord, BigInt(seq), timeout_ms).value
  }

  get failing(): boolean {
    return Atomics.load(this.#words, failingWord) === 1
  }

  set failing(is: boolean) {
    const was = Atomics.exchange(this.#words, failingWord, is ? 1 : 0)
    if (is && was === 0) Atomics.notify(this.#counts, durableWord)
  }

  get stopping(): boolean {
    return Atomics.load(this.#words, stopWord) === 1
  }

  /** Asks the writer to write what is there and end. */
  stop(): void {
    Atomics.store(this.#words, stopWord, 1)
    this.hurry()
  }

  /** Ends the writer's pause, now or the next one. */
  hurry(): void {
    Atomics.add(this.#words, bellWord, 1)
    Atomics.notify(this.#words, bellWord)
  }

  /** Blocks the writer's thread for `pause_ms`, or until somebody hurries it. */
  pause(pause_ms: number): void {
    Atomics.wait(this.#words, bellWord, this.#heard, pause_ms)
    this.#heard = Atomics.load(this.#words, bellWord)
  }
}
