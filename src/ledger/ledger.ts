import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { ringMemory, RingWriter } from '../base/ring.ts'
import type { LedgerEntry } from '../domain/record.ts'
import { isOwed, isRefusal, opens } from './admission.ts'
import type { LogSetup } from './merkle-stage.ts'
import { packedMax_bytes, packEntry } from './pack.ts'
import type { WriterNews } from './run-writer.ts'
import { Status } from './status.ts'
import { Waiters } from './waiters.ts'
import { VaultDesk } from './vault/desk.ts'
import type { VaultPlace } from './vault/kek.ts'
import type { WriterSetup } from './writer.ts'

/** What a ledger needs to be opened. */
export interface LedgerSettings {
  /** The ledger's own folder, `<state.dir>/ledger`; made if it is not there. */
  readonly dir: string
  /** Where `threads/ledger-worker.ts` is. */
  readonly workerUrl: URL
  /** Names this process in every file it writes. */
  readonly boot: string
  /** Names this gateway in every file it writes: its public URL. */
  readonly gw?: string
  readonly clock: Clock
  /** Entries wait here for the disk; at least 512 KiB, rounded up to a power of two. */
  readonly ring_bytes: number
  /** Default 64 MiB. */
  readonly segment_bytes?: number
  /** Below this much free space nothing new is admitted; default 64 MiB. */
  readonly min_free_bytes?: number
  /** How entries are sealed in a log that can be proved; by default they are not. */
  readonly log?: LogSetup
  /** Told what does not hold the ledger up and somebody should know, in sentences. */
  readonly onNote?: (sentence: string) => void
  /** Where the keys of persons are; a ledger without it writes persons down as they are called. */
  readonly vault?: VaultPlace
}

/** Why a ledger could not be opened, as a value. */
export interface LedgerProblem {
  readonly kind: 'ledger_problem'
  readonly detail: string
}

export interface LedgerHealth {
  readonly state: 'ok' | 'failing'
  readonly detail: string
}

const mebibyte = 1_048_576
/** A start says at least every few seconds how far it is; a stop writes one ring at most. */
const open_timeout_ms = 30_000
const flush_timeout_ms = 5_000
const spillRetry_ms = 20
const poll_ms = 1
/** More owed entries than `open_calls` and `runs` can leave behind together, with a wide margin. */
const spillMax = 65_536

export async function openLedger(settings: LedgerSettings): Promise<Ledger | LedgerProblem> {
  const setup: WriterSetup = {
    dir: settings.dir,
    boot: settings.boot,
    gw: settings.gw ?? '',
    ring: ringMemory(Math.max(settings.ring_bytes, 4 * packedMax_bytes)),
    status: new SharedArrayBuffer(Status.bytes),
    segment_bytes: settings.segment_bytes ?? 64 * mebibyte,
    min_free_bytes: settings.min_free_bytes ?? 64 * mebibyte,
    log: settings.log ?? null,
  }
  const { port1, port2 } = new MessageChannel()
  const workerData: WriterSetup = settings.vault ? { ...setup, vault: { place: settings.vault, port: port2 } } : setup
  const transferList = settings.vault ? [port2] : []
  const worker = new Worker(settings.workerUrl, { workerData, transferList, name: 'weir-ledger' })
  const { onNote = () => undefined } = settings
  worker.on('message', (news: WriterNews) => {
    if (news.kind === 'note') onNote(news.sentence)
  })
  const news = await firstNews(worker)
  if (news.kind === 'ready') return new Ledger({ worker, port: port1 }, setup, news, settings.clock)
  port1.close()
  await worker.terminate()
  const detail = 'detail' in news ? news.detail : null
  return { kind: 'ledger_problem', detail: detail ?? 'the ledger thread did not start' }
}

function firstNews(worker: Worker): Promise<WriterNews> {
  return new Promise((resolve) => {
    const refuse = (detail: string): void => resolve({ kind: 'refused', detail })
    const timer = setTimeout(() => refuse('the ledger thread did not start in time'), open_timeout_ms)
    worker.on('message', function hear(news: WriterNews) {
      // A start that takes long says how far it is.
      if (news.kind === 'note') {
        timer.refresh()
        return
      }
      clearTimeout(timer)
      worker.off('message', hear)
      resolve(news)
    })
    worker.once('error', (error) => refuse(String(error)))
    worker.once('exit', () => {
      clearTimeout(timer)
      refuse('the ledger thread ended at once')
    })
  })
}

/**
 * The gateway's side of the ledger. Appending packs the entry into the ring and returns; the ledger's thread makes
 * it durable. Entries that open something (an intent, a run) are refused while the disk fails or less than a quarter
 * of the ring is free; entries that end what was let through always find a place: "no record, no hop".
 * Records of refusals, which strangers make as many of as they like, get half of the ring and no more.
 */
export class Ledger {
  readonly kind = 'ledger'
  /** What the start had to cut off or set aside, in sentences; for the log. */
  readonly cuts: readonly string[]
  /** Orders about persons. */
  readonly people: VaultDesk
  readonly #worker: Worker
  readonly #ring: RingWriter
  readonly #reserve_bytes: number
  readonly #status: Status
  readonly #shared: SharedArrayBuffer
  readonly #clock: Clock
  /** Owed entries that found the ring full, in their order. */
  #spill: Uint8Array[] = []
  #spillTimer: NodeJS.Timeout | null = null
  #appended: number
  readonly #waiters: Waiters
  #waking = false
  #detail: string | null = null
  #ended = false

