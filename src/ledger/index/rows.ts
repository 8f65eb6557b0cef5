/** Rows of the tables as what they are called outside. */
import type { EdgeRow, HopRow, RunRow } from '../../domain/story.ts'
import { runNames } from './schema.ts'

type Row = Readonly<Record<string, unknown>>

/** The key first; the list ends in what was dropped. Laps are for filters only. */
const runPlaces = ['n', ...runNames.filter((name) => name !== 'laps'), 'hops_dropped']
export const runSelect = `SELECT ${runPlaces.join(', ')} FROM runs`

/** Of a row as a list. */
export function runOf(row: readonly unknown[]): RunRow {
  const named = Object.fromEntries(runPlaces.map((name, place) => [name, row[place]]))
  const {
    n: _n,
    hops_dropped: _d,
    halt_code: code,
    halt_reason: reason,
    halt_actor: actor,
    halt_at: at,
    ...rest
  } = named
  // Where the beginning is no longer known, neither is the end that was planned.
  const ends_at = rest['ends_at'] === 0 ? rest['last_at'] : rest['ends_at']
  return { ...rest, ends_at, halt: code === null ? null : { code, reason, actor, at } } as unknown as RunRow
}

/** Lists are few and long calls many: what was read once is not read again. */
const lists = new Map<string, readonly string[]>()
const lists_max = 4096

function listOf(text: unknown): readonly string[] {
  const key = String(text)
  const known = lists.get(key)
  if (known) return known
  const list = JSON.parse(key) as readonly string[]
  if (lists.size >= lists_max) lists.clear()
  lists.set(key, list)
  return list
}

/** `n` is the key; the list of what is not needed outside is long, and a row as a list is read in half the time. */
const hopNames = [
  'n',
  'seq',
  'id',
  'parent',
  'origin',
  'agent',
  'person',
  'target',
  'method',
  'dialect',
  'depth',
  'at',
  'decision',
  'status',
  'code',
  'rule',
  'policies',
  'pol_hash',
  'shadow',
  'fault',
  'detail',
  'tokens',
  'cost_micros',
  'unpriced',
  'ms',
  'upstream_ms',
  'held_micros',
]
const runId = '(SELECT id FROM runs WHERE runs.n = run_n)'

/** For statements that return lists; without the run where that is known. */
export const hopSelect = `SELECT ${hopNames.join(', ')}, ${runId} FROM hops`
export const runHopSelect = `SELECT ${hopNames.join(', ')} FROM hops`

/** Written out, because a run may have a hundred thousand. */
export function hopOf(row: readonly unknown[], run: unknown = row[hopNames.length]): HopRow {
  return {
    seq: row[1],
    id: row[2],
    run,
    parent: row[3],
    origin: row[4],
    agent: row[5],
    person: row[6],
    target: row[7],
    method: row[8],
    dialect: row[9],
    depth: row[10],
    at: row[11],
    decision: row[12],
    status: row[13],
    code: row[14],
    rule: row[15],
    policies: listOf(row[16]),
    pol_hash: row[17],
    shadow: listOf(row[18]),
    fault: row[19],
    detail: row[20],
    tokens: row[21],
    cost_micros: row[22],
    unpriced: row[23],
    ms: row[24],
    upstream_ms: row[25],
    ...(row[26] !== 0 && { held_micros: row[26] }),
  } as unknown as HopRow
}

export function edgeOf(row: Row): EdgeRow {
  const { run_n: _, from_agent, to_target, ...rest } = row
  return { from: from_agent, to: to_target, ...rest } as unknown as EdgeRow
}
