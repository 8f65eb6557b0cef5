/**
 * Every task that is remembered, in memory, by all that is asked about it. What changes is marked for the disk. A task that
 * is over leaves when its time has come or when room is needed, the one that ended first before the others; an open one
 * never leaves by itself.
 */
import { assert } from '../base/assert.ts'
import type { Clock, Millis } from '../base/clock.ts'
import type { AgentId, PersonId, RunId } from '../domain/ids.ts'
import { type Party, phaseOf, type TaskRow } from '../domain/task.ts'
import type { TaskChange, TaskMaximums } from './contract.ts'
import type { Journal, Shelf } from './journal.ts'
import { maySee, selfOf } from './owner.ts'
import { type DatedRow, isKeepable, memoMax, readRow, writeRow } from './rows.ts'
import type { Stored } from './shelves.ts'
import { Weights } from './weights.ts'

export interface Entry extends DatedRow {
  readonly no: number
  readonly name: string
  row: TaskRow
  endedAt: Millis | null
}

export interface TableSettings {
  readonly clock: Clock
  readonly maximums: Pick<TaskMaximums, 'tasks' | 'task_snapshot_chars'>
  readonly tasks_ttl_ms: number
}

/** One snapshot may weigh this part of what all may, so that it cannot push out those of everybody. */
const snapshotPart = 1 / 64
/** Open tasks of one agent take this part of all places: an open task never leaves by itself, so nobody may fill them all. */
const openPart = 1 / 2
/** Rows that one sweep lets go of at most. */
const swept_max = 1000

export class TaskTable {
  /** Told of each task that leaves, while its number still stands for it. */
  onGone: (entry: Entry) => void = () => undefined
  /** Rows of the disk that are none. */
  readonly unreadable: number
  readonly #settings: TableSettings
  readonly #shelf: Shelf
  readonly #byName = new Map<string, Entry>()
  readonly #byNo = new Map<number, Entry>()
  readonly #byOwner = new Map<string, Set<Entry>>()
  readonly #byRun = new Map<string, Set<Entry>>()
  /** How many open tasks each agent has. */
  readonly #openOf = new Map<string, number>()
  /** Those that are over, the first that ended first. */
  readonly #over = new Set<Entry>()
  readonly #snapshots: Weights<Entry>

  constructor(settings: TableSettings, journal: Journal, stored: readonly Stored[]) {
    this.#settings = settings
    this.#snapshots = new Weights(settings.maximums.task_snapshot_chars)
    const numbers = stored.map(([no]) => no)
    this.#shelf = journal.open('tasks', numbers, (no) => this.#textOf(no))
    this.unreadable = this.#load(stored)
  }

  get size(): number {
    return this.#byNo.size
  }

  /** Whether every place is taken by a task that is not over. */
  get full(): boolean {
    return this.size >= this.#settings.maximums.tasks && this.#over.size === 0
  }

  find(target: AgentId, taskId: string): Entry | null {
    return this.#byName.get(nameOf(target, taskId)) ?? null
  }

  withNumber(no: number): Entry | null {
    return this.#byNo.get(no) ?? null
  }

  put(row: TaskRow): Promise<boolean> {
    const entry = this.#take(row)
    return entry ? this.#shelf.keep(entry.no) : Promise.resolve(false)
  }

  update(target: AgentId, taskId: string, change: TaskChange): void {
    const entry = this.find(target, taskId)
    if (!entry) return
    this.#set(entry, { ...entry.row, ...change, ...keepable(entry.row, change) })
    this.#shelf.mark(entry.no)
  }

