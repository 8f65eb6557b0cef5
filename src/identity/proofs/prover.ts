/**
 * The way into the proof pool. A task of its own costs the main thread 12-30 us, one in a batch of 32 about 1 us, so
 * whatever was asked for in one turn of the event loop travels together, and while every thread is busy the next
 * batches grow. The queues are bounded: when they are full the answer is a Denial and not a longer wait.
 */
import { type Denial, deny } from '../../domain/verdict.ts'
import type { ProofResult, ProofTask, RunProofs } from './proof-tasks.ts'

export interface Prover {
  /** Whether the signature holds, or `busy`. */
  verify(task: { readonly raw: string; readonly alg: string; readonly key: string }): Promise<boolean | Denial>
  /** The compact JWS made of `header.claims`, or `busy`, also where the key signs no more. */
  sign(task: { readonly kid: string; readonly input: string }): Promise<string | Denial>
}

export interface ProverLimits {
  /** Tasks of each kind that may wait. */
  readonly queue_max: number
  readonly batch_max?: number
  /** Batches under way at once: one for each thread of the pool. */
  readonly batches_max?: number
}

interface Waiter {
  readonly task: ProofTask
  readonly answer: (result: ProofResult | Denial) => void
}

export function openProver(run: RunProofs, limits: ProverLimits): Prover {
  const queue = new ProofQueue(run, limits)
  return {
    async verify(task) {
      const result = await queue.ask({ kind: 'verify', ...task })
      return typeof result === 'string' ? false : result
    },
    async sign(task) {
      const result = await queue.ask({ kind: 'sign', ...task })
      if (typeof result === 'boolean') return deny('busy', 'the proof pool gave no signature')
      return typeof result === 'string' ? `${task.input}.${result}` : result
    },
  }
}

class ProofQueue {
  readonly #run: RunProofs
  readonly #queue_max: number
  readonly #batch_max: number
  readonly #batches_max: number
  /** Apart, so that a flood of strangers' tokens cannot crowd out the tokens of admitted hops. */
  readonly #waiting: Record<ProofTask['kind'], Waiter[]> = { sign: [], verify: [] }
  #batches = 0
  #armed = false

  constructor(run: RunProofs, { queue_max, batch_max = 32, batches_max = 2 }: ProverLimits) {
    this.#run = run
    this.#queue_max = queue_max
    this.#batch_max = batch_max
    this.#batches_max = batches_max
  }

  ask(task: ProofTask): Promise<ProofResult | Denial> {
    const line = this.#waiting[task.kind]
    if (line.length >= this.#queue_max) return Promise.resolve(deny('busy', `proof queue full: ${task.kind}`))
    this.#arm()
    return new Promise((answer) => {
      line.push({ task, answer })
    })
  }

  #arm(): void {
    if (this.#armed) return
    this.#armed = true
    setImmediate(() => {
      this.#armed = false
      this.#flush()
    })
  }

  #flush(): void {
    while (this.#batches < this.#batches_max) {
      const batch = this.#take()
      if (batch.length === 0) return
      this.#batches += 1
      void this.#send(batch)
    }
  }

  /** Signatures first: their hops were admitted already. */
  #take(): readonly Waiter[] {
    const signs = this.#waiting.sign.splice(0, this.#batch_max)
    return [...signs, ...this.#waiting.verify.splice(0, this.#batch_max - signs.length)]
  }

  async #send(batch: readonly Waiter[]): Promise<void> {
    const results = await this.#prove(batch.map(({ task }) => task))
    this.#batches -= 1
    for (const [at, { answer }] of batch.entries()) answer(results?.[at] ?? deny('busy', 'the proof pool failed'))
    this.#flush()
  }

  async #prove(tasks: readonly ProofTask[]): Promise<readonly ProofResult[] | null> {
    try {
      return await this.#run(tasks)
    } catch {
      return null
    }
  }
}
