/**
 * Everything admission counts against beside the run: one row of the board for each agent and each team, with the
 * limits in force. A reload changes the limits and leaves the counters alone. Persons have rows of their own: people.ts.
 *
 *     agent  longs  0 rate   1..3 tokens   4..6 cost   ints 14 open
 *     team   longs           1..3 tokens   4..6 cost
 *     token  longs  0 rate of the token endpoint
 *     ask    longs  0 rate of questions about tasks
 *     tool   ints   0 open; only tools with a limit have a row
 */
import { intsPerRow, longsPerRow, type Board, type BoardPlan, type Rows, rowsOf } from '../base/board.ts'
import { day_ms, type Millis } from '../base/clock.ts'
import { retryAfterCeiling_ms } from '../domain/denials.ts'
import type { AgentId, PersonId, TeamId } from '../domain/ids.ts'
import type { Spend } from '../domain/spend.ts'
import { Account, longsPerAccount } from './account.ts'
import { Gauge } from './gauge.ts'
import { Grants } from './grants.ts'
import { People, type Person } from './people.ts'
import { runRowsPlan } from './run-cells.ts'
import { Rate } from './rate.ts'
import type { AgentLimits, Limit, LimitMaximums, LimitSettings, TeamLimits } from './settings.ts'

/** The counters of one agent or team. A team has no rate and no gauge of its own: its row leaves them at zero. */
export interface Party<Limits extends TeamLimits = AgentLimits> {
  readonly limits: Limits
  readonly rate: Rate
  readonly open: Gauge
  readonly tokens: Account
  readonly cost: Account
}

export type Team = Party<TeamLimits>

/** A tool that only so many calls may have open, and how many have. */
export interface Tool {
  readonly limit: Limit
  readonly open: Gauge
}

/** A minute's worth of tokens for an agent whose calls have no rate of their own. */
const tokensPerMinute = 6000
/** Questions about tasks an agent may ask for each call it may make: clients poll. */
const asksPerInvoke = 20
const asksPerMinute = 60_000

/** The day in UTC a moment belongs to, counted from the epoch: the period of the day budgets. */
export function dayOf(now: Millis): number {
  return Math.floor(now / day_ms)
}

/** The rows this organ wants on the board. Agents and teams that reloads add need rows too: plan some more. */
export function limitsPlan(
  counts: Readonly<Record<'runs' | 'agents' | 'teams' | 'people' | 'grants' | 'tools', number>>,
): BoardPlan {
  const { runs, agents, teams, people, grants, tools } = counts
  const parties = { 'limits.agents': agents, 'limits.teams': teams, 'limits.tokens': agents, 'limits.asks': agents }
  return {
    ...runRowsPlan(runs),
    ...parties,
    'limits.people': people,
    'limits.grants': grants,
    'limits.tools': tools,
  }
}

export class Bench {
  readonly maximums: LimitMaximums
  /** What was spent under the ceilings of tokens. */
  readonly grants: Grants
  readonly #agentRows: Rows
  readonly #teamRows: Rows
  readonly #tokenRates: RateRows
  readonly #askRates: RateRows
  readonly #agents = new Map<AgentId, Changing<Party>>()
  readonly #teams = new Map<TeamId, Changing<Team>>()
  readonly #toolRows: Rows
  readonly #tools = new Map<string, Gauge>()
  readonly #people: People
  #settings: LimitSettings

  constructor(board: Board, settings: LimitSettings, maximums: LimitMaximums) {
    this.#agentRows = rowsOf(board, 'limits.agents')
    this.#teamRows = rowsOf(board, 'limits.teams')
    this.#toolRows = rowsOf(board, 'limits.tools')
    this.#tokenRates = new RateRows(rowsOf(board, 'limits.tokens'))
    this.#askRates = new RateRows(rowsOf(board, 'limits.asks'))
    this.grants = new Grants(board)
    this.#people = new People(rowsOf(board, 'limits.people'), settings)
    this.#settings = settings
    this.maximums = maximums
  }

  get settings(): LimitSettings {
    return this.#settings
  }

