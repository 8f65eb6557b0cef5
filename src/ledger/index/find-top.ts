/** Who is fast, dear or refused just now: agents as callers in a window of time. */
import type { AgentId } from '../../domain/ids.ts'
import { Budget } from './budget.ts'
import { type AskRefused, refuseAsk, type TopAsked, type TopFound, type TopRow } from './contract.ts'
import type { World } from './world.ts'

const window_min = 1000
const window_max = 86_400_000
const limit_max = 1000
const usual_limit = 20
/** Calls after which it is looked whether time is over. */
const look_every = 10_000
const minute_ms = 60_000

interface Sums {
  calls: number
  refused: number
  open: number
  tokens: number
  cost_micros: number
  laps: number
  /** Of each call that ended. */
  readonly times: number[]
}

export function findTop(world: World, { window_ms, now, limit = usual_limit }: TopAsked): TopFound | AskRefused {
  if (!(window_ms >= window_min && window_ms <= window_max))
    return refuseAsk('bad_limit', `the window is ${window_min} to ${window_max} ms`)
  if (!Number.isInteger(limit) || limit < 1 || limit > limit_max)
    return refuseAsk('bad_limit', `a list of agents has 1 to ${limit_max} rows`)
  const from = now - window_ms
  const sums = gather(world, from, now)
  if (!sums) return refuseAsk('too_long', 'there are too many calls in that window; ask for a shorter one')
  const rows = [...sums]
    .map(([agent, sum]) => rowOf(agent, sum, window_ms / minute_ms))
    .toSorted((a, b) => b.cost_micros - a.cost_micros || b.calls - a.calls || (a.agent < b.agent ? -1 : 1))
  return { window_ms, from, to: now, rows: rows.slice(0, limit) }
}

function gather(world: World, from: number, to: number): ReadonlyMap<AgentId, Sums> | null {
  const budget = new Budget(world.clock, world.budget_ms)
  const statement = world.statements.of(
    `SELECT agent, decision, status, tokens, cost_micros, ms, laps FROM hops INDEXED BY hops_at
     WHERE at >= ? AND at < ? AND agent IS NOT NULL`,
  )
  const sums = new Map<AgentId, Sums>()
  let seen = 0
  for (const row of statement.iterate(from, to)) {
    seen += 1
    if (seen % look_every === 0 && budget.isOver) return null
    const agent = row['agent'] as AgentId
    const known = sums.get(agent)
    const sum = known ?? { calls: 0, refused: 0, open: 0, tokens: 0, cost_micros: 0, laps: 0, times: [] }
    if (!known) sums.set(agent, sum)
    if (row['decision'] === 'allow') sum.calls += 1
    else sum.refused += 1
    sum.tokens += Number(row['tokens'])
    sum.cost_micros += Number(row['cost_micros'])
    sum.laps = Math.max(sum.laps, Number(row['laps']))
    if (row['status'] === 'open') sum.open += 1
    else if (row['decision'] === 'allow') sum.times.push(Number(row['ms']))
  }
  return sums
}

function rowOf(agent: AgentId, { times, ...sums }: Sums, minutes: number): TopRow {
  const all = sums.calls + sums.refused
  const sorted = Float64Array.from(times).toSorted()
  return {
    agent,
    ...sums,
    calls_per_minute: sums.calls / minutes,
    tokens_per_minute: sums.tokens / minutes,
    cost_micros_per_minute: sums.cost_micros / minutes,
    deny_share: sums.refused / all,
    p99_ms: sorted.at(Math.ceil(sorted.length * 0.99) - 1) ?? null,
  }
}
