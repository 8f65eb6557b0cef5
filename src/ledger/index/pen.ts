/** The statements with which the index is written, each prepared once. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { HopId, RunId } from '../../domain/ids.ts'
import { usageKinds } from '../../domain/usage.ts'
import type { EdgeDraft, HopDraft, RunDraft, Value } from './drafts.ts'
import { hopColumns, runNames, wordNames } from './schema.ts'
import { nowhere, type Stand, standOf } from './stand.ts'

/** A hop that the index has, as far as its record changes it. */
export interface Found {
  readonly n: number
  readonly status: string
  readonly settled: boolean
  readonly held_micros: number
  /** Whether it stands in the table, and not only in the batch. */
  readonly written: boolean
}

/** Columns of a hop that its entries say. */
const said = hopColumns
  .map((column) => column.split(' ')[0] ?? '')
  .filter((name) => name !== 'n' && name !== 'run_n' && name !== 'manner')

const spendSums = ['calls', 'tokens', 'cost_micros', 'unpriced', 'delivered', 'reserved', ...usageKinds] as const

/** What one call adds to the sums of `spend`, in the order of its columns. */
export function spendValues(hop: HopDraft): readonly number[] {
  const { tokens, cost_micros, unpriced, source } = hop
  const sums = [1, tokens, cost_micros, unpriced, source === 'delivered' ? 1 : 0, source === 'reserved' ? 1 : 0]
  return [...sums, ...usageKinds.map((kind) => hop[kind])].map(Number)
}

const added = ['calls', 'refused', 'open', 'tokens', 'cost_micros', 'unpriced', 'held_micros'] as const
const kept = ['halt_code', 'halt_reason', 'halt_actor', 'halt_at'] as const

const runText = `INSERT INTO runs (${runNames.join(', ')}) VALUES (${runNames.map(() => '?').join(', ')})
  ON CONFLICT (id) DO UPDATE SET
    ${added.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
    ${kept.map((name) => `${name} = CASE WHEN state = 'active' THEN excluded.${name} ELSE ${name} END`).join(', ')},
    state = CASE WHEN state = 'active' THEN excluded.state ELSE state END,
    root = CASE WHEN excluded.ends_at > 0 THEN excluded.root ELSE root END,
    person = CASE WHEN excluded.ends_at > 0 THEN excluded.person ELSE person END,
    ends_at = CASE WHEN excluded.ends_at > 0 THEN excluded.ends_at ELSE ends_at END,
    depth_max = max(depth_max, excluded.depth_max), laps = max(laps, excluded.laps),
    last_at = max(last_at, excluded.last_at), seq_last = max(seq_last, excluded.seq_last)
  RETURNING n`

const edgeText = `INSERT INTO edges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, refused = refused + excluded.refused,
    tokens = tokens + excluded.tokens, cost_micros = cost_micros + excluded.cost_micros,
    depth_min = min(depth_min, excluded.depth_min), depth_max = max(depth_max, excluded.depth_max),
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)`

const spendText = `INSERT INTO spend VALUES (?, ?, ?, ?, ?, ${spendSums.map(() => '?').join(', ')})
  ON CONFLICT DO UPDATE SET ${spendSums.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`

const texts = {
  putRun: runText,
  touchRun: 'UPDATE runs SET last_at = max(last_at, ?), seq_last = max(seq_last, ?) WHERE id = ?',
  endRuns: `UPDATE runs SET state = 'ended' WHERE state = 'active' AND ends_at <= ?`,
  findHop: 'SELECT n, status, settled, held_micros FROM hops WHERE id = ? ORDER BY n DESC LIMIT 1',
  putHop: `INSERT INTO hops (n, run_n, manner, ${said.join(', ')}) VALUES (?, ?, ?, ${said.map(() => '?').join(', ')})`,
  settle: `UPDATE hops SET manner = ?, ${said.map((name) => `${name} = ?`).join(', ')} WHERE n = ?`,
  closeOpen: `UPDATE runs SET open = 0 WHERE n IN (SELECT run_n FROM hops WHERE settled = 0 AND status = 'open')`,
  abortOpen: `UPDATE hops SET status = 'aborted', detail = ?, manner = -n WHERE settled = 0 AND status = 'open'`,
  putEdge: edgeText,
  putSpend: spendText,
  putMeta: 'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
} as const

