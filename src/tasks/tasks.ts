/** Opens what is known of tasks: the thread with the disk, what it has kept, and the tables in memory. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Millis } from '../base/clock.ts'
import type { AgentId, PersonId, RunId } from '../domain/ids.ts'
import type { Party, TaskRow } from '../domain/task.ts'
import type { Contexts, TaskChange, TaskPage, TaskQuery, Tasks, TasksProblem, TasksSettings } from './contract.ts'
import { ContextTable } from './contexts.ts'
import { Journal, type Paper } from './journal.ts'
import { mayName, type MayName, type Named } from './owner.ts'
import { pageOf } from './pages.ts'
import type { PushConfigs } from './push/contract.ts'
import { Push } from './push/push.ts'
import { byChance, openSeal, type Seal } from './seal.ts'
import type { KeeperNews, KeeperOrder, KeeperSetup, ShelfName, Stored } from './shelves.ts'
import { TaskTable } from './table.ts'

/** A start reads every row that is kept; a stop writes what one failing disk can have piled up. */
const open_timeout_ms = 60_000
const close_timeout_ms = 5000

export async function openTasks(settings: TasksSettings): Promise<Tasks | TasksProblem> {
  const setup: KeeperSetup = { file: join(settings.dir, 'tasks.db') }
  const worker = new Worker(settings.workerUrl, { workerData: setup, name: 'weir-tasks', env: {} })
  const stored = await readAll(worker)
  if (typeof stored === 'string') {
    await worker.terminate()
    return { kind: 'tasks_problem', sentence: stored }
  }
  const journal = new Journal(paperOf(worker), settings.clock.now())
  worker.on('error', (error) => journal.end(`the tasks cannot be kept: their thread broke with ${String(error)}`))
  worker.on('exit', () => journal.end('the tasks cannot be kept: their thread has ended'))
  return joinTasks(settings, journal, stored, () => endThread(worker, journal))
}

type AllStored = ReadonlyMap<ShelfName, readonly Stored[]>

function readAll(worker: Worker): Promise<AllStored | string> {
  const stored = new Map<ShelfName, Stored[]>()
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('the thread of the tasks did not start in time'), open_timeout_ms)
    const hear = (news: KeeperNews): void => {
      if (news.kind === 'rows') return addRows(stored, news)
      clearTimeout(timer)
      worker.off('message', hear)
      resolve(news.kind === 'refused' ? news.sentence : stored)
    }
    worker.on('message', hear)
    worker.once('error', (error) => resolve(`the thread of the tasks broke: ${String(error)}`))
    worker.once('exit', () => {
      clearTimeout(timer)
      resolve('the thread of the tasks ended at once')
    })
  })
}

function addRows(stored: Map<ShelfName, Stored[]>, { shelf, rows }: KeeperNews & { kind: 'rows' }): void {
  const all = stored.get(shelf)
  if (all) for (const row of rows) all.push(row)
  else stored.set(shelf, [...rows])
}

function paperOf(worker: Worker): Paper {
  return {
    write(changes, done) {
      worker.once('message', (news: KeeperNews) => done(news.kind === 'written' ? news.problem : null))
      tell(worker, { kind: 'write', changes })
    },
    scrub: () => tell(worker, { kind: 'scrub' }),
  }
}

const tell = (worker: Worker, order: KeeperOrder): void => worker.postMessage(order, [])

async function endThread(worker: Worker, journal: Journal): Promise<void> {
  // What node says of a thread that has ended.
  if (worker.threadId === -1) return
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  const timer = setTimeout(() => void worker.terminate(), close_timeout_ms)
  const flushed = await Promise.race([journal.flush().then(() => true), ended.then(() => false)])
  if (flushed) tell(worker, { kind: 'stop' })
  await ended
  clearTimeout(timer)
}

/** The parts joined, on whatever paper; `stored` is what the paper held before. */
export function joinTasks(
  settings: Omit<TasksSettings, 'dir' | 'workerUrl'>,
  journal: Journal,
  stored: AllStored,
  close: () => Promise<void>,
): Tasks {
  const { maximums, secret, dice } = settings
  const table = new TaskTable(settings, journal, stored.get('tasks') ?? [])
  const kept = { uses: stored.get('contexts') ?? [], memos: stored.get('memos') ?? [] }
  const contexts = new ContextTable(maximums.contexts, journal, kept)
  const cursors = openSeal(secret, 'cursors', byChance(dice))
  const push = new Push(settings, { table, journal, stored })
  return new House({ table, contexts, push, cursors, journal, close })
}

interface Rooms {
  readonly table: TaskTable
  readonly contexts: ContextTable
  readonly push: Push
  readonly cursors: Seal
  readonly journal: Journal
  readonly close: () => Promise<void>
}

class House implements Tasks {
  readonly kind = 'tasks'
  readonly contexts: Contexts
  readonly push: PushConfigs
  readonly cuts: readonly string[]
  readonly #rooms: Rooms

  constructor(rooms: Rooms) {
    this.#rooms = rooms
    this.contexts = rooms.contexts
    this.push = rooms.push
    this.cuts = cutsOf(rooms)
  }

  get size(): number {
    return this.#rooms.table.size
  }

  find(target: AgentId, taskId: string): TaskRow | null {
    return this.#rooms.table.find(target, taskId)?.row ?? null
  }

  put(row: TaskRow): Promise<boolean> {
    return this.#rooms.table.put(row)
  }

  update(target: AgentId, taskId: string, change: TaskChange): void {
    this.#rooms.table.update(target, taskId, change)
  }

  open(): Iterable<TaskRow> {
    return this.#rooms.table.open()
  }

  openIn(run: RunId): readonly TaskRow[] {
    return this.#rooms.table.openIn(run)
  }

  list(query: TaskQuery, party: Party): TaskPage | null {
    const { table, cursors } = this.#rooms
    return pageOf(table.seenBy(party, query.target), query, party, cursors)
  }

  mayName(named: Named, party: Party): MayName {
    const { table, contexts } = this.#rooms
    const find = (target: AgentId, taskId: string): TaskRow | null => table.find(target, taskId)?.row ?? null
    return mayName(named, party, { find, usersOf: (target, contextId) => contexts.usersOf(target, contextId) })
  }

  async forget(person: PersonId): Promise<void> {
    const { table, contexts, journal } = this.#rooms
    table.forget(person)
    contexts.forget(person)
    await journal.scrub()
  }

  health(): string | null {
    const { journal, table } = this.#rooms
    if (journal.problem !== null) return journal.problem
    return table.full ? 'the table of tasks is full of tasks that are not over (maximums.tasks)' : null
  }

  sweep(now: Millis): void {
    this.#rooms.table.sweep(now)
    this.#rooms.push.sweep(now)
  }

  close(): Promise<void> {
    this.#rooms.push.stop()
    return this.#rooms.close()
  }
}

function cutsOf({ table, contexts, push }: Rooms): readonly string[] {
  const cuts: readonly (readonly [count: number, what: string])[] = [
    [table.unreadable, 'tasks'],
    [contexts.unreadable, 'conversations'],
    [push.unreadable, 'push notifications'],
  ]
  return cuts.flatMap(([count, what]) =>
    count > 0 ? [`${count} rows of ${what} cannot be read and were left out`] : [],
  )
}
