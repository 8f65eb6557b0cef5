/** The gateway's side of the archive thread: starts it, starts it again where it ended, and says how far the index is. */
import { Worker } from 'node:worker_threads'
import { ArchiveStatus } from './archive-status.ts'
import { indexPath } from './index/store.ts'
import type { Retention } from './index/sweep.ts'
import type { Ledger } from './ledger.ts'
import type { ArchiveNews, ArchiveSetup } from './run-archive.ts'

export interface ArchiveOptions {
  readonly stateDir: string
  /** The ledger's own folder. */
  readonly dir: string
  /** Where `threads/archive-worker.ts` is. */
  readonly workerUrl: URL
  readonly ledger: Pick<Ledger, 'durable' | 'shared'>
  readonly retention: Retention
  /** Cloned to the thread, for its listeners: `workerData.listeners`. */
  readonly listeners?: Readonly<Record<string, unknown>>
  readonly log: (level: 'info' | 'warn', sentence: string) => void
}

const heap_mb = 512
const restart_ms = 1000
const close_ms = 5000

export class Archive {
  readonly #options: ArchiveOptions
  readonly #setup: ArchiveSetup
  readonly #status: ArchiveStatus
  readonly #ears = new Map<string, (value: unknown) => void>()
  #worker: Worker | null = null
  #restart: NodeJS.Timeout | null = null
  #closing = false

  constructor(options: ArchiveOptions) {
    const { dir, stateDir, ledger, retention } = options
    this.#options = options
    const status = new SharedArrayBuffer(ArchiveStatus.bytes)
    this.#status = new ArchiveStatus(status)
    this.#setup = { dir, path: indexPath(stateDir), ledger: ledger.shared, status, retention }
    this.#start()
  }

  /** Durable entries that are not in the index yet. */
  get behind(): number {
    return Math.max(0, this.#options.ledger.durable - this.#status.seq)
  }

  /** Whether the disk does not take the index now; the ledger and the road do not care. */
  get failing(): boolean {
    return this.#status.failing
  }

  /** Hears what the listener of that name tells; one ear for a name. */
  hear(name: string, ear: (value: unknown) => void): void {
    this.#ears.set(name, ear)
  }

  /** Ends the thread once it has written what is durable; what it could not write comes with the next start. */
  async close(): Promise<void> {
    this.#closing = true
    if (this.#restart) clearTimeout(this.#restart)
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('stop')
    const timer = setTimeout(() => void worker.terminate(), close_ms)
    await ended
    clearTimeout(timer)
  }

  #start(): void {
    const { workerUrl, listeners = {} } = this.#options
    const worker = new Worker(workerUrl, {
      workerData: { ...this.#setup, listeners },
      name: 'weir-archive',
      // It needs no secret of the environment.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heap_mb },
    })
    this.#worker = worker
    worker.on('message', (news: ArchiveNews) => this.#take(news))
    worker.on('error', (error) => this.#options.log('warn', `the archive thread broke: ${String(error)}`))
    worker.on('exit', () => {
      this.#worker = null
      if (!this.#closing) this.#restart = setTimeout(() => this.#start(), restart_ms).unref()
    })
  }

  #take(news: ArchiveNews): void {
    if (news.kind === 'log') this.#options.log(news.level, news.sentence)
    else this.#ears.get(news.name)?.(news.value)
  }
}
