/** What work cost, and which agents spend right now, for operators and for those who count the money. */
import type { Filter } from '../domain/filter.ts'
import { asksFor } from '../domain/filterable.ts'
import type { AgentId } from '../domain/ids.ts'
import type { TopFound, TopRow } from '../ledger/index/contract.ts'
import { dayOf } from '../limits/bench.ts'
import type { Road } from '../pipeline/road.ts'
import type { Written } from '../protocol/jsonrpc.ts'
import { type Archive, askIndex, isWritten, withMembers } from './asking.ts'
import { may } from './callers.ts'
import { readDimension, readFilterOf, readWhole } from './parameters.ts'
import { type AdminRequest, forbidden, json, type Route } from './routes.ts'

interface Spending extends Archive {
  readonly road: Road
}

export function spendingRoutes(spending: Spending): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/cost',
      may: 'cost',
      summary: 'What work cost, by agent, team, person, model, tool or run',
      query: ['by', 'filter'],
      answers: 'Cost',
      answer: (request) => cost(spending, request),
    },
    {
      method: 'GET',
      path: '/api/v1/top',
      may: 'cost',
      summary: 'Agents by what they spend a minute',
      query: ['window', 'limit'],
      answers: 'Top',
      answer: (request) => top(spending, request),
    },
  ]
}

/** Fields that tell one person's work from another's. */
const personal = ['person', 'run', 'hop'] as const

async function cost(spending: Spending, { query, caller }: AdminRequest): Promise<Written> {
  const by = readDimension(query)
  if (typeof by !== 'string') return by
  const filter = readFilterOf(query, spending.clock.now())
  if (isWritten(filter)) return filter
  const isPersonal = by === 'person' || by === 'run' || asksFor(filter, personal)
  if (isPersonal && !may(caller, 'look')) return forbidden('look', caller)
  const agents = [...spending.road.snapshot.agents.values()]
  const teams: Record<AgentId, string | null> = {}
  for (const { settings } of by === 'team' ? agents : []) teams[settings.id] = settings.team
  const { since, rest } = splitSince(filter)
  const answer = await askIndex(spending, 'cost', { by, since, filter: rest, teams })
  if (isWritten(answer)) return answer
  return withMembers({ schema: 'weir.cost/v1', by, since, run: null, problems: [] }, answer.text)
}

/** The beginning of a filter that must hold anyway: sums of whole hours are faster to have than sums of calls. */
function splitSince(filter: Filter): { readonly since: number | null; readonly rest: Filter } {
  const of = filter.kind === 'all' ? filter.of : [filter]
  const isSince = (each: Filter): boolean => each.kind === 'test' && each.field === 'since'
  const moments = of.flatMap((each) => (each.kind === 'test' && isSince(each) ? [Number(each.value)] : []))
  const rest = of.filter((each) => !isSince(each))
  const [only] = rest
  return {
    since: moments.length === 0 ? null : Math.max(...moments),
    rest: only && rest.length === 1 ? only : { kind: 'all', of: rest },
  }
}

async function top(spending: Spending, { query }: AdminRequest): Promise<Written> {
  const window = readWhole(query, 'window')
  const limit = readWhole(query, 'limit')
  if (typeof window !== 'number') return window
  if (typeof limit !== 'number') return limit
  const { road, clock } = spending
  const now = clock.now()
  const answer = await askIndex(spending, 'top', { window_ms: window * 1000, now, limit })
  if (isWritten(answer)) return answer
  const found = JSON.parse(answer.text) as TopFound
  const runs = runsByAgent(road)
  const rows = found.rows.map((row) => ({ ...row, runs: runs.get(row.agent) ?? 0, budget: budgetOf(road, row, now) }))
  return json(200, { schema: 'weir.top/v1', ...found, rows })
}

/** Active runs each agent takes part in. */
function runsByAgent({ runs }: Road): ReadonlyMap<AgentId, number> {
  const counts = new Map<AgentId, number>()
  for (const run of runs.list()) {
    if (run.state !== 'active') continue
    for (const agent of run.participants) counts.set(agent, (counts.get(agent) ?? 0) + 1)
  }
  return counts
}

/** Of the budgets of its day, the one that is nearest to its end; null where it has none. */
function budgetOf({ limits, snapshot }: Road, { agent }: TopRow, now: number): object | null {
  const party = snapshot.agents.has(agent) ? limits.agent(agent) : null
  if (!party) return null
  const day = dayOf(now)
  const { cost_micros_per_day, tokens_per_day } = party.limits
  const budgets = [
    cost_micros_per_day && { of: 'cost_micros', account: party.cost, max: cost_micros_per_day.max },
    tokens_per_day && { of: 'tokens', account: party.tokens, max: tokens_per_day.max },
  ].flatMap((budget) => budget ?? [])
  const known = budgets.map(({ of, account, max }) => ({ of, spent: account.spent(day), held: account.held(day), max }))
  return known.toSorted((a, b) => b.held / b.max - a.held / a.max)[0] ?? null
}
