/** Rows of the tables as what they are called outside. */
import type { EdgeRow, HopRow, RunRow, ToldHop } from '../../domain/story.ts'
import { runNames, wordNames } from './schema.ts'

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

/** `n` is the key. A row as a list is read in half the time. */
const toldNames = [
  'n',
  'manner',
  'id',
  'parent',
  'depth',
  'at',
  'cost_micros',
  'unpriced',
  'ms',
  'held_micros',
] as const
const ownNames = [...toldNames, 'seq', 'tokens', 'upstream_ms']
const runId = '(SELECT id FROM runs WHERE runs.n = run_n)'

/** For statements that return lists: all of a hop, its run at the end. */
export const hopSelect = `SELECT ${[...ownNames, ...wordNames].join(', ')}, ${runId} FROM hops`
/** Its key, its manner, and what it has for itself. */
export const ownSelect = `SELECT ${ownNames.join(', ')} FROM hops`
export const toldSelect = `SELECT ${toldNames.join(', ')} FROM hops`
export const wordSelect = `SELECT ${wordNames.join(', ')} FROM hops WHERE n = ?`

export type Words = Pick<HopRow, (typeof wordNames)[number]>

/** Of a list as `wordSelect` gives it. */
export function wordsOf(row: readonly unknown[]): Words {
  const named = Object.fromEntries(wordNames.map((name, place) => [name, row[place]]))
  return { ...named, policies: listOf(named['policies']), shadow: listOf(named['shadow']) } as unknown as Words
}

export function hopOf(row: readonly unknown[]): HopRow {
  return hopWith(row, wordsOf(row.slice(ownNames.length)), row.at(-1))
}

/** Of a list as `ownSelect` gives it. */
export function hopWith(own: readonly unknown[], words: Words, run: unknown): HopRow {
  const { person, dialect } = words
  const more = { seq: own[10], run, person, dialect, tokens: own[11], upstream_ms: own[12] } as unknown as HopRow
  return { ...more, ...toldWith(own, words) }
}

/** Of a list as `toldSelect` gives it. Written out, because of so many. */
export function toldWith(own: readonly unknown[], words: Words): ToldHop {
  return {
    id: own[2],
    parent: own[3],
    origin: words.origin,
    agent: words.agent,
    target: words.target,
    method: words.method,
    depth: own[4],
    at: own[5],
    decision: words.decision,
    status: words.status,
    code: words.code,
    rule: words.rule,
    policies: words.policies,
    pol_hash: words.pol_hash,
    shadow: words.shadow,
    fault: words.fault,
    detail: words.detail,
    cost_micros: own[6],
    unpriced: own[7],
    ms: own[8],
    ...(own[9] !== 0 && { held_micros: own[9] }),
  } as unknown as ToldHop
}

export function edgeOf(row: Row): EdgeRow {
  const { run_n: _, from_agent, to_target, ...rest } = row
  return { from: from_agent, to: to_target, ...rest } as unknown as EdgeRow
}