  /** Every open task. */
  *open(): Generator<TaskRow> {
    for (const { row, endedAt } of this.#byNo.values()) if (endedAt === null) yield row
  }

  openIn(run: RunId): readonly TaskRow[] {
    const open = [...(this.#byRun.get(run) ?? [])].filter(({ endedAt }) => endedAt === null)
    const youngestFirst = (a: Entry, b: Entry): number => b.row.createdAt - a.row.createdAt || b.no - a.no
    return open.toSorted(youngestFirst).map(({ row }) => row)
  }

  /** The tasks at that target the party may see, each once. */
  *seenBy(party: Party, target: AgentId): Generator<Entry> {
    const own = this.#byOwner.get(ownerOf(target, party))
    if (own) yield* own
    if (party.run === null) return
    for (const entry of this.#byRun.get(party.run) ?? [])
      if (entry.row.target === target && !own?.has(entry) && maySee(entry.row, party)) yield entry
  }

  sweep(now: Millis): void {
    let left = swept_max
    for (const entry of this.#over) {
      if (left === 0 || (entry.endedAt ?? now) + this.#settings.tasks_ttl_ms > now) return
      this.#remove(entry)
      left -= 1
    }
  }

  /** Everything of that person leaves, also what is not over. */
  forget(person: PersonId): void {
    for (const entry of this.#byNo.values()) if (entry.row.owner.person === person) this.#remove(entry)
  }

  /** The place of a row, made where there is none; null where it may not have one. */
  #take(row: TaskRow): Entry | null {
    if (!fits(row)) return null
    const known = this.find(row.target, row.taskId)
    if (known && selfOf(known.row.owner) === selfOf(row.owner)) return this.#set(known, row)
    // A target that names the open task of one caller to another mixes them up; that of a task that is over counts from anew.
    if (known && known.endedAt === null) return null
    if (known) this.#remove(known)
    return this.#roomy(row) ? this.#add(this.#shelf.next(), row, null) : null
  }

  #roomy({ owner }: TaskRow): boolean {
    if ((this.#openOf.get(owner.agent) ?? 0) >= this.#settings.maximums.tasks * openPart) return false
    if (this.size < this.#settings.maximums.tasks) return true
    const [first] = this.#over
    if (!first) return false
    this.#remove(first)
    return true
  }

  #add(no: number, row: TaskRow, endedAt: Millis | null): Entry {
    const entry: Entry = { no, name: nameOf(row.target, row.taskId), row, endedAt }
    this.#byName.set(entry.name, entry)
    this.#byNo.set(no, entry)
    addTo(this.#byOwner, ownerOf(row.target, row.owner), entry)
    addTo(this.#byRun, row.owner.run, entry)
    if (endedAt === null) this.#countOpen(entry, 1)
    return this.#set(entry, row)
  }

  #set(entry: Entry, row: TaskRow): Entry {
    assert(Number.isFinite(row.createdAt + row.updatedAt), 'the times of a task are those of a clock')
    if (entry.row.owner.run !== row.owner.run) {
      removeFrom(this.#byRun, entry.row.owner.run, entry)
      addTo(this.#byRun, row.owner.run, entry)
    }
    const weight = row.snapshot?.length ?? 0
    const heavy = weight > this.#settings.maximums.task_snapshot_chars * snapshotPart
    entry.row = heavy ? { ...row, snapshot: null } : row
    const over = phaseOf(row.state) === 'terminal'
    if (!over) this.#over.delete(entry)
    else if (!this.#over.has(entry)) this.#over.add(entry)
    if (over !== (entry.endedAt !== null)) this.#countOpen(entry, over ? -1 : 1)
    entry.endedAt = over ? (entry.endedAt ?? this.#settings.clock.now()) : null
    for (const oldest of this.#snapshots.set(entry, heavy ? 0 : weight)) this.#lighten(oldest)
    return entry
  }

  #countOpen({ row: { owner } }: Entry, by: 1 | -1): void {
    const open = (this.#openOf.get(owner.agent) ?? 0) + by
    if (open > 0) this.#openOf.set(owner.agent, open)
    else this.#openOf.delete(owner.agent)
  }

  #lighten(entry: Entry): void {
    entry.row = { ...entry.row, snapshot: null }
    this.#shelf.mark(entry.no)
  }

  #remove(entry: Entry): void {
    this.onGone(entry)
    this.#byName.delete(entry.name)
    this.#byNo.delete(entry.no)
    removeFrom(this.#byOwner, ownerOf(entry.row.target, entry.row.owner), entry)
    removeFrom(this.#byRun, entry.row.owner.run, entry)
    this.#over.delete(entry)
    if (entry.endedAt === null) this.#countOpen(entry, -1)
    this.#snapshots.set(entry, 0)
    this.#shelf.drop(entry.no)
  }

  #textOf(no: number): string | null {
    const entry = this.#byNo.get(no)
    return entry ? writeRow(entry) : null
  }

  /** Open tasks first, so that a table that has become smaller keeps them; answers how many rows are none. */
  #load(stored: readonly Stored[]): number {
    const read = stored.map(([no, text]) => ({ no, dated: readRow(text) }))
    const { clock, maximums, tasks_ttl_ms } = this.#settings
    const expired = clock.now() - tasks_ttl_ms
    const rows = read.flatMap(({ no, dated }) => (dated ? [{ no, ...dated }] : []))
    const open = rows.filter(({ endedAt }) => endedAt === null)
    const over = rows.filter(({ endedAt }) => endedAt !== null && endedAt > expired)
    const byEnd = over.toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    const room = Math.max(0, maximums.tasks - open.length)
    for (const { no, row, endedAt } of [...open, ...byEnd.slice(Math.max(0, byEnd.length - room))])
      this.#add(no, row, endedAt)
    for (const { no } of read) if (!this.#byNo.has(no)) this.#shelf.drop(no)
    return read.filter(({ dated }) => !dated).length
  }
}

function fits({ taskId, contextId, memo }: TaskRow): boolean {
  return isKeepable(taskId) && isKeepable(contextId ?? '') && (memo?.length ?? 0) <= memoMax
}

/** What is too long to keep leaves the row as it was; the rest of the change holds. */
function keepable(row: TaskRow, change: TaskChange): Pick<TaskRow, 'contextId' | 'memo'> {
  const { contextId = row.contextId, memo = row.memo } = change
  return {
    contextId: isKeepable(contextId ?? '') ? contextId : row.contextId,
    memo: (memo?.length ?? 0) <= memoMax ? memo : row.memo,
  }
}

/** No agent's name holds a line break, so no id can look like one of another. */
function nameOf(target: AgentId, taskId: string): string {
  return `${target}\n${taskId}`
}

function ownerOf(target: AgentId, party: Party): string {
  return `${target}\n${selfOf(party)}`
}

function addTo(index: Map<string, Set<Entry>>, key: string | null, entry: Entry): void {
  if (key === null) return
  const entries = index.get(key) ?? new Set()
  index.set(key, entries.add(entry))
}

function removeFrom(index: Map<string, Set<Entry>>, key: string | null, entry: Entry): void {
  if (key === null) return
  const entries = index.get(key)
  entries?.delete(entry)
  if (entries?.size === 0) index.delete(key)
}
