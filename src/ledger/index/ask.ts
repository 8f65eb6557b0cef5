/** The gateway's side of the query thread: hands questions over, passes answers on as they come, and never waits long. */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import type { AskAnswer, AskOrder } from './answer.ts'
import { type Ask, type AskRefused, refuseAsk } from './contract.ts'
import type { VaultPlace } from '../vault/kek.ts'
import { indexPath } from './path.ts'

export interface AskOptions {
  readonly stateDir: string
  /** Where `threads/query-worker.ts` is. */
  readonly workerUrl: URL
  readonly clock: Clock
  readonly log: (level: 'info' | 'warn', sentence: string) => void
  /** Where the keys of persons are; without it they stand as pseudonyms. */
  readonly vault?: VaultPlace
  /** Questions that are asked at once; default 64. */
  readonly asks_max?: number
  /** Until a question is given up; default 10 s. */
  readonly ask_ms?: number
}

/** What the query thread is given. */
export interface QuerySetup {
  readonly path: string
  readonly vault: VaultPlace | null
}

const usual_max = 64
const usual_ms = 10_000
const heap_mb = 1024
const close_ms = 2000

type Answer = { readonly kind: 'json'; readonly text: string } | AskRefused

interface Waiting {
  readonly order: AskOrder
  readonly resolve: (answer: Answer) => void
}

/** The thread starts with the first question, and again with the next one after it ended. */
export function openAsk(options: AskOptions): Ask {
  const asking = new Asking(options)
  return { ask: (name, asked) => asking.ask({ name, asked }), close: () => asking.close() }
}

/** One question is with the thread, the others wait here. */
class Asking {
  readonly #options: AskOptions
  readonly #queue: Waiting[] = []
  #active: (Waiting & { readonly timer: NodeJS.Timeout }) | null = null
  #worker: Worker | null = null
  #last = 0
  #closed = false

  constructor(options: AskOptions) {
    this.#options = options
  }

  ask(question: Pick<AskOrder, 'name' | 'asked'>): Promise<Answer> {
    const { clock, asks_max = usual_max, ask_ms = usual_ms } = this.#options
    if (this.#closed) return Promise.resolve(refuseAsk('unavailable', 'the gateway stops'))
    if (this.#queue.length >= asks_max)
      return Promise.resolve(refuseAsk('busy', `${asks_max} questions are being answered; ask again in a moment`))
    const { promise, resolve } = Promise.withResolvers<Answer>()
    this.#queue.push({ order: { id: ++this.#last, ...question, until: clock.now() + ask_ms }, resolve })
    this.#next()
    return promise
  }

  async close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    this.#refuse('the gateway stops')
    if (!worker) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('stop', [])
    const timer = setTimeout(() => void worker.terminate(), close_ms)
    await ended
    clearTimeout(timer)
  }

  #next(): void {
    if (this.#active) return
    const waiting = this.#queue.shift()
    if (!waiting) return
    const { ask_ms = usual_ms } = this.#options
    this.#active = { ...waiting, timer: setTimeout(() => this.#giveUp(), ask_ms) }
    this.#worker ??= this.#start()
    this.#worker.postMessage(waiting.order, [])
  }

  #start(): Worker {
    const { stateDir, workerUrl, log, vault = null } = this.#options
    const worker = new Worker(workerUrl, {
      workerData: { path: indexPath(stateDir), vault } satisfies QuerySetup,
      name: 'weir-query',
      // It needs no secret of the environment.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heap_mb },
    })
    // Never in the way of an orderly end.
    worker.unref()
    worker.on('message', ({ id, answer }: AskAnswer) => {
      if (id === this.#active?.order.id) this.#end(answer)
    })
    worker.on('error', (error) => log('warn', `the query thread broke: ${String(error)}`))
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = null
      this.#end(refuseAsk('unavailable', 'the thread that reads the runs index ended'))
    })
    return worker
  }

  #end(answer: Answer): void {
    const active = this.#active
    this.#active = null
    if (active) {
      clearTimeout(active.timer)
      active.resolve(answer)
    }
    this.#next()
  }

  /** A question that is not answered in time holds up all others; its thread is ended. */
  #giveUp(): void {
    this.#options.log('warn', 'the query thread did not answer in time and is started anew')
    const worker = this.#worker
    this.#worker = null
    void worker?.terminate()
    this.#end(refuseAsk('unavailable', 'the runs index did not answer in time'))
  }

  #refuse(sentence: string): void {
    const refused = refuseAsk('unavailable', sentence)
    for (const { resolve } of this.#queue.splice(0)) resolve(refused)
    this.#end(refused)
  }
}
