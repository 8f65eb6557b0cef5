/**
 * What work cost, summed from records: by agent, team, person, model, tool or run. Sums are of whole micro-dollars, so every
 * way to look at the same records comes to the same total. What nobody knows the price of is counted beside the sum.
 */
import type { Millis } from '../base/clock.ts'
import { byCost, costCounts, type CostDimension, type CostRow, type CostSums } from '../domain/cost.ts'
import type { AgentId, HopId } from '../domain/ids.ts'
import type { CallRecord, IntentEntry, LedgerEntry } from '../domain/record.ts'
import { type Usage, usageKinds } from '../domain/usage.ts'

export interface CostOptions {
  /** Who pays for an agent today: records do not say it. */
  readonly teamOf?: (agent: AgentId) => string | null
  /** Calls before that count for nothing. */
  readonly since?: Millis
}

type Changing<T> = { -readonly [Name in keyof T]: T[Name] }
type Sums = Changing<Omit<CostSums, 'usage'>> & { usage: Changing<Required<Usage>> }

/** Rows of one report; more keys than these are summed in a row of their own. */
const rows_max = 100_000
const otherKeys = 'others'

/** Sums up as entries come by; what is held grows with rows, and with calls that are under way. */
export class CostTally {
  readonly #keyOf: (entry: CallRecord | IntentEntry) => string | null | undefined
  readonly #since: Millis
  readonly #rows = new Map<string | null, Sums>()
  /** Calls let through whose record has not come by yet. */
  readonly #open = new Map<HopId, IntentEntry>()

  constructor(dimension: CostDimension, options: CostOptions = {}) {
    this.#keyOf = keysOf(options)[dimension]
    this.#since = options.since ?? 0
  }

  add(entry: LedgerEntry): void {
    if (entry.kind === 'intent' && entry.ts >= this.#since) this.#open.set(entry.rid, entry)
    if (entry.kind !== 'call') return
    this.#open.delete(entry.rid)
    if (entry.decision === 'allow' && entry.ts >= this.#since) this.#take(entry)
  }

  /** The dearest first; calls under way where they are. */
  rows(): readonly CostRow[] {
    const rows = new Map([...this.#rows].map(([key, sums]) => [key, copyOf(sums)] as const))
    for (const intent of this.#open.values()) {
      const sums = rowAt(rows, this.#keyOf(intent))
      if (!sums) continue
      sums.open += 1
      sums.held_micros += intent.reserved.cost_micros
    }
    return [...rows].map(([key, sums]): CostRow => ({ key, ...sums })).toSorted(byCost)
  }

  #take(record: CallRecord): void {
    const sums = rowAt(this.#rows, this.#keyOf(record))
    if (!sums) return
    const { spent, metered } = record.outcome
    sums.calls += 1
    sums.tokens += spent.tokens
    sums.cost_micros += spent.cost_micros
    sums.unpriced += spent.unpriced ?? 0
    if (!metered) return
    if (metered.lost !== undefined) sums.reserved += 1
    else if (metered.source !== 'provider') sums[metered.source] += 1
    addUsage(sums, metered.usage)
  }
}

/** All of it at once; `records` in the order of the ledger. */
export function costBy(
  records: Iterable<LedgerEntry>,
  dimension: CostDimension,
  options: CostOptions = {},
): readonly CostRow[] {
  const tally = new CostTally(dimension, options)
  for (const record of records) tally.add(record)
  return tally.rows()
}

export function totalOf(rows: readonly CostSums[]): CostSums {
  const total = nothing()
  for (const row of rows) {
    for (const name of costCounts) total[name] += row[name]
    addUsage(total, row.usage)
  }
  return total
}

function addUsage({ usage }: Sums, more: Usage): void {
  for (const kind of usageKinds) usage[kind] += more[kind] ?? 0
}

/** Undefined for what has no place in that dimension: a call of an agent is no call of a model. */
function keysOf({
  teamOf = () => null,
}: CostOptions): Record<CostDimension, (entry: CallRecord | IntentEntry) => string | null | undefined> {
  return {
    agent: ({ agent }) => agent,
    team: ({ agent }) => agent && teamOf(agent),
    person: ({ human = null }) => human,
    model: (entry) => (entry.kind === 'call' ? entry.outcome.metered?.model : undefined) ?? targetOf(entry, 'model:'),
    tool: (entry) => targetOf(entry, 'tool:'),
    run: ({ run }) => run,
  }
}

function targetOf({ target }: CallRecord | IntentEntry, kind: string): string | undefined {
  return target.startsWith(kind) ? target.slice(kind.length) : undefined
}

function rowAt(rows: Map<string | null, Sums>, key: string | null | undefined): Sums | null {
  if (key === undefined) return null
  const known = rows.get(key)
  if (known) return known
  if (rows.size >= rows_max) return key === otherKeys ? addRow(rows, key) : rowAt(rows, otherKeys)
  return addRow(rows, key)
}

function addRow(rows: Map<string | null, Sums>, key: string | null): Sums {
  const sums = nothing()
  rows.set(key, sums)
  return sums
}

function nothing(): Sums {
  const spent = { calls: 0, tokens: 0, cost_micros: 0, unpriced: 0, delivered: 0, reserved: 0, open: 0, held_micros: 0 }
  const read = { input_tokens: 0, cached_tokens: 0, cache_write_tokens: 0, cache_write_1h_tokens: 0 }
  return { ...spent, usage: { ...read, output_tokens: 0, reasoning_tokens: 0 } }
}

function copyOf(sums: Sums): Sums {
  return { ...sums, usage: { ...sums.usage } }
}
