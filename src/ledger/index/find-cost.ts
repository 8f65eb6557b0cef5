/**
 * What work cost, with the same sums as `ledger/cost.ts`. Where the question is about agents, persons, tools or models, whole
 * hours are summed already; everything else, and the rest of an hour, is summed from hops.
 */
import type { CostDimension, CostRow, CostSums } from '../../domain/cost.ts'
import type { Filter, FilterField } from '../../domain/filter.ts'
import { usageKinds } from '../../domain/usage.ts'
import { totalOf } from '../cost.ts'
import { Budget } from './budget.ts'
import { type AskRefused, type CostAsked, type CostFound, isAskRefused, refuseAsk } from './contract.ts'
import { CostRows, type Sums } from './cost-rows.ts'
import { hour_ms } from './drafts.ts'
import { type Condition, conditionOf, hopFields } from './filter-sql.ts'
import { sinceOf } from './lists.ts'
import type { World } from './world.ts'

/** What `spend` can be asked about. */
const summed = new Set<FilterField>(['agent', 'person', 'target', 'kind'])
/** Hops that are summed at once. */
const span = 50_000
const longest = 'there are too many calls to sum up in one answer; narrow them down with since: or until:'

const keys: Readonly<Record<CostDimension, string>> = {
  agent: 'agent',
  team: 'agent',
  person: 'person',
  model: 'model',
  tool: `CASE WHEN target GLOB 'tool:*' THEN substr(target, 6) END`,
  run: '(SELECT id FROM runs WHERE runs.n = run_n)',
}

const plain = ['tokens', 'cost_micros', 'unpriced', ...usageKinds]
const sumsOf = (calls: string, delivered: string, reserved: string): string =>
  [`${calls} AS calls`, `${delivered} AS delivered`, `${reserved} AS reserved`]
    .concat(plain.map((name) => `total(${name}) AS ${name}`))
    .join(', ')

const hopSums = sumsOf('count(*)', `total(source = 'delivered')`, `total(source = 'reserved')`)
const hourSums = sumsOf('total(calls)', 'total(delivered)', 'total(reserved)')
const openSums = 'count(*) AS open, total(held_micros) AS held_micros'

export function findCost(world: World, asked: CostAsked): CostFound | AskRefused {
  const condition = conditionOf(asked.filter, hopFields)
  if (isAskRefused(condition)) return condition
  const since = Math.max(0, asked.since ?? 0, sinceOf(asked.filter) ?? 0)
  const rows = new CostRows(asked)
  const found = new Summing(world, { by: asked.by, condition, rows, budget: new Budget(world.clock, world.budget_ms) })
  world.base.exec('BEGIN')
  try {
    const byHours = asked.by !== 'run' && fieldsOf(asked.filter).every((field) => summed.has(field))
    const inTime = byHours ? found.sumHours(since) : found.sumHops(since, Number.MAX_SAFE_INTEGER)
    if (!inTime) return refuseAsk('too_long', longest)
    found.sumOpen(since)
    const complete = byHours || since > droppedAt(world)
    return { ...split(rows.rows()), complete }
  } finally {
    world.base.exec('COMMIT')
  }
}

function split(rows: readonly CostRow[]): { rows: readonly CostRow[]; total: CostSums } {
  const total = totalOf(rows)
  if (rows.length <= rows_max) return { rows, total }
  const others = { key: 'others', ...totalOf(rows.slice(rows_max - 1)) }
  return { rows: [...rows.slice(0, rows_max - 1), others], total }
}

const rows_max = 10_000

function droppedAt({ statements }: World): number {
  return Number(statements.of('SELECT value FROM meta WHERE key = ?').get('dropped_at')?.['value'] ?? -1)
}

function* fieldsOf(filter: Filter): Generator<FilterField> {
  if (filter.kind === 'test') yield filter.field
  else if (filter.kind === 'not') yield* fieldsOf(filter.of)
  else for (const each of filter.of) yield* fieldsOf(each)
}

interface Asking {
  readonly by: CostDimension
  readonly condition: Condition
  readonly rows: CostRows
  readonly budget: Budget
}

class Summing {
  readonly #world: World
  readonly #asking: Asking

  constructor(world: World, asking: Asking) {
    this.#world = world
    this.#asking = asking
  }

  /** The rest of an hour from its hops, then whole hours. False where time was over. */
  sumHours(since: number): boolean {
    const full = Math.ceil(since / hour_ms) * hour_ms
    if (!this.sumHops(since, full)) return false
    const { by, condition, rows } = this.#asking
    // In this table nobody is an empty text.
    const where = `(SELECT 1 AS n, nullif(agent, '') AS agent, nullif(person, '') AS person, target,
      nullif(model, '') AS model, calls, delivered, reserved, ${plain.join(', ')} FROM spend WHERE hour >= ?)`
    const text = `SELECT ${keys[by]} AS key, ${hourSums} FROM ${where} WHERE ${condition.text} GROUP BY 1`
    for (const row of this.#world.statements.of(text).all(full, ...condition.values)) rows.add(row as unknown as Sums)
    return true
  }

  sumHops(since: number, until: number): boolean {
    const { by, condition, rows, budget } = this.#asking
    const text = `SELECT ${keys[by]} AS key, ${hopSums} FROM hops INDEXED BY hops_at
      WHERE at >= ? AND at < ? AND settled = 1 AND decision = 'allow' AND ${condition.text} GROUP BY 1`
    const statement = this.#world.statements.of(text)
    for (let from = since; from < until;) {
      const to = this.#spanFrom(from, until)
      for (const row of statement.all(from, to, ...condition.values)) rows.add(row as unknown as Sums)
      from = to
      if (budget.isOver && from < until) return false
    }
    return true
  }

  /** Calls whose record is not in the ledger. */
  sumOpen(since: number): void {
    const { by, condition, rows } = this.#asking
    const text = `SELECT ${keys[by]} AS key, ${openSums} FROM hops INDEXED BY hops_unsettled
      WHERE settled = 0 AND at >= ? AND ${condition.text} GROUP BY 1`
    for (const row of this.#world.statements.of(text).all(since, ...condition.values)) rows.add(row as unknown as Sums)
  }

  /** A time up to which there are about as many hops as are summed at once. */
  #spanFrom(from: number, until: number): number {
    const text = 'SELECT at FROM hops INDEXED BY hops_at WHERE at >= ? ORDER BY at LIMIT 1 OFFSET ?'
    const at = this.#world.statements.of(text).get(from, span)?.['at']
    return Math.min(until, at === undefined ? until : Math.max(Number(at), from + 1))
  }
}