  constructor({ worker, port }: Ends, setup: WriterSetup, ready: WriterNews & { kind: 'ready' }, clock: Clock) {
    this.cuts = ready.cuts
    this.#worker = worker
    this.#ring = new RingWriter(setup.ring)
    this.#reserve_bytes = this.#ring.capacity / 4
    this.#status = new Status(setup.status)
    this.#shared = setup.status
    this.#clock = clock
    this.people = new VaultDesk(port, () => {
      this.#status.hurry()
      this.#ring.wake()
    })
    this.#waiters = new Waiters({ status: this.#status, clock, isFailing: () => this.#failing })
    this.#appended = ready.next - 1
    if (ready.truncated) this.append({ kind: 'log', v: 1, ts: clock.now(), event: 'truncated', ...ready.truncated })
    for (const entry of ready.drops) this.append(entry)
    worker.on('message', (news: WriterNews) => {
      if (news.kind === 'refused' || news.kind === 'health') this.#detail = news.detail
      if (news.kind === 'append') this.append(news.entry)
    })
    worker.on('error', (error) => (this.#detail = String(error)))
    worker.on('exit', () => (this.#ended = true))
  }

  /** Memory of its `Status`, for threads that follow what is durable. */
  get shared(): SharedArrayBuffer {
    return this.#shared
  }

  /** Whether a new call may be let through: its intent and, later, its record have a place. */
  get room(): boolean {
    return !this.#failing && this.#spill.length === 0 && this.#ring.free >= this.#reserve_bytes
  }

  /** Number of the last entry that was accepted. */
  get appended(): number {
    return this.#appended
  }

  /** Number of the last entry that is on the disk for good; never more than `appended`. */
  get durable(): number {
    return this.#status.durable
  }

  /** Takes an entry, or answers false: then nothing was kept, and what it would have opened must not happen. */
  append(entry: LedgerEntry): boolean {
    if (this.#ended || (opens(entry) && !this.room)) return false
    if (isRefusal(entry) && this.#ring.free < 2 * this.#reserve_bytes) return false
    const packed = packEntry(entry)
    assert(packed.length <= packedMax_bytes, 'a packed entry fits a frame')
    const taken = (this.#spill.length === 0 && this.#ring.push(packed)) || (isOwed(entry) && this.#keep(packed))
    if (taken) this.#appended += 1
    this.#wakeAtTheEnd()
    return taken
  }

  /**
   * Whether everything accepted so far is on the disk for good: at once where it is, else when it is. False where the disk
   * fails or does not take it within 5 s. All that wait together cost one sync.
   */
  secured(): boolean | Promise<boolean> {
    return this.#waiters.until(this.#appended)
  }

  health(): LedgerHealth {
    if (this.#ended) return { state: 'failing', detail: this.#detail ?? 'the ledger thread has ended' }
    if (this.#status.failing) return { state: 'failing', detail: this.#detail ?? 'the disk fails' }
    return this.room ? { state: 'ok', detail: '' } : { state: 'failing', detail: 'the record ring is full' }
  }

  /** Waits until everything accepted so far is durable: true. Gives up after 5 s, or when the thread is gone: false. */
  async flush(): Promise<boolean> {
    const goal = this.#appended
    const end = this.#clock.monotonic() + flush_timeout_ms
    while (this.durable < goal) {
      if (this.#ended || this.#clock.monotonic() > end) return false
      this.#unspill()
      this.#status.hurry()
      await new Promise((resolve) => setTimeout(resolve, poll_ms))
    }
    return true
  }

  /** Writes what was accepted and ends the thread; false if the disk did not take all of it. */
  async close(): Promise<boolean> {
    await this.flush()
    const ended = this.#ended ? null : new Promise((resolve) => this.#worker.once('exit', resolve))
    this.#status.stop()
    this.#ring.wake()
    const timer = setTimeout(() => void this.#worker.terminate(), flush_timeout_ms)
    await ended
    clearTimeout(timer)
    if (this.#spillTimer) clearInterval(this.#spillTimer)
    this.people.close()
    return this.durable === this.#appended
  }

  /** Of this turn of the loop: whatever it appends is written by one wake, and whoever waits then by one sync. */
  #wakeAtTheEnd(): void {
    if (this.#waking || !this.#ring.asleep) return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      this.#ring.wake()
    })
  }

  get #failing(): boolean {
    return this.#ended || this.#status.failing
  }

  #keep(packed: Uint8Array): boolean {
    if (this.#spill.length === spillMax) return false
    this.#spill.push(packed)
    this.#spillTimer ??= setInterval(() => this.#unspill(), spillRetry_ms).unref()
    return true
  }

  #unspill(): void {
    const stuck = this.#spill.findIndex((packed) => !this.#ring.push(packed))
    this.#spill = stuck === -1 ? [] : this.#spill.slice(stuck)
    this.#wakeAtTheEnd()
    if (stuck !== -1 || !this.#spillTimer) return
    clearInterval(this.#spillTimer)
    this.#spillTimer = null
  }
}

/** What leads to the ledger's thread. */
interface Ends {
  readonly worker: Worker
  readonly port: MessagePort
}
