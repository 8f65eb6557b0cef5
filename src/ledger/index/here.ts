/** The index for whoever asks where no gateway answers: brought up to date first, where nobody else writes it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { type Lock, takeLock } from '../../base/instance-lock.ts'
import { lastSeq } from '../last-seq.ts'
import type { IndexHere, IndexProblem } from './contract.ts'
import { Keeper } from './keep.ts'
import { type People, withPeople } from './named.ts'
import { openQueries, type QueryOptions } from './queries.ts'
import { indexPath } from './path.ts'
import { placeOf, standOf } from './stand.ts'
import { openForReading } from './store.ts'
import type { Retention } from './sweep.ts'

export interface HereOptions extends QueryOptions {
  /** As configured; nothing is dropped where it is absent. */
  readonly retention?: Retention
  /** Who stands behind pseudonyms; absent, pseudonyms stand. */
  readonly people?: People
  /** Told now and then while entries are read: so many of so many. */
  readonly progress?: (done: number, of: number) => void
}

const keepAll: Retention = { index_days: 36_500, index_hops: Number.MAX_SAFE_INTEGER }

/** Where a gateway holds the state directory, what it has written so far is read. */
export async function openIndexHere(stateDir: string, options: HereOptions = {}): Promise<IndexHere | IndexProblem> {
  const dir = join(stateDir, 'ledger')
  if (!existsSync(dir)) return { kind: 'index_problem', sentence: `there is no ledger in ${stateDir}` }
  const path = indexPath(stateDir)
  const problems: string[] = []
  try {
    const lock = tryLock(stateDir)
    if (lock) await bringUp({ dir, path, problems, lock }, options)
    const base = openForReading(path)
    const queries = withPeople(openQueries(base, options), options.people ?? ((): null => null))
    const stand = standOf(base)
    const behind = lock ? 0 : Math.max(0, (await lastSeq(dir, placeOf(stand))) - stand.seq)
    return { kind: 'index_here', queries, behind, problems, close: () => base.close() }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { kind: 'index_problem', sentence: `the runs index in ${path} cannot be used: ${why}` }
  }
}

/** Null where somebody else holds it, or it may not be taken. */
function tryLock(stateDir: string): Lock | null {
  try {
    const lock = takeLock(stateDir)
    return typeof lock === 'string' ? null : lock
  } catch {
    return null
  }
}

interface Bringing {
  readonly dir: string
  readonly path: string
  readonly problems: string[]
  readonly lock: Lock
}

async function bringUp({ dir, path, problems, lock }: Bringing, options: HereOptions): Promise<void> {
  const { retention = keepAll, clock = systemClock, progress } = options
  const keeper = new Keeper({ dir, path, retention, clock, say: (sentence) => problems.push(sentence) })
  try {
    await keeper.open()
    const of = progress ? await lastSeq(dir, keeper.place) : 0
    for await (const items of keeper.follow(null, { once: true })) {
      keeper.take(items)
      progress?.(keeper.seq, of)
    }
    while (options.retention && keeper.sweep());
  } finally {
    keeper.close()
    lock.release()
  }
}
