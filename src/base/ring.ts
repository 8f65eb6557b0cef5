import { assert } from './assert.ts'

/**
 * A queue of byte frames between two threads on one SharedArrayBuffer: one thread pushes, one thread takes.
 * Neither ever waits for a lock. Positions count bytes for ever (modulo 2^32); the place in the memory is the
 * position modulo the capacity, which is a power of two.
 *
 *     | head | tail | asleep |  data ... [u32 length][payload, padded to 4 bytes] ...  |
 *       ^ pusher writes  ^ taker writes        each word on a cache line of its own
 */
const headWord = 0
const tailWord = 16
const asleepWord = 32
const dataStart_bytes = 192
const length_bytes = 4

/** Memory for a ring of at least `capacity_bytes`, rounded up to a power of two of at least 4096. */
export function ringMemory(capacity_bytes: number): SharedArrayBuffer {
  assert(capacity_bytes <= 2 ** 30, 'a ring holds at most 1 GiB')
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(capacity_bytes, 4096)))
  return new SharedArrayBuffer(dataStart_bytes + capacity)
}

/** What a frame of `payload_bytes` takes up in the ring. */
function footprint(payload_bytes: number): number {
  return length_bytes + ((payload_bytes + 3) & ~3)
}

/** The pushing end. Exactly one thread may hold one. */
export class RingWriter {
  readonly capacity: number
  readonly #words: Int32Array
  readonly #lengths: Uint32Array
  readonly #data: Uint8Array
  readonly #mask: number
  #head: number

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, dataStart_bytes / 4)
    this.#lengths = new Uint32Array(memory, dataStart_bytes)
    this.#data = new Uint8Array(memory, dataStart_bytes)
    this.capacity = this.#data.length
    this.#mask = this.capacity - 1
    this.#head = Atomics.load(this.#words, headWord) >>> 0
  }

  /** Bytes that are free now, frame lengths included; the taker can only make it more. */
  get free(): number {
    return this.capacity - ((this.#head - Atomics.load(this.#words, tailWord)) >>> 0)
  }

  /** The taker waits to be woken; while this is false it looks for more by itself before it does. */
  get asleep(): boolean {
    return Atomics.load(this.#words, asleepWord) === 1
  }

  /** Copies one frame in; false when it does not fit now. Wakes nobody. */
  push(payload: Uint8Array): boolean {
    const size = footprint(payload.length)
    if (size > this.free) return false
    this.#lengths[(this.#head & this.#mask) >>> 2] = payload.length
    this.#copyIn(payload, (this.#head + length_bytes) & this.#mask)
    this.#head = (this.#head + size) >>> 0
    Atomics.store(this.#words, headWord, this.#head | 0)
    return true
  }

  /** Ends the taker's wait, whether or not there is something to take. */
  wake(): void {
    Atomics.notify(this.#words, headWord)
  }

  #copyIn(payload: Uint8Array, at: number): void {
    const first = Math.min(payload.length, this.capacity - at)
    if (first === payload.length) return this.#data.set(payload, at)
    this.#data.set(payload.subarray(0, first), at)
    this.#data.set(payload.subarray(first), 0)
  }
}

/** The taking end. Frames are looked at first and given back to the pusher only by `release`. */
export class RingReader {
  readonly #words: Int32Array
  readonly #lengths: Uint32Array
  readonly #data: Uint8Array
  readonly #mask: number
  #cursor: number

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, dataStart_bytes / 4)
    this.#lengths = new Uint32Array(memory, dataStart_bytes)
    this.#data = new Uint8Array(memory, dataStart_bytes)
    this.#mask = this.#data.length - 1
    this.#cursor = Atomics.load(this.#words, tailWord) >>> 0
  }

  /** Bytes pushed and not yet looked at. */
  get waiting(): number {
    return (Atomics.load(this.#words, headWord) - this.#cursor) >>> 0
  }

  /** The next frame, or null. It is only good until `release`, because it may be a view of the ring itself. */
  next(): Uint8Array | null {
    if (this.waiting === 0) return null
    const length = this.#lengths[(this.#cursor & this.#mask) >>> 2] ?? 0
    const at = (this.#cursor + length_bytes) & this.#mask
    this.#cursor = (this.#cursor + footprint(length)) >>> 0
    const end = at + length
    if (end <= this.#data.length) return this.#data.subarray(at, end)
    const whole = new Uint8Array(length)
    whole.set(this.#data.subarray(at))
    whole.set(this.#data.subarray(0, end & this.#mask), this.#data.length - at)
    return whole
  }

  /** Gives the room of every frame looked at back to the pusher. */
  release(): void {
    Atomics.store(this.#words, tailWord, this.#cursor | 0)
  }

  /** Looks again at everything that was not released. */
  rewind(): void {
    this.#cursor = Atomics.load(this.#words, tailWord) >>> 0
  }

  /** Sleeps until there is a frame, somebody calls `wake`, or `timeout_ms` have passed. Blocks the thread. */
  wait(timeout_ms: number): void {
    Atomics.store(this.#words, asleepWord, 1)
    // The flag is up before the head is looked at: a pusher that moves the head after this look sees the flag.
    Atomics.wait(this.#words, headWord, this.#cursor | 0, timeout_ms)
    Atomics.store(this.#words, asleepWord, 0)
  }
}
