/** One of several threads that take the same names; started by one-thread-of-many-is-first.test.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Board, rowsOf } from '../../src/base/board.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { openReplay } from '../../src/identity/sender/replay.ts'

export interface Orders {
  readonly board: Board
  readonly threads: number
  readonly thread: number
}

/** What one thread saw. */
export interface Tally {
  /** For each name, how often this thread was the first. */
  readonly first: readonly number[]
  readonly seen: number
  /** Names of its own of which it was the first. */
  readonly own: number
}

export const names = 250
export const entries = 2048
export const life_max_ms = 60_000
export const now = 1_800_000_000_000
export const expiresAt = now + 30_000

/** Waits asleep until that many have come, so that all go on at once however few cores there are. */
function together(ints: Int32Array<SharedArrayBuffer>, count: number): void {
  if (Atomics.add(ints, 0, 1) + 1 === count) Atomics.notify(ints, 0)
  for (let come = Atomics.load(ints, 0); come < count; come = Atomics.load(ints, 0)) Atomics.wait(ints, 0, come, 100)
}

/** Each name 64 times, shared out evenly, all threads at once; between them a name nobody else has, in the same cells. */
function take({ board, threads, thread }: Orders): Tally {
  const used = openReplay(rowsOf(board, 'used'), { entries, life_max_ms }, new ManualClock(now))
  const { ints } = rowsOf(board, 'gate')
  const first = Array.from({ length: names }, () => 0)
  const tally = { seen: 0, own: 0 }
  for (let name = 0; name < names; name += 1) {
    together(ints, threads * (name + 1))
    if (used.once(`thread-${thread}`, String(name), expiresAt) === 'first') tally.own += 1
    for (let turn = 0; turn < 64 / threads; turn += 1) {
      const outcome = used.once('all', String(name), expiresAt)
      if (outcome === 'first') first[name] = (first[name] ?? 0) + 1
      else if (outcome === 'seen') tally.seen += 1
    }
  }
  return { first, ...tally }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the port of a thread has no origin
parentPort?.postMessage(take(workerData as Orders))
