/**
 * Every limit as one row of one table, in the order in which a call is held against them: first what halts a run, then
 * what is counted, then what is paid, and the rate last, because a token of a rate cannot be given back once time has
 * moved on. A row says where its ceiling is set, how to take, and how to give back.
 */
import type { Millis } from '../base/clock.ts'
import type { DenialCode } from '../domain/denials.ts'
import type { Cycle } from '../domain/run-graph.ts'
import type { Spend } from '../domain/spend.ts'
import type { Account } from './account.ts'
import type { Party, Team, Tool } from './bench.ts'
import { type HopStart, type LiveRun, runPeriod } from './live-run.ts'
import type { Gauge } from './gauge.ts'
import type { Person } from './people.ts'
import { type Grant, notGoneUnder, reserveUnder, settleUnder, tightest } from './grants.ts'
import type { Limit, RateLimit, RunLimits } from './settings.ts'

/** A call while it is held against the limits, and then what it took of them. */
export interface Seat {
  readonly run: LiveRun
  readonly agent: Party
  readonly team: Team | null
  /** Null where nobody is behind the run, or one without limits. */
  readonly person: Person | null
  /** Null for a target without a limit of its own. */
  readonly tool: Tool | null
  /** The ceilings of the tokens behind the call. */
  readonly grants: readonly Grant[]
  readonly limits: RunLimits
  readonly hop: HopStart
  readonly cycle: Cycle | null
  /** Of a call that can do with less: what it makes of what is left, known once it comes to what is paid. */
  price: Spend
  /** Whether it costs its price; one that can do with less reserves the most and gives back the rest. */
  readonly firm: boolean
  readonly now: Millis
  readonly day: number
  /** The period in which each day budget was booked, by the slot of its row. */
  readonly booked: number[]
  /** How long the rate asks to wait. */
  wait_ms: number
}

export interface Step {
  /** The name of the limit in records, denials and the configuration. */
  readonly rule: string
  readonly code: DenialCode
  limit(seat: Seat): Limit | undefined
  /** Takes what the call needs if that stays within `max`; Infinity always fits. A step that refuses has taken nothing. */
  take(seat: Seat, max: number): boolean
  /** Gives back what was taken, because a later step refused. */
  undo(seat: Seat): void
  /** The hop is over and has spent this. */
  settle(seat: Seat, spent: Spend): void
  /** What stands against the limit now, for operators. */
  reading(seat: Seat): number
  /** For what is paid; null for everything else. */
  readonly paid: Paid | null
}

/** What a limit on spend says of what it has. */
export interface Paid {
  readonly unit: keyof Spend
  /** What is not held yet, never below zero. */
  left(seat: Seat, max: number): number
  /** The same if every call gave back what it holds and is not sure to spend. */
  notGone(seat: Seat, max: number): number
}

type Fields = Pick<Step, 'rule' | 'code' | 'limit'>

const nothing = (): void => undefined

/** A limit on a property of the call itself: nothing is taken, so there is nothing to give back. */
function check(fields: Fields, reading: (seat: Seat) => number): Step {
  return { ...fields, paid: null, take: (seat, max) => reading(seat) <= max, undo: nothing, settle: nothing, reading }
}

/** A limit on what is under way. */
function concurrency(fields: Fields, gauge: (seat: Seat) => Gauge): Step {
  return {
    ...fields,
    paid: null,
    take: (seat, max) => gauge(seat).enter(max),
    undo: (seat) => gauge(seat).leave(),
    settle: (seat) => gauge(seat).leave(),
    reading: (seat) => gauge(seat).value,
  }
}

interface BudgetFields extends Fields {
  readonly unit: keyof Spend
  /** Its place in `booked`. */
  readonly slot: number
  /** The book of a day, or the one book of a run. */
  readonly daily: boolean
}

