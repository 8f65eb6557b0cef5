import { join } from 'node:path'
import { RingReader } from '../base/ring.ts'
import type { Disk } from './disk.ts'
import type { LogSetup } from './merkle-stage.ts'
import { shapes } from './pack.ts'
import { frameHead_bytes, frameMax_bytes, segmentName, writeFrame, writeFront } from './segment.ts'
import type { Stage } from './stage.ts'
import type { Status } from './status.ts'
import { storePacked } from './stored.ts'

/** What the writer is given when its thread starts; it can be cloned from thread to thread. */
export interface WriterSetup {
  readonly dir: string
  readonly boot: string
  /** Public URL of the gateway. */
  readonly gw: string
  readonly ring: SharedArrayBuffer
  readonly status: SharedArrayBuffer
  /** A file that is longer than this is closed and the next one made. */
  readonly segment_bytes: number
  /** Below this much free space nothing new is admitted. */
  readonly min_free_bytes: number
  /** How the entries are sealed in a log that can be proved; null where they are not. */
  readonly log: LogSetup | null
}

/** What a writer works with. */
interface WriterParts {
  readonly status: Status
  readonly disk: Disk
  readonly stages: readonly Stage[]
}

/** One group is one write and one sync. */
const groupMax = 256
const groupMax_bytes = 1_048_576

interface Segment {
  readonly file: number
  at: number
}

/**
 * Moves frames from the ring to the disk in groups. A frame leaves the ring only when it is on the disk for good:
 * after a failed write or sync the very same bytes are written to the very same place again, so that nothing is
 * lost, doubled or out of order, and no answer of a disk that has failed once is believed about old pages.
 */
export class Writer {
  readonly #setup: WriterSetup
  readonly #disk: Disk
  readonly #ring: RingReader
  readonly #status: Status
  readonly #stages: readonly Stage[]
  readonly #group = Buffer.allocUnsafe(groupMax_bytes + frameMax_bytes + frameHead_bytes)
  #segment: Segment | null = null
  #free_bytes = Number.POSITIVE_INFINITY
  #next: number

  constructor(setup: WriterSetup, { status, disk, stages }: WriterParts, next: number) {
    this.#setup = setup
    this.#stages = stages
    this.#disk = disk
    this.#ring = new RingReader(setup.ring)
    this.#status = status
    this.#next = next
    status.durable = next - 1
  }

  /** Whether everything in the ring has been written. */
  get done(): boolean {
    return this.#ring.waiting === 0
  }

  /** Whether a full group is likely to be in the ring, so that waiting for more gains nothing. */
  get full(): boolean {
    return this.#ring.waiting >= groupMax * 256
  }

  /** Sleeps until there may be something to write. */
  wait(timeout_ms: number): void {
    this.#ring.wait(timeout_ms)
  }

  /** Makes one group durable, if there is one; the sentence says what is wrong with the disk, null that it is well. */
  step(): string | null {
    const problem = this.#attempt(() => this.#writeGroup())
    if (problem !== null) this.#ring.rewind()
    return problem ?? this.#attempt(() => this.#stages.forEach((stage) => stage.tick?.())) ?? this.#shortage()
  }

  #attempt(work: () => void): string | null {
    try {
      work()
      return null
    } catch (error) {
      return String(error)
    }
  }

  #shortage(): string | null {
    const { dir, min_free_bytes } = this.#setup
    return this.#free_bytes < min_free_bytes ? `only ${this.#free_bytes} bytes are free for ${dir}` : null
  }

  close(): void {
    const segment = this.#segment
    this.#segment = null
    if (segment) this.#disk.close(segment.file)
  }

  /** The last group was written. */
  end(): void {
    this.close()
    for (const stage of this.#stages) stage.close?.()
  }

  #writeGroup(): void {
    const { dir, min_free_bytes } = this.#setup
    this.#free_bytes = this.#disk.free_bytes(dir)
    // Between the two marks nothing new is admitted, but what is under way still gets its record.
    if (this.#free_bytes < min_free_bytes / 4) return
    let size = 0
    const frames: Uint8Array[] = []
    while (frames.length < groupMax && size < groupMax_bytes) {
      const frame = this.#ring.next()
      if (!frame) break
      const prepared = storePacked(this.#stages.reduce((bytes, stage) => stage.prepare?.(bytes) ?? bytes, frame))
      size = writeFrame(this.#group, size, prepared)
      frames.push(prepared)
    }
    if (frames.length === 0) return
    const segment = this.#roomy()
    this.#disk.write(segment.file, this.#group.subarray(0, size), segment.at)
    this.#disk.sync(segment.file)
    segment.at += size
    const first = this.#next
    this.#next += frames.length
    for (const stage of this.#stages) stage.stored?.({ first, frames })
    this.#ring.release()
    this.#status.durable = this.#next - 1
  }

  /** The segment to write to. A process starts with a new one, so that each file has one boot and one set of shapes. */
  #roomy(): Segment {
    if (this.#segment && this.#segment.at >= this.#setup.segment_bytes) this.close()
    if (this.#segment) return this.#segment
    const { dir, boot, gw } = this.#setup
    const front = writeFront({ version: 2, first: this.#next, boot, gw, shapes })
    const file = this.#disk.create(dir, join(dir, segmentName(this.#next)), front)
    this.#segment = { file, at: front.length }
    return this.#segment
  }
}
