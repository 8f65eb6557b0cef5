/**
 * Reserve before the call, settle after, give back the rest. A call takes what it needs of every limit or nothing of
 * any: where one refuses, those before it are undone in reverse. The lease is the proof that all of them were asked.
 * A call that can do with less is asked what it makes of what is left, right before it takes it.
 */
import { assert } from '../base/assert.ts'
import type { Millis } from '../base/clock.ts'
import type { BudgetCeiling } from '../domain/ceilings.ts'
import { type AgentId, type HopId, isAgentId, type TeamId } from '../domain/ids.ts'
import type { Cycle } from '../domain/run-graph.ts'
import type { Run } from '../domain/run.ts'
import { nothingSpent, type Spend, type Spent } from '../domain/spend.ts'
import { type Denial, deny, isDenial, issueLease, type Lease, type Overruled } from '../domain/verdict.ts'
import { type Bench, dayOf } from './bench.ts'
import type { HopStart, LiveRun } from './live-run.ts'
import { firstPaid, isOnlyHeld, leftFor, refusalOfRest } from './room.ts'
import { type Seat, type Step, steps } from './steps.ts'

/** What a call asks of the limits. */
export interface Ask {
  readonly run: LiveRun
  readonly hop: HopId
  /** The hop that was delivered to the caller; null for what the root agent calls of its own accord. */
  readonly parent: HopId | null
  /** The caller: its rate, its concurrency and its budgets count. */
  readonly agent: AgentId
  readonly team: TeamId | null
  /** Who serves it by its name, `agent:research`, `tool:files/read`; its own limit is found by it. */
  readonly target: string
  readonly depth: number
  /** From the root agent to the target. */
  readonly chain: readonly AgentId[]
  /** What `run.graph.closes` said about this call. */
  readonly cycle: Cycle | null
  readonly price: Spend
  /**
   * For a call that can do with less: the most it would spend of what is left, or null where that is too little. Absent for
   * one that costs its price. Must not ask for more than it is told is left.
   */
  readonly fit?: ((left: Spend) => Spend | null) | undefined
  /** The ceilings of the caller's tokens. */
  readonly budget: readonly BudgetCeiling[]
  readonly now: Millis
}

/**
 * Takes all or nothing. A lease means that the hop is booked: it is an edge of the run's graph, its target serves it,
 * and exactly one of settle and refund has to follow. That it was tried stays counted in `calls` and in the fan-out
 * of its parent, also if it is refunded: a loop against a dead target ends too.
 */
export function reserve(bench: Bench, ask: Ask): Lease | Denial {
  const seat = seatOf(bench, ask)
  if (isDenial(seat)) return seat
  const overruled = climb(seat, ask.fit)
  if (isDenial(overruled)) return overruled
  seat.person?.open.enter(Number.POSITIVE_INFINITY)
  ask.run.begin(seat.hop, overruled)
  return leaseOf(seat, overruled)
}

function seatOf(bench: Bench, ask: Ask): Seat | Denial {
  const agent = bench.agent(ask.agent)
  const team = ask.team === null ? null : bench.team(ask.team)
  const tool = bench.tool(ask.target)
  if (!agent || !tool || (ask.team !== null && !team))
    return deny('busy', 'the board has no row left', { rule: 'board.rows' })
  const person = ask.run.person === null ? 'free' : bench.person(ask.run.person, ask.now)
  if (!person) return deny('busy', 'no room to count another person', { rule: 'maximums.people' })
  const never = refusedWhateverTheModes(bench, ask)
  if (never) return never
  const grants = bench.grants.open(ask.run, ask.budget)
  if (isDenial(grants)) return grants
  const { run, cycle, price, now } = ask
  return {
    run,
    agent,
    team,
    person: person === 'free' ? null : person,
    tool: tool === 'free' ? null : tool,
    grants,
    limits: bench.settings.run,
    hop: hopOf(ask),
    cycle,
    price,
    firm: ask.fit === undefined,
    now,
    day: dayOf(now),
    booked: [0, 0, 0, 0, 0, 0, 0, 0],
    wait_ms: 0,
  }
}

/** What other threads take between a look at what is left and taking it is looked at again so often. */
const races_max = 16