/** A limit on what may be spent: reserved at the price, settled at what it was. */
function budget(fields: BudgetFields, account: (seat: Seat) => Account | undefined): Step {
  const { rule, code, limit, unit, slot, daily } = fields
  const release = (seat: Seat, spent: number): void => {
    const bound = limit(seat)
    const max = bound?.mode === 'enforce' ? bound.max : Number.POSITIVE_INFINITY
    const claim = { reserved: seat.price[unit], firm: seat.firm, max, period: seat.booked[slot] ?? runPeriod }
    account(seat)?.settle(claim, spent)
  }
  const periodOf = (seat: Seat): number => (daily ? seat.day : runPeriod)
  const held = (seat: Seat): number => account(seat)?.held(periodOf(seat)) ?? 0
  return {
    rule,
    code,
    limit,
    take: (seat, max) => {
      const period = account(seat)?.reserve(seat.price[unit], max, periodOf(seat)) ?? runPeriod
      seat.booked[slot] = period
      if (period >= 0 && seat.firm) account(seat)?.firm(seat.price[unit], period)
      return period >= 0
    },
    undo: (seat) => release(seat, 0),
    settle: (seat, spent) => release(seat, spent[unit]),
    reading: held,
    paid: {
      unit,
      left: (seat, max) => Math.max(0, max - held(seat)),
      notGone: (seat, max) => Math.max(0, max - (account(seat)?.gone(periodOf(seat)) ?? 0)),
    },
  }
}

/** The ceilings of tokens on what may be spent, all of them at once. A refusal names the one of which least is left. */
function ceilings(rule: string, unit: keyof Spend): Step {
  const release = (seat: Seat, used: number): void =>
    settleUnder(seat.grants, unit, { reserved: seat.price[unit], firm: seat.firm, used })
  const held = ({ grants }: Seat): number => tightest(grants, unit)?.accounts[unit].held(runPeriod) ?? 0
  return {
    rule,
    code: 'budget_exhausted',
    limit: ({ grants }) => {
      const max = grants.length === 0 ? undefined : tightest(grants, unit)?.ceiling[unit]
      return max === undefined ? undefined : { max, mode: 'enforce' }
    },
    take: ({ grants, price, firm }) => reserveUnder(grants, unit, { reserved: price[unit], firm }),
    undo: (seat) => release(seat, 0),
    settle: (seat, spent) => release(seat, spent[unit]),
    reading: held,
    paid: {
      unit,
      left: (seat, max) => Math.max(0, max - held(seat)),
      notGone: ({ grants }) => Math.max(0, notGoneUnder(grants, unit)),
    },
  }
}

const wallClock: Step = {
  paid: null,
  rule: 'run.wall_clock_ms',
  code: 'run_time_exceeded',
  limit: (seat) => seat.limits.wall_clock_ms,
  take: (seat, max) => max === Number.POSITIVE_INFINITY || seat.now < seat.run.endsAt,
  undo: nothing,
  settle: nothing,
  reading: (seat) => seat.now - seat.run.startedAt,
}

const calls: Step = {
  paid: null,
  rule: 'run.calls_max',
  code: 'calls_exceeded',
  limit: (seat) => seat.limits.calls_max,
  take: (seat, max) => seat.run.cells.calls.enter(max),
  undo: (seat) => seat.run.cells.calls.leave(),
  settle: nothing,
  reading: (seat) => seat.run.calls,
}

const fanOut: Step = {
  paid: null,
  rule: 'run.fan_out_max',
  code: 'fan_out_exceeded',
  limit: (seat) => seat.limits.fan_out_max,
  take: (seat, max) => seat.run.hopLog.enterChild(seat.hop.parent, max),
  undo: (seat) => seat.run.hopLog.leaveChild(seat.hop.parent),
  settle: nothing,
  reading: (seat) => seat.run.hopLog.children(seat.hop.parent),
}

