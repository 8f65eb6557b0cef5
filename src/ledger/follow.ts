/**
 * Follows the ledger while it is written: entries in their order, each once, over files that end, begin and disappear.
 * What is held is one block of a file. While nothing comes, nothing is read where the writer shares its numbers; else a
 * file is asked ten times a second whether it grew.
 */
import type { Numbered } from '../domain/record.ts'
import { segmentFiles } from './read.ts'
import { type Place, SegmentTail } from './tail.ts'
import type { Status } from './status.ts'

/** An entry with its number and, where that is known, the first byte after it in its file. */
export interface Placed extends Numbered {
  readonly end?: number
}

export type FollowItem =
  | (Placed & { readonly kind: 'entry' })
  /** Entries that are no longer there, because retention took them, or cannot be read; told once. */
  | { readonly kind: 'gap'; readonly from: number; readonly to: number; readonly why: string }

export interface FollowOptions {
  /** The ledger's own folder. */
  readonly dir: string
  /** Number of the first entry that is wanted. */
  readonly from: number
  /** Where an entry before `from` ends, if that is known. */
  readonly known?: Place | null
  /** Of the writer in this process: entries are given once they are durable. Null: everything that can be read. */
  readonly status?: Status | null
  /** Ends where there is nothing more for now, instead of waiting for it. */
  readonly once?: boolean
  /** Entries of one batch; default 500. */
  readonly batch_max?: number
  /** Ends the following, at once while it waits. */
  readonly signal?: AbortSignal
}

const usual_max = 500
const poll_ms = 100
/** With shared numbers; only so that an end is never missed. */
const wait_ms = 1000
/** Entries are gathered so long, because a batch of one costs its listeners as much as a batch of fifty. */
const gather_ms = 20

export async function* follow(options: FollowOptions): AsyncGenerator<readonly FollowItem[]> {
  const { batch_max = usual_max, signal, once = false } = options
  await using reader = new Follower(options)
  for (const isOver = (): boolean => signal?.aborted === true; !isOver();) {
    const batch = await reader.read(batch_max)
    if (batch.length > 0) yield batch
    else if (once) return
    else await pause(options.status ?? null, reader.next, signal)
  }
}

async function pause(status: Status | null, next: number, signal: AbortSignal | undefined): Promise<void> {
  if (!status) return sleep(poll_ms, signal)
  // What is durable and cannot be read yet is a file that is damaged: it is looked at again, but not in a circle.
  if (status.durable >= next) return sleep(poll_ms, signal)
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const end = (): void => resolve()
  signal?.addEventListener('abort', end, { once: true })
  await Promise.race([status.changed(status.durable, wait_ms), over])
  signal?.removeEventListener('abort', end)
  if (status.durable >= next) await sleep(gather_ms, signal)
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const end = (): void => resolve()
  signal?.addEventListener('abort', end, { once: true })
  await promise
  clearTimeout(timer)
  signal?.removeEventListener('abort', end)
}

class Follower {
  readonly #dir: string
  readonly #status: Status | null
  readonly #known: Place | null
  #next: number
  #tail: SegmentTail | null = null
  /** Files up to this name are done with, readable or not. */
  #done = ''

  constructor({ dir, from, known = null, status = null }: FollowOptions) {
    this.#dir = dir
    this.#next = Math.max(1, from)
    this.#known = known
    this.#status = status
  }

  /** Number of the entry that comes next. */
  get next(): number {
    return this.#next
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail?.close()
    this.#tail = null
  }

  /** What is there now, at most `max` items; none where nothing is. */
  async read(max: number): Promise<readonly FollowItem[]> {
    const items: FollowItem[] = []
    while (items.length < max) {
      const last = this.#status?.durable ?? Number.MAX_SAFE_INTEGER
      if (this.#next > last) break
      if (!this.#tail && !(await this.#open(items))) break
      const tail = this.#tail
      if (!tail) continue
      const read = await tail.read({ from: this.#next, last, max: max - items.length })
      for (const item of read) items.push({ kind: 'entry', ...item })
      this.#next = Math.max(this.#next, (read.at(-1)?.seq ?? 0) + 1)
      if (read.length === 0 && !(await this.#isOver(tail, last))) break
    }
    return items
  }

  /** Whether the file of `tail` has nothing more and a newer one goes on; then it is closed. */
  async #isOver(tail: SegmentTail, last: number): Promise<boolean> {
    const newer = (await segmentFiles(this.#dir)).some((name) => name > tail.name)
    if (!newer) return false
    // A file is complete before the next one is made, so that what stands in it now is all there ever will be.
    if (await tail.canRead({ from: this.#next, last, max: 1 })) return true
    this.#done = tail.name
    this.#tail = null
    await tail.close()
    return true
  }

  /** Opens the file in which the next entry stands, or the one after a gap; false where there is none. */
  async #open(items: FollowItem[]): Promise<boolean> {
    const files = (await segmentFiles(this.#dir)).filter((name) => name > this.#done)
    const holds = files.findLastIndex((name) => Number.parseInt(name, 10) <= this.#next)
    for (const name of files.slice(Math.max(0, holds))) {
      const tail = await SegmentTail.open(this.#dir, name, this.#known)
      // The newest file may still be without its front; any other will never have one.
      if (!tail && name === files.at(-1)) return false
      this.#done = tail ? this.#done : name
      if (!tail) continue
      const first = Number.parseInt(name, 10)
      if (first > this.#next) {
        const why = 'entries that are no longer there or cannot be read'
        items.push({ kind: 'gap', from: this.#next, to: first - 1, why })
        this.#next = first
      }
      this.#tail = tail
      return true
    }
    return false
  }
}