/** All steps, or none: the refusals that were overruled, or the one that was not. */
function climb(seat: Seat, fit: Ask['fit']): readonly Overruled[] | Denial {
  const overruled: Overruled[] = []
  let [races, unpaid] = [0, 0]
  for (let at = 0; at < steps.length; at++) {
    if (fit && at === firstPaid) {
      const price = fit(leftFor(seat))
      if (price === null) {
        undo(seat, at)
        return refusalOfRest(seat, fit)
      }
      seat.price = price
      unpaid = overruled.length
    }
    const step = stepAt(at)
    const limit = step.limit(seat)
    if (step.take(seat, limit?.max ?? Number.POSITIVE_INFINITY)) continue
    const refusal = refusalOf(step, seat)
    if (limit?.mode !== 'enforce') {
      overruled.push({ ...refusal, mode: limit?.mode ?? 'shadow' })
      step.take(seat, Number.POSITIVE_INFINITY)
      continue
    }
    const again = fit !== undefined && step.paid !== null && ++races <= races_max
    undo(seat, at, again ? firstPaid : 0)
    if (!again) return refusal
    overruled.length = unpaid
    at = firstPaid - 1
  }
  return overruled
}

function hopOf(ask: Ask): HopStart {
  const { hop, parent, agent, target, depth, chain, now } = ask
  const server = isAgentId(target) ? target : null
  return { id: hop, parent, from: agent, to: target, depth, chain, at: now, server }
}

/** The state of the run and the ceilings of our own stores know no mode. */
function refusedWhateverTheModes(bench: Bench, ask: Ask): Denial | null {
  const { run, chain, agent, target } = ask
  const over = refusalOfRun(run, ask.now)
  if (over) return over
  if (chain.length > bench.maximums.chain)
    return deny('depth_exceeded', `a chain of ${chain.length} agents`, { rule: 'maximums.chain' })
  if (!run.graph.fits(agent, target))
    return deny('calls_exceeded', 'the graph of the run is full', { rule: 'maximums.edges_per_run' })
  return null
}

/** Why a run admits nothing any more; null while it is active. */
export function refusalOfRun(run: Run, now: Millis): Denial | null {
  if (run.state === 'active') return null
  if (run.state === 'halted') return deny('run_halted', `halted: ${run.halt?.reason ?? ''}`, { rule: 'run.state' })
  return now >= run.endsAt
    ? deny('run_time_exceeded', 'the run has ended by its wall clock', { rule: 'run.wall_clock_ms' })
    : deny('run_time_exceeded', 'the run has ended because nothing happened in it', { rule: 'run.state' })
}

function refusalOf(step: Step, seat: Seat): Denial {
  const max = step.limit(seat)?.max ?? 0
  const detail = `${step.rule}: ${step.reading(seat)} of ${max}`
  const { rule } = step
  const code = isOnlyHeld(step, seat, max) ? 'budget_held' : step.code
  return deny(code, detail, seat.wait_ms > 0 ? { rule, retryAfter_ms: seat.wait_ms } : { rule })
}

/** Gives back what the steps before `refusedAt` took, down to `from`. */
function undo(seat: Seat, refusedAt: number, from = 0): void {
  for (let at = refusedAt - 1; at >= from; at--) stepAt(at).undo(seat)
}

function stepAt(at: number): Step {
  const step = steps[at]
  assert(step !== undefined, 'a step is one of the table')
  return step
}

function leaseOf(seat: Seat, overruled: readonly Overruled[]): Lease {
  let held = true
  const close = (spent: Spent, state: 'answered' | 'failed'): void => {
    assert(held, 'a lease is settled or refunded once')
    held = false
    // In reverse: the run is not idle, and its row not free for another run, before its books are closed.
    for (let at = steps.length - 1; at >= 0; at--) stepAt(at).settle(seat, spent)
    seat.person?.open.leave()
    seat.run.finish(seat.hop, state, spent)
  }
  return issueLease({
    reserved: seat.price,
    overruled,
    settle: (spent) => close(spent, 'answered'),
    refund: () => close(nothingSpent, 'failed'),
  })
}