const rate: Step = {
  paid: null,
  rule: 'agent.invokes_per_minute',
  code: 'rate_limited',
  limit: (seat) => seat.agent.limits.invokes_per_minute,
  take: (seat, max) => {
    if (max === Number.POSITIVE_INFINITY) return true
    const limit: RateLimit | undefined = seat.agent.limits.invokes_per_minute
    seat.wait_ms = seat.agent.rate.take(max, limit?.burst ?? max, seat.now)
    return seat.wait_ms === 0
  },
  undo: nothing,
  settle: nothing,
  reading: (seat) => seat.wait_ms,
}

/** Whoever calls it: what protects a tool does not ask who comes. */
const toolOpen: Step = {
  paid: null,
  rule: 'tool.concurrency_max',
  code: 'concurrency_limited',
  limit: ({ tool }) => tool?.limit,
  take: ({ tool }, max) => tool?.open.enter(max) ?? true,
  undo: ({ tool }) => tool?.open.leave(),
  settle: ({ tool }) => tool?.open.leave(),
  reading: ({ tool }) => tool?.open.value ?? 0,
}

const runOut = { code: 'run_budget_exhausted', daily: false } as const
const dayOut = { code: 'budget_exhausted', daily: true } as const

/** The order is part of the contract: it decides which limit a call names that breaks several. */
export const steps: readonly Step[] = [
  wallClock,
  check({ rule: 'run.depth_max', code: 'depth_exceeded', limit: (seat) => seat.limits.depth_max }, (s) => s.hop.depth),
  check({ rule: 'run.laps_max', code: 'loop_detected', limit: (s) => s.limits.laps_max }, (s) => s.cycle?.lap ?? 0),
  calls,
  fanOut,
  concurrency(
    { rule: 'run.concurrency_max', code: 'concurrency_limited', limit: (seat) => seat.limits.concurrency_max },
    (seat) => seat.run.cells.open,
  ),
  concurrency(
    { rule: 'agent.concurrency_max', code: 'concurrency_limited', limit: (s) => s.agent.limits.concurrency_max },
    (seat) => seat.agent.open,
  ),
  toolOpen,
  budget(
    { ...runOut, rule: 'run.tokens_max', unit: 'tokens', slot: 0, limit: (s) => s.limits.tokens_max },
    (seat) => seat.run.cells.tokens,
  ),
  budget(
    { ...runOut, rule: 'run.cost_micros_max', unit: 'cost_micros', slot: 1, limit: (s) => s.limits.cost_micros_max },
    (seat) => seat.run.cells.cost,
  ),
  budget(
    { ...dayOut, rule: 'agent.tokens_per_day', unit: 'tokens', slot: 2, limit: (s) => s.agent.limits.tokens_per_day },
    (seat) => seat.agent.tokens,
  ),
  budget(
    {
      ...dayOut,
      rule: 'agent.cost_micros_per_day',
      unit: 'cost_micros',
      slot: 3,
      limit: (seat) => seat.agent.limits.cost_micros_per_day,
    },
    (seat) => seat.agent.cost,
  ),
  budget(
    { ...dayOut, rule: 'team.tokens_per_day', unit: 'tokens', slot: 4, limit: (s) => s.team?.limits.tokens_per_day },
    (seat) => seat.team?.tokens,
  ),
  budget(
    {
      ...dayOut,
      rule: 'team.cost_micros_per_day',
      unit: 'cost_micros',
      slot: 5,
      limit: (seat) => seat.team?.limits.cost_micros_per_day,
    },
    (seat) => seat.team?.cost,
  ),
  budget(
    {
      ...dayOut,
      rule: 'person.tokens_per_day',
      unit: 'tokens',
      slot: 6,
      limit: (s) => s.person?.limits.tokens_per_day,
    },
    (seat) => seat.person?.tokens,
  ),
  budget(
    {
      ...dayOut,
      rule: 'person.cost_micros_per_day',
      unit: 'cost_micros',
      slot: 7,
      limit: (seat) => seat.person?.limits.cost_micros_per_day,
    },
    (seat) => seat.person?.cost,
  ),
  ceilings('token.tokens', 'tokens'),
  ceilings('token.cost_micros', 'cost_micros'),
  rate,
]