  /** Puts other limits in force, from the next call on. */
  use(settings: LimitSettings): void {
    this.#settings = settings
    for (const [id, party] of this.#agents) party.limits = settings.agents.get(id) ?? settings.agent
    for (const [id, team] of this.#teams) team.limits = settings.teams.get(id) ?? settings.team
    this.#people.use(settings)
  }

  /** The counters of an agent; null if the board has no row left for one more. */
  agent(id: AgentId): Party | null {
    const known = this.#agents.get(id)
    if (known) return known
    const row = this.#agents.size
    if (row >= this.#agentRows.count) return null
    const party = { ...cellsOf(this.#agentRows, row), limits: this.#settings.agents.get(id) ?? this.#settings.agent }
    this.#agents.set(id, party)
    return party
  }

  /** The counters of a team; null if the board has no row left for one more. */
  team(id: TeamId): Team | null {
    const known = this.#teams.get(id)
    if (known) return known
    const row = this.#teams.size
    if (row >= this.#teamRows.count) return null
    const team = { ...cellsOf(this.#teamRows, row), limits: this.#settings.teams.get(id) ?? this.#settings.team }
    this.#teams.set(id, team)
    return team
  }

  /** The counters of a person; `free` for one without limits, null if the board has no row left for one more. */
  person(id: PersonId, now: Millis): Person | 'free' | null {
    return this.#people.of(id, dayOf(now))
  }

  /** The limit on a target and its counter; `free` for one without a limit, null if the board has no row left for one more. */
  tool(target: string): Tool | 'free' | null {
    const limit = this.#settings.tools.get(target)
    if (!limit) return 'free'
    const known = this.#tools.get(target)
    if (known) return { limit, open: known }
    const row = this.#tools.size
    if (row >= this.#toolRows.count) return null
    const open = new Gauge(this.#toolRows.ints, row * intsPerRow)
    this.#tools.set(target, open)
    return { limit, open }
  }

  /**
   * Lets the agent ask for one token and returns 0, or returns the milliseconds to wait. It may ask as often as it may
   * call, by a count of its own: a token asked for is no call made.
   */
  takeToken(id: AgentId, now: Millis): number {
    const own = (this.#settings.agents.get(id) ?? this.#settings.agent).invokes_per_minute
    const perMinute = own?.mode === 'enforce' ? own.max : tokensPerMinute
    return this.#tokenRates.of(id)?.take(perMinute, own?.burst ?? perMinute, now) ?? retryAfterCeiling_ms
  }

  /** Lets the agent ask once about a task and returns 0, or returns the milliseconds to wait; by a count of its own. */
  takeAsk(id: AgentId, now: Millis): number {
    const own = (this.#settings.agents.get(id) ?? this.#settings.agent).invokes_per_minute
    const perMinute = own?.mode === 'enforce' ? own.max * asksPerInvoke : asksPerMinute
    return this.#askRates.of(id)?.take(perMinute, perMinute, now) ?? retryAfterCeiling_ms
  }

  /** Puts back what an agent, a team or a person had spent today before a restart. */
  restore(party: Pick<Team, 'tokens' | 'cost'> | null, spent: Spend, now: Millis): void {
    party?.tokens.restore(spent.tokens, dayOf(now))
    party?.cost.restore(spent.cost_micros, dayOf(now))
  }
}

/** One rate for each agent, on rows of their own. */
class RateRows {
  readonly #rows: Rows
  readonly #rates = new Map<AgentId, Rate>()

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** Null if the board has no row left for one more. */
  of(id: AgentId): Rate | null {
    const known = this.#rates.get(id)
    if (known) return known
    const row = this.#rates.size
    if (row >= this.#rows.count) return null
    const rate = new Rate(this.#rows.longs, row * longsPerRow)
    this.#rates.set(id, rate)
    return rate
  }
}

type Changing<Of extends Team> = Omit<Of, 'limits'> & { limits: Of['limits'] }

function cellsOf(rows: Rows, row: number): Omit<Party, 'limits'> {
  const long = row * longsPerRow
  return {
    rate: new Rate(rows.longs, long),
    open: new Gauge(rows.ints, row * intsPerRow + 14),
    tokens: new Account(rows.longs, long + 1),
    cost: new Account(rows.longs, long + 1 + longsPerAccount),
  }
}