/** Manners that are remembered; past that they get new numbers. */
const manners_max = 4096

type Statements = { readonly [Name in keyof typeof texts]: StatementSync }

export class Pen {
  readonly #base: DatabaseSync
  readonly #statements: Statements
  #stand: Stand = nowhere
  #next: Stand = nowhere
  /** By the words of a hop as JSON. */
  readonly #manners = new Map<string, number>()

  constructor(base: DatabaseSync) {
    this.#base = base
    const entries = Object.entries(texts).map(([name, text]) => [name, base.prepare(text)] as const)
    this.#statements = Object.fromEntries(entries) as Statements
    this.reread()
  }

  get stands(): Stand {
    return this.#stand
  }

  /** How far the table says it is. */
  reread(): void {
    this.#stand = standOf(this.#base)
  }

  stand({ seq, boot, end = 0 }: Partial<Stand> & Pick<Stand, 'seq' | 'boot'>): void {
    this.#next = { seq, boot, end }
    for (const [key, value] of Object.entries(this.#next)) this.#statements.putMeta.run(key, String(value))
  }

  /** The transaction of the last `stand` holds. */
  stood(): void {
    this.#stand = this.#next
  }

  /** Returns the number of the run. */
  putRun(run: RunDraft): number {
    const { halt } = run
    const row = this.#statements.putRun.get(
      run.id,
      run.state,
      run.root,
      run.person,
      run.started_at,
      run.last_at,
      run.ends_at,
      run.calls,
      run.refused,
      run.open,
      run.depth_max,
      run.laps,
      run.tokens,
      run.cost_micros,
      run.unpriced,
      run.held_micros,
      halt && (halt.code ?? 'operator'),
      halt && (halt.reason ?? ''),
      halt && (halt.actor ?? 'weir'),
      halt && halt.ts,
      run.seq_first,
      run.seq_last,
    )
    return Number(row?.['n'])
  }

  touchRun(id: RunId, at: number, seq: number): void {
    this.#statements.touchRun.run(at, seq, id)
  }

  endRuns(before: number): void {
    this.#statements.endRuns.run(before)
  }

  findHop(id: HopId): Found | null {
    const row = this.#statements.findHop.get(id)
    if (!row) return null
    const { n, status, settled, held_micros } = row
    return {
      n: Number(n),
      status: String(status),
      settled: settled === 1,
      held_micros: Number(held_micros),
      written: true,
    }
  }

  putHop(n: number, run: number | null, hop: HopDraft): void {
    this.#statements.putHop.run(n, run, this.#mannerOf(hop), ...valuesOf(hop))
  }

  settle(n: number, hop: HopDraft): void {
    this.#statements.settle.run(this.#mannerOf(hop), ...valuesOf(hop), n)
  }

  abortOpen(detail: string): void {
    this.#statements.closeOpen.run()
    this.#statements.abortOpen.run(detail)
  }

  putEdge(run: number, edge: EdgeDraft): void {
    const { from, to, calls, refused, tokens, cost_micros, depth_min, depth_max, first_at, last_at } = edge
    const sums = [calls, refused, tokens, cost_micros, depth_min, depth_max]
    this.#statements.putEdge.run(run, from, to, ...sums, first_at, last_at)
  }

  putSpend(row: readonly (string | number)[]): void {
    this.#statements.putSpend.run(...row)
  }

  /** The number of the entry that was the first to say these words, which no other words can have. */
  #mannerOf(hop: HopDraft): number {
    const words = JSON.stringify(wordNames.map((name) => hop[name]))
    const known = this.#manners.get(words)
    if (known !== undefined) return known
    if (this.#manners.size >= manners_max) this.#manners.clear()
    const manner = Number(hop['seq'])
    this.#manners.set(words, manner)
    return manner
  }
}

function valuesOf(hop: HopDraft): Value[] {
  return said.map((name) => hop[name] ?? null)
}
