/** One segment that is read while it may still grow: only what came since the last time. */
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { LedgerEntry } from '../domain/record.ts'
import { type FrameReader, frameReader } from './frames.ts'
import { frameAt, frameHead_bytes, readFront, type SegmentHeader } from './segment.ts'

/** More than one frame can have, so that a whole one is always in a block. */
const block_bytes = 1_048_576
const none = Buffer.alloc(0)

/** Where an entry ends in its file, so that whoever has it need not read again what is before. */
export interface Place {
  readonly seq: number
  /** The first byte after it. */
  readonly byte: number
}

interface Wanted {
  /** Entries before that are passed over unread. */
  readonly from: number
  /** Entries after that are not there yet, whatever the file has. */
  readonly last: number
  readonly max: number
}

/** An entry with its number and the process that wrote it. */
interface Read {
  readonly seq: number
  readonly boot: string
  readonly entry: LedgerEntry
  /** The first byte after it in the file. */
  readonly end: number
}

export class SegmentTail {
  readonly name: string
  readonly #file: FileHandle
  readonly #header: SegmentHeader
  readonly #entryOf: FrameReader
  readonly #block = Buffer.allocUnsafe(block_bytes)
  /** What was read of the file and not given yet, and where in the file it begins. */
  #held: Buffer = none
  #at: number
  /** Number of the entry at `#at`. */
  #seq: number

  private constructor(name: string, file: FileHandle, front: { header: SegmentHeader; start: number }) {
    this.name = name
    this.#file = file
    this.#header = front.header
    this.#entryOf = frameReader(front.header)
    this.#at = front.start
    this.#seq = front.header.first
  }

  /** Null where the file is gone or does not begin like a segment. Behind `known` where that is of this file. */
  static async open(dir: string, name: string, known: Place | null = null): Promise<SegmentTail | null> {
    const file = await open(join(dir, name)).catch(() => null)
    if (!file) return null
    const start = Buffer.alloc(block_bytes)
    const { bytesRead } = await file.read(start, 0, block_bytes, 0)
    const front = readFront(start.subarray(0, bytesRead))
    if (typeof front === 'string') {
      await file.close()
      return null
    }
    const tail = new SegmentTail(name, file, front)
    if (known && known.seq >= front.header.first) await tail.#goBehind(known)
    return tail
  }

  /** Number of the last entry that is whole, read to the end of the file. */
  async last(): Promise<number> {
    for (;;) {
      const held = frameAt(this.#held, 0)
      const frame = held.kind !== 'frame' && (await this.#fill()) ? frameAt(this.#held, 0) : held
      if (frame.kind !== 'frame') return this.#seq - 1
      this.#pass(frame.next)
    }
  }

  /** The entries that are whole now; none at the end of the file, or before a frame that is not whole. */
  async read({ from, last, max }: Wanted): Promise<readonly Read[]> {
    const found: Read[] = []
    while (found.length < max && this.#seq <= last) {
      // Bytes that are no whole frame may be under way: they are read again.
      const held = frameAt(this.#held, 0)
      const frame = held.kind !== 'frame' && (await this.#fill()) ? frameAt(this.#held, 0) : held
      if (frame.kind !== 'frame') break
      if (this.#seq >= from) {
        const entry = this.#entryOf(frame.payload)
        if (!entry) break
        found.push({ seq: this.#seq, boot: this.#header.boot, entry, end: this.#at + frame.next })
      }
      this.#pass(frame.next)
    }
    // What is not durable yet may be written again; it is not believed later.
    if (this.#seq > last) this.#held = none
    return found
  }

  /** Whether `read` would find something. */
  async canRead(wanted: Wanted): Promise<boolean> {
    if (this.#seq > wanted.last) return false
    await this.#fill()
    const frame = frameAt(this.#held, 0)
    return frame.kind === 'frame' && this.#entryOf(frame.payload) !== null
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #pass(bytes: number): void {
    this.#seq += 1
    this.#at += bytes
    this.#held = this.#held.subarray(bytes)
  }

  /** Stays where it is if a file that was cut since has neither a frame nor its end there. */
  async #goBehind({ seq, byte }: Place): Promise<void> {
    const [at, { size }] = [this.#at, await this.#file.stat()]
    this.#at = byte
    await this.#fill()
    if (byte <= size && frameAt(this.#held, 0).kind !== 'torn') {
      this.#seq = seq + 1
      return
    }
    this.#at = at
    this.#held = none
  }

  /** Reads a block from the first byte that was not given; false at the end of the file. */
  async #fill(): Promise<boolean> {
    const { bytesRead } = await this.#file.read(this.#block, 0, block_bytes, this.#at)
    this.#held = this.#block.subarray(0, bytesRead)
    return bytesRead > frameHead_bytes
  }
}
