/**
 * Writes entries into the index. All that a batch adds and how far it went stand in one transaction, so that after any end
 * of the process the index goes on exactly where it was. What is kept in memory between batches is nothing but statements.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Millis } from '../../base/clock.ts'
import type { HopId, RunId } from '../../domain/ids.ts'
import type { CallRecord, IntentEntry, LedgerEntry, RunEntry } from '../../domain/record.ts'
import type { Placed } from '../follow.ts'
import type { Place } from '../tail.ts'
import {
  amount,
  diedDetail,
  type EdgeDraft,
  hour_ms,
  type HopDraft,
  intentHop,
  newRun,
  recordHop,
  type RunDraft,
} from './drafts.ts'
import { type Found, type Pen, spendValues } from './pen.ts'
import { placeOf } from './stand.ts'

interface HeldHop {
  readonly draft: HopDraft
  readonly run: RunId | null
}

export class Book {
  readonly #base: DatabaseSync
  readonly #pen: Pen
  readonly #runs = new Map<RunId, RunDraft>()
  /** By the number of its first entry. */
  readonly #hops = new Map<number, HeldHop>()
  readonly #byId = new Map<HopId, number>()
  readonly #edges = new Map<string, EdgeDraft>()
  readonly #spend = new Map<string, (string | number)[]>()

  constructor(base: DatabaseSync, pen: Pen) {
    this.#base = base
    this.#pen = pen
  }

  /** Number of the last entry that is in the index. */
  get seq(): number {
    return this.#pen.stands.seq
  }

  /** Where that ends in its file; null where it is not known. */
  get place(): Place | null {
    return placeOf(this.#pen.stands)
  }

  /** The process that wrote it. */
  get boot(): string {
    return this.#pen.stands.boot
  }

  /** Takes entries that follow on `seq`, all or, where it throws, none; those that are in it already are passed over. */
  take(batch: readonly Placed[]): void {
    const news = batch.filter(({ seq }) => seq > this.seq)
    const last = news.at(-1)
    if (!last) return
    this.#base.exec('BEGIN IMMEDIATE')
    try {
      for (const { seq, entry } of news) this.#takeOne(seq, entry)
      this.#flush()
      this.#pen.stand(last)
      this.#base.exec('COMMIT')
      this.#pen.stood()
    } catch (error) {
      this.#forget()
      this.#undo()
      throw error
    }
  }

  /** Entries up to there are gone for good; what was open then never ends. */
  skip(to: number): void {
    if (to <= this.seq) return
    this.#base.exec('BEGIN IMMEDIATE')
    try {
      this.#pen.stand({ seq: to, boot: this.boot })
      this.#base.exec('COMMIT')
      this.#pen.stood()
    } catch (error) {
      this.#undo()
      throw error
    }
  }

  #undo(): void {
    try {
      this.#base.exec('ROLLBACK')
    } catch {
      // SQLite has done so by itself; what it says first is what matters.
    }
    this.#pen.reread()
  }

  #takeOne(seq: number, entry: LedgerEntry): void {
    if (entry.kind === 'run') this.#takeRun(seq, entry)
    else if (entry.kind === 'intent') this.#takeIntent(seq, entry)
    else if (entry.kind === 'call') this.#takeCall(seq, entry)
    else if (entry.kind === 'boot') this.#takeBoot(entry.ts)
    else if ('run' in entry && entry.run !== null) this.#touch(seq, entry.run, entry.ts)
  }

  #takeRun(seq: number, entry: RunEntry): void {
    const run = this.#runAt(seq, entry.run, { ts: entry.ts, root: entry.root, person: entry.human })
    run.root = entry.root
    run.person = entry.human
    run.ends_at = entry.ends_at
    if (run.state !== 'active') return
    if (entry.event === 'ended') run.state = 'ended'
    if (entry.event !== 'halted') return
    run.state = 'halted'
    run.halt = entry
  }

  #takeIntent(seq: number, entry: IntentEntry): void {
    if (this.#find(entry.rid)) return
    const { agent, target, depth, ts, human = null } = entry
    const run = this.#runAt(seq, entry.run, { ts, root: agent, person: human })
    run.calls += 1
    run.open += 1
    run.held_micros += amount(entry.reserved.cost_micros)
    run.depth_max = Math.max(run.depth_max, depth)
    const edge = this.#edgeAt(entry.run, { from: agent, to: target, depth, ts })
    edge.calls += 1
    this.#hold(seq, intentHop(seq, entry), entry.run)
  }

  #takeCall(seq: number, record: CallRecord): void {
    const begun = this.#find(record.rid)
    if (begun?.settled) return
    const hop = recordHop(seq, record)
    if (begun?.written) this.#pen.settle(begun.n, hop)
    else this.#hold(begun?.n ?? seq, hop, record.run)
    this.#sumRun(seq, record, begun)
    this.#sumEdge(record, begun)
    if (record.decision === 'allow') this.#sumSpend(hop)
  }

  #sumRun(seq: number, record: CallRecord, begun: Found | null): void {
    if (record.run === null) return
    const { agent, chain, ts, human, outcome } = record
    const run = this.#runAt(seq, record.run, { ts, root: chain[0] ?? agent ?? '', person: human })
    run.depth_max = Math.max(run.depth_max, record.depth)
    run.laps = Math.max(run.laps, record.asked?.laps ?? 0)
    run.tokens += amount(outcome.spent.tokens)
    run.cost_micros += amount(outcome.spent.cost_micros)
    run.unpriced += amount(outcome.spent.unpriced ?? 0)
    if (record.decision === 'deny') run.refused += 1
    if (!begun) run.calls += record.decision === 'allow' ? 1 : 0
    else {
      // An admitted call that did not leave after all is no call.
      if (record.decision === 'deny') run.calls -= 1
      if (begun.status === 'open') run.open -= 1
      run.held_micros -= begun.held_micros
    }
  }

  #sumEdge(record: CallRecord, begun: Found | null): void {
    const { agent, target, depth, ts, outcome, decision } = record
    if (record.run === null || agent === null) return
    const edge = this.#edgeAt(record.run, { from: agent, to: target, depth, ts })
    edge.tokens += amount(outcome.spent.tokens)
    edge.cost_micros += amount(outcome.spent.cost_micros)
    if (decision === 'deny') edge.refused += 1
    if (decision === 'allow' && !begun) edge.calls += 1
    if (decision === 'deny' && begun) edge.calls -= 1
  }

  #sumSpend(hop: HopDraft): void {
    const hour = Math.floor(Number(hop['at']) / hour_ms) * hour_ms
    const key = [hour, hop['agent'] ?? '', hop['person'] ?? '', hop['target'] ?? '', hop['model'] ?? '']
    const name = JSON.stringify(key)
    const values = spendValues(hop)
    const sums = this.#spend.get(name)
    if (sums) values.forEach((value, place) => (sums[key.length + place] = Number(sums[key.length + place]) + value))
    else this.#spend.set(name, [...key, ...values])
  }

  /** What is still open was begun by a process that is gone. */
  #takeBoot(ts: Millis): void {
    this.#flush()
    this.#pen.abortOpen(diedDetail)
    this.#pen.endRuns(ts)
  }

  #touch(seq: number, id: RunId, ts: number): void {
    const run = this.#runs.get(id)
    if (!run) return this.#pen.touchRun(id, ts, seq)
    run.last_at = Math.max(run.last_at, ts)
    run.seq_last = seq
  }

  #hold(n: number, draft: HopDraft, run: RunId | null): void {
    this.#hops.set(n, { draft, run })
    this.#byId.set(draft['id'] as HopId, n)
  }

  /** The hop as it is known, in this batch or before. */
  #find(id: HopId): Found | null {
    const n = this.#byId.get(id)
    const held = n === undefined ? undefined : this.#hops.get(n)
    if (n === undefined || !held) return this.#pen.findHop(id)
    const { status, settled, held_micros } = held.draft
    return { n, status: String(status), settled: settled === 1, held_micros: Number(held_micros), written: false }
  }

  #runAt(seq: number, id: RunId, begun: Omit<Parameters<typeof newRun>[1], 'seq'>): RunDraft {
    const known = this.#runs.get(id)
    const run = known ?? newRun(id, { seq, ...begun })
    if (!known) this.#runs.set(id, run)
    run.last_at = Math.max(run.last_at, begun.ts)
    run.seq_last = seq
    return run
  }

  #edgeAt(run: RunId, { from, to, depth, ts }: Pick<EdgeDraft, 'from' | 'to'> & { depth: number; ts: number }) {
    const key = `${run}>${from}>${to}`
    const known = this.#edges.get(key)
    const nothing = { calls: 0, refused: 0, tokens: 0, cost_micros: 0, depth_min: depth, depth_max: depth }
    const edge: EdgeDraft = known ?? { run, from, to, ...nothing, first_at: ts, last_at: ts }
    if (!known) this.#edges.set(key, edge)
    edge.depth_min = Math.min(edge.depth_min, depth)
    edge.depth_max = Math.max(edge.depth_max, depth)
    edge.first_at = Math.min(edge.first_at, ts)
    edge.last_at = Math.max(edge.last_at, ts)
    return edge
  }

  #flush(): void {
    const numbers = new Map<RunId, number>()
    for (const run of this.#runs.values()) numbers.set(run.id, this.#pen.putRun(run))
    for (const [n, { draft, run }] of this.#hops) this.#pen.putHop(n, (run && numbers.get(run)) ?? null, draft)
    for (const edge of this.#edges.values()) this.#pen.putEdge(numbers.get(edge.run) ?? 0, edge)
    for (const row of this.#spend.values()) this.#pen.putSpend(row)
    this.#forget()
  }

  #forget(): void {
    for (const held of [this.#runs, this.#hops, this.#byId, this.#edges, this.#spend]) held.clear()
  }
}
