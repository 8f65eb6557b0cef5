/** Between the archive thread, which hears the ledger, and the gateway's thread, which has readers: batches, and who wants them. */
import type { RunId } from '../../domain/ids.ts'
import type { LiveEvent } from '../../domain/live-event.ts'

export interface LiveBatch {
  /** First and last entry that was heard for it, also of those that are not told. */
  readonly from: number
  readonly to: number
  /** What was wanted when they were heard: 1 without calls, 2 with them. */
  readonly level: 1 | 2
  /** Batches before it were dropped, because those before them were not taken yet. */
  readonly lost: boolean
  readonly events: readonly LiveEvent[]
  /** Runs with calls that were heard of, and how many. */
  readonly touched: readonly (readonly [run: RunId, calls: number])[]
}

/** Batches that may be on their way at once: what a slow gateway thread holds is bounded by them. */
export const underWay_max = 4

const cells = { wanted: 0, taken: 1 } as const

/** Shared by both threads: what is wanted, and how many batches were taken. */
export class LiveMemory {
  static readonly bytes = 8
  readonly #cells: Int32Array<SharedArrayBuffer>

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /** 0 nothing, 1 all but calls, 2 calls too. */
  get wanted(): number {
    return Atomics.load(this.#cells, cells.wanted)
  }

  want(level: 0 | 1 | 2): void {
    Atomics.store(this.#cells, cells.wanted, level)
  }

  get taken(): number {
    return Atomics.load(this.#cells, cells.taken)
  }

  take(): void {
    Atomics.add(this.#cells, cells.taken, 1)
  }
}
