/**
 * Keeps an index up to the ledger: opens it, or makes it anew where it is of no use, and writes what comes. Where the disk
 * does not take it, it says so once and goes on later from where it was.
 */
import type { Clock } from '../../base/clock.ts'
import { follow, type FollowItem, type Placed } from '../follow.ts'
import { lastSeq } from '../last-seq.ts'
import { readFront } from '../segment.ts'
import { segmentFiles } from '../read.ts'
import type { Place } from '../tail.ts'
import type { Status } from '../status.ts'
import { Book } from './book.ts'
import { Pen } from './pen.ts'
import { isDamaged, isUnfit, openForWriting, throwAway } from './store.ts'
import { type Retention, Sweeper } from './sweep.ts'
import type { DatabaseSync } from 'node:sqlite'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

export interface KeepOptions {
  /** The ledger's own folder. */
  readonly dir: string
  /** The file of the index. */
  readonly path: string
  readonly retention: Retention
  readonly clock: Clock
  /** For operators, in sentences: that it is built anew, what cannot be read. */
  readonly say: (sentence: string) => void
}

export class Keeper {
  readonly #options: KeepOptions
  #open: { readonly base: DatabaseSync; readonly book: Book; readonly sweeper: Sweeper } | null = null

  constructor(options: KeepOptions) {
    this.#options = options
  }

  /** Number of the last entry in it; 0 while it is not open. */
  get seq(): number {
    return this.#open?.book.seq ?? 0
  }

  /** Where that entry ends in its file. */
  get place(): Place | null {
    return this.#open?.book.place ?? null
  }

  /** Throws where it cannot be opened. One that knows of entries which the ledger never had is made anew. */
  async open(): Promise<void> {
    if (this.#open) return
    const { path, dir } = this.#options
    const opened = openForWriting(path)
    if (opened.thrown !== null) this.#sayAnew(opened.thrown)
    const why = this.#use(opened.base) ?? (await this.#strangeness(dir))
    if (why === null) return
    this.#sayAnew(why)
    this.close()
    throwAway(path)
    const again = this.#use(openForWriting(path).base)
    if (again !== null) throw new Error(again)
  }

  /** Writes items that follow on what is in it. Throws where the disk does not take them; then it is closed and nothing is lost. */
  take(items: readonly FollowItem[]): void {
    if (!this.#open) throw new Error('the runs index is not open')
    const { book } = this.#open
    try {
      let batch: Placed[] = []
      for (const item of items) {
        if (item.kind === 'entry') {
          batch.push(item)
          continue
        }
        book.take(batch)
        batch = []
        book.skip(item.to)
        this.#options.say(`the ledger has no entries ${item.from} to ${item.to}: ${item.why}`)
      }
      book.take(batch)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Drops what has to go, one small step of it; true where there may be more. */
  sweep(): boolean {
    if (!this.#open) return false
    try {
      return this.#open.sweeper.step(this.#options.clock.now())
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Everything that can be read and is not in it. Ends where there is nothing more for now, or when told to. */
  async catchUp(signal?: AbortSignal): Promise<void> {
    await this.open()
    for await (const items of this.follow(null, { once: true, signal })) this.take(items)
  }

  follow(status: Status | null, { once = false, signal }: { once?: boolean; signal?: AbortSignal | undefined }) {
    const { dir } = this.#options
    return follow({ dir, from: this.seq + 1, known: this.place, status, once, ...(signal && { signal }) })
  }

  close(): void {
    const opened = this.#open
    this.#open = null
    try {
      opened?.base.close()
    } catch {
      // It is closed all the same; what a full disk kept back is read again from the ledger.
    }
  }

  #fail(error: unknown): void {
    this.close()
    if (!isDamaged(error)) return
    throwAway(this.#options.path)
    this.#sayAnew('it is damaged')
  }

  #sayAnew(why: string): void {
    this.#options.say(`the runs index is built anew from the ledger: ${why}`)
  }

  /** Why its tables are of no use; null where they are. Throws what is wrong with the disk. */
  #use(base: DatabaseSync): string | null {
    try {
      this.#open = { base, book: new Book(base, new Pen(base)), sweeper: new Sweeper(base, this.#options.retention) }
      return null
    } catch (error) {
      base.close()
      if (isDamaged(error)) return 'it is damaged'
      if (isUnfit(error)) return 'its tables are not what they should be'
      throw error
    }
  }

  async #strangeness(dir: string): Promise<string | null> {
    const book = this.#open?.book
    return !book || book.seq === 0 || (await isOfLedger(dir, book)) ? null : 'it is of another ledger'
  }
}

/** Whether its last entry was written by the process that it says, as far as that is still there. */
async function isOfLedger(dir: string, { seq, boot, place }: Book): Promise<boolean> {
  const files = await segmentFiles(dir)
  const holds = files.findLast((name) => Number.parseInt(name, 10) <= seq)
  if (holds === undefined) return files.length > 0
  const file = await open(join(dir, holds)).catch(() => null)
  if (!file) return true
  const bytes = Buffer.alloc(front_bytes)
  const { bytesRead } = await file.read(bytes, 0, front_bytes, 0)
  await file.close()
  const front = readFront(bytes.subarray(0, bytesRead))
  if (typeof front !== 'string' && front.header.boot !== boot) return false
  return holds !== files.at(-1) || seq <= (await lastSeq(dir, place))
}

/** The header of a segment with its shapes is far shorter. */
const front_bytes = 65_536
