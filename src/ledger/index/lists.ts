/** Lists of runs and of hops, the newest first. What is under way while pages are turned neither moves nor doubles a row. */
import type { Filter } from '../../domain/filter.ts'
import type { HopRow, ListAsked, Page, RunRow } from '../../domain/story.ts'
import { Budget } from './budget.ts'
import { type AskRefused, isAskRefused, refuseAsk } from './contract.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { conditionOf, type FieldTable, hopFields, runFields } from './filter-sql.ts'
import { hopOf, hopSelect, runOf, runSelect } from './rows.ts'
import type { World } from './world.ts'

interface List<Out> {
  readonly listed: 'runs' | 'hops'
  readonly select: string
  readonly fields: FieldTable
  /** Keys that are looked through at once: some 50 ms where nothing fits. */
  readonly span: number
  /** Rows are lists, the key first. */
  readonly rowOf: (row: readonly unknown[]) => Out
}

const limit_max = 1000
const runList: List<RunRow> = { listed: 'runs', select: runSelect, fields: runFields, span: 20_000, rowOf: runOf }
const hopList: List<HopRow> = { listed: 'hops', select: hopSelect, fields: hopFields, span: 200_000, rowOf: hopOf }

export function listRuns(world: World, asked: ListAsked): Page<RunRow> | AskRefused {
  return list(world, runList, asked)
}

export function listHops(world: World, asked: ListAsked): Page<HopRow> | AskRefused {
  return list(world, hopList, asked)
}

/** Where time is over, the page has what was found until then, and the next one goes on from there. */
function list<Out>(world: World, which: List<Out>, { filter, cursor, limit }: ListAsked): Page<Out> | AskRefused {
  const { listed, select, fields, span, rowOf } = which
  if (!Number.isInteger(limit) || limit < 1 || limit > limit_max)
    return refuseAsk('bad_limit', `a page has 1 to ${limit_max} rows`)
  const before = readCursor(listed, cursor)
  if (isAskRefused(before)) return before
  const condition = conditionOf(filter, fields)
  if (isAskRefused(condition)) return condition
  const text = `${select} WHERE n < ? AND n >= ? AND ${condition.text} ORDER BY n DESC LIMIT ?`
  const statement = world.statements.lists(text)
  const budget = new Budget(world.clock, world.budget_ms)
  const oldest = lowest(world, which, filter)
  let end = Math.min(before, highest(world, listed) + 1)
  const rows: (readonly unknown[])[] = []
  while (end > oldest) {
    const start = Math.max(oldest, end - span)
    const found = statement.all(end, start, ...condition.values, limit + 1 - rows.length)
    rows.push(...(found as unknown as (readonly unknown[])[]))
    if (rows.length > limit) {
      const page = rows.slice(0, limit)
      return { rows: page.map((row) => rowOf(row)), next: writeCursor(listed, Number(page.at(-1)?.[0])) }
    }
    end = start
    if (budget.isOver) break
  }
  return { rows: rows.map((row) => rowOf(row)), next: end > oldest ? writeCursor(listed, end) : null }
}

function highest({ statements }: World, listed: string): number {
  return Number(statements.of(`SELECT max(n) AS n FROM ${listed}`).get()?.['n'] ?? 0)
}

/** The smallest key that can fit: for hops since some time, the index of times says it. */
function lowest({ statements }: World, { listed }: List<unknown>, filter: Filter): number {
  const since = listed === 'hops' ? sinceOf(filter) : null
  if (since === null) return Number(statements.of(`SELECT min(n) AS n FROM ${listed}`).get()?.['n'] ?? 1)
  const row = statements.of('SELECT min(n) AS n FROM hops INDEXED BY hops_at WHERE at >= ?').get(since)
  return Number(row?.['n'] ?? Number.MAX_SAFE_INTEGER)
}

/** The latest time before which nothing fits; null where there is none. */
export function sinceOf(filter: Filter): number | null {
  if (filter.kind === 'all') {
    const times = filter.of.map(sinceOf).filter((time) => time !== null)
    return times.length > 0 ? Math.max(...times) : null
  }
  const isSince = filter.kind === 'test' && filter.field === 'since' && filter.test === '>='
  return isSince && typeof filter.value === 'number' ? filter.value : null
}
