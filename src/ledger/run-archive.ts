/**
 * The whole life of the archive thread: it follows the ledger, keeps the index and lets listeners hear. It never stands in
 * anybody's way; whatever it cannot do is said once and tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { ArchiveStatus } from './archive-status.ts'
import { follow } from './follow.ts'
import { Keeper } from './index/keep.ts'
import type { Retention } from './index/sweep.ts'
import type { Listener } from './listener.ts'
import { Status } from './status.ts'

/** What the thread is given; it can be cloned from thread to thread. */
export interface ArchiveSetup {
  /** The ledger's own folder. */
  readonly dir: string
  /** The file of the index. */
  readonly path: string
  /** Memory of the ledger's `Status`, and of its own. */
  readonly ledger: SharedArrayBuffer
  readonly status: SharedArrayBuffer
  readonly retention: Retention
}

/** Words for the gateway's thread, at most one a second of each kind; numbers travel over shared memory. */
export type ArchiveNews =
  | { readonly kind: 'log'; readonly level: 'info' | 'warn'; readonly sentence: string }
  /** Of a listener, for whoever hears that name. */
  | { readonly kind: 'heard'; readonly name: string; readonly value: unknown }

export interface ArchiveWorld {
  readonly clock: Clock
  readonly tell: (news: ArchiveNews) => void
  readonly listeners: readonly Listener[]
  /** Ends the thread's life once what is durable was written and heard, or after a moment. */
  readonly signal: AbortSignal
}

const retry_ms = 2000
/** For what is durable when the end is asked for. */
const finish_ms = 3000
const look_ms = 10
const tick_ms = 1000
/** Between two words of how far a new index is. */
const progress_ms = 5000
/** Fewer are no news. */
const behind_min = 50_000
/** Between steps of retention, so that what comes is written first. */
const sweep_ms = 50
const sweepPause_ms = 30_000

/** Returns when everything has ended. */
export async function runArchive(setup: ArchiveSetup, world: ArchiveWorld): Promise<void> {
  const archive = new Archiving(setup, world)
  await Promise.all([archive.keepIndex(), archive.sweep(), archive.listen(), archive.tick(), archive.finish()])
  await archive.close()
}

class Archiving {
  readonly #setup: ArchiveSetup
  readonly #world: ArchiveWorld
  readonly #status: ArchiveStatus
  readonly #ledger: Status
  readonly #keeper: Keeper
  /** Entries of earlier processes are heard by nobody. */
  readonly #from: number
  readonly #end = new AbortController()
  #heard: number
  #problem: string | null = null
  #saidAt = 0
  #sayProgress = false

  constructor(setup: ArchiveSetup, world: ArchiveWorld) {
    this.#setup = setup
    this.#world = world
    this.#status = new ArchiveStatus(setup.status)
    this.#ledger = new Status(setup.ledger)
    this.#from = this.#ledger.durable + 1
    this.#heard = this.#ledger.durable
    const { dir, path, retention } = setup
    const say = (sentence: string): void => world.tell({ kind: 'log', level: 'warn', sentence })
    this.#keeper = new Keeper({ dir, path, retention, clock: world.clock, say })
  }

  /** Where it fails it is closed, and opened again later: what was not written stands in the ledger. */
  async keepIndex(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await this.#keeper.open()
        this.#status.seq = this.#keeper.seq
        for await (const items of this.#keeper.follow(this.#ledger, { signal })) {
          this.#keeper.take(items)
          this.#status.seq = this.#keeper.seq
          this.#isWell()
          await giveWay()
        }
      } catch (error) {
        this.#isIll(error)
        await sleep(retry_ms, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  async sweep(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      let more = false
      try {
        more = this.#keeper.sweep()
      } catch (error) {
        this.#isIll(error)
      }
      await sleep(more ? sweep_ms : sweepPause_ms, undefined, { signal }).catch(() => undefined)
    }
  }

  async listen(): Promise<void> {
    const { listeners } = this.#world
    const { signal } = this.#end
    if (listeners.length === 0) return
    for await (const items of follow({ dir: this.#setup.dir, from: this.#from, status: this.#ledger, signal })) {
      const batch = items.filter((item) => item.kind === 'entry')
      for (const listener of listeners) await this.#guard(listener, () => listener.entries(batch))
      this.#heard = items.at(-1)?.kind === 'entry' ? (batch.at(-1)?.seq ?? this.#heard) : this.#heard
    }
  }

  async tick(): Promise<void> {
    const { listeners, clock } = this.#world
    const { signal } = this.#end
    while (!signal.aborted) {
      await sleep(tick_ms, undefined, { signal }).catch(() => undefined)
      for (const listener of listeners) await this.#guard(listener, () => listener.tick?.(clock.now()))
    }
  }

  /** Waits until the end is asked for and nothing is left to do. */
  async finish(): Promise<void> {
    const { signal, clock, listeners } = this.#world
    await new Promise((resolve) => (signal.aborted ? resolve(null) : signal.addEventListener('abort', resolve)))
    const end = clock.monotonic() + finish_ms
    const goal = this.#ledger.durable
    const isDone = (): boolean =>
      (this.#keeper.seq >= goal || this.#status.failing) && (listeners.length === 0 || this.#heard >= goal)
    while (!isDone() && clock.monotonic() < end) await sleep(look_ms)
    this.#end.abort()
  }

  async close(): Promise<void> {
    for (const listener of this.#world.listeners) await this.#guard(listener, () => listener.close?.())
    this.#keeper.close()
  }

  async #guard(listener: Listener, work: () => void | Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#world.tell({ kind: 'log', level: 'warn', sentence: `${listener.name}: ${sentenceOf(error)}` })
    }
  }

  #isWell(): void {
    const behind = this.#ledger.durable - this.#keeper.seq
    const now = this.#world.clock.monotonic()
    if (this.#problem !== null) this.#say('the runs index is written again')
    this.#problem = null
    this.#status.failing = false
    if (behind < behind_min && this.#sayProgress) {
      this.#sayProgress = false
      this.#say('the runs index is up to date')
    }
    if (behind < behind_min || now - this.#saidAt < progress_ms) return
    this.#saidAt = now
    this.#sayProgress = true
    const percent = Math.floor((100 * this.#keeper.seq) / this.#ledger.durable)
    this.#say(`the runs index is built: ${percent} % of ${this.#ledger.durable} entries`)
  }

  #isIll(error: unknown): void {
    this.#status.failing = true
    const problem = sentenceOf(error)
    if (this.#problem !== null) return
    this.#problem = problem
    const sentence = `the runs index cannot be written and is behind until it can: ${problem}`
    this.#world.tell({ kind: 'log', level: 'warn', sentence })
  }

  #say(sentence: string): void {
    this.#world.tell({ kind: 'log', level: 'info', sentence })
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Lets listeners and timers have their turn between two transactions. */
function giveWay(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
