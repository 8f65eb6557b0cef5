/**
 * The proof pool: threads for what would hold the main thread up, signatures and policy compilation. Values go in and
 * values come out. An idle thread sleeps in `Atomics.wait`; the main thread never does.
 */
import { systemClock } from '../base/clock.ts'
import { moduleUrl } from '../base/module-url.ts'
import { Piscina } from 'piscina'
import { type ProofResult, type RunProofs, writeBatch } from '../identity/proofs/proof-tasks.ts'

export interface ProofPoolSettings {
  /** The slot of a keyring, shared with every thread; null for a pool that only verifies. */
  readonly keySlot: SharedArrayBuffer | null
  readonly threads_max?: number
  /** Tasks that may wait for a thread; beyond it a task is rejected. */
  readonly queue_max?: number
  /** Told when a thread broke; its tasks were rejected and another thread takes its place. */
  readonly onError?: (error: Error) => void
}

export interface ProofPool {
  /** Works off one batch of proofs. Rejects if the pool is full, broken or closed, or after 5 to 10 s. */
  readonly runProofs: RunProofs
  /** Runs any other task that `proof-worker` exports by name. Rejects like `runProofs`. */
  run(task: string, value: unknown, timeout_ms?: number): Promise<unknown>
  /** Tasks that wait for a thread. */
  readonly queued: number
  /** Ends all threads at once; what was under way is rejected. */
  close(): Promise<void>
}

const timeout_ms = 5000
const idle_ms = 30_000

export function openProofPool({ keySlot, threads_max = 2, queue_max = 256, onError }: ProofPoolSettings): ProofPool {
  const pool = new Piscina({
    filename: moduleUrl('./proof-worker.ts', import.meta.url).href,
    name: 'verify',
    minThreads: 1,
    maxThreads: threads_max,
    maxQueue: queue_max,
    idleTimeout: idle_ms,
    recordTiming: false,
    // The threads need no secret of the environment.
    env: {},
    workerData: { keySlot },
  })
  pool.on('error', (error: Error) => onError?.(error))
  let closed = false
  // Piscina starts new threads for a task that comes after its end, and those would then never end.
  const run = async (name: string, value: unknown, signal: AbortSignal): Promise<unknown> => {
    if (closed) throw new Error('the proof pool is closed')
    return (await pool.run(value, { name, signal })) as unknown
  }
  const deadline = sharedDeadline()
  return {
    runProofs: async (tasks) => (await run('verify', writeBatch(tasks), deadline())) as readonly ProofResult[],
    run: (name, value, wait_ms = timeout_ms) => run(name, value, AbortSignal.timeout(wait_ms)),
    get queued() {
      return pool.queueSize
    },
    async close() {
      closed = true
      await pool.destroy()
    },
  }
}

/** A signal for all batches of 5 s, because a timer for each costs more than handing the batch over. */
function sharedDeadline(): () => AbortSignal {
  let signal = AbortSignal.timeout(0)
  let madeAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = systemClock.monotonic()
    if (now - madeAt < timeout_ms && !signal.aborted) return signal
    madeAt = now
    signal = AbortSignal.timeout(2 * timeout_ms)
    return signal
  }
}
