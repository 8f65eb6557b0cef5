/**
 * Whether a call may become a hop: policy first, then every limit at once, then the intent entry. Only this file makes
 * a Hop, and it makes one only with a Permit and a Lease in hand and room for the record.
 */
import { targetName } from '../domain/call.ts'
import { grantsOf } from '../domain/ceilings.ts'
import type { AgentId } from '../domain/ids.ts'
import { isBound, type Principal } from '../domain/principal.ts'
import type { IntentEntry } from '../domain/record.ts'
import { type Denial, deny, type Hop, isDenial, issueHop, type Lease, type Permit } from '../domain/verdict.ts'
import { type Ask, refusalOfRun, reserve } from '../limits/lease.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyAction } from '../policy/question.ts'
import type { PolicyContext } from '../policy/world.ts'
import type { Entry } from './enter.ts'
import type { AgentEntry } from './road.ts'
import { runEntry } from './run-entry.ts'
import { refusalOfPlace } from './standing.ts'
import { personOf, type Visit } from './visit.ts'
import { ceilingsOf, depthMaxOf, withinAuthority } from './within-authority.ts'

/** What is being admitted: who, from where, to whom. */
export interface Asking {
  readonly principal: Principal
  readonly entry: Entry
  readonly target: AgentEntry
}

/**
 * Asks the caller's tokens and then policy. A run that is over and work that was revoked refuse before that, so that the
 * caller reads why.
 */
export async function permit(visit: Visit, { principal, entry, target }: Asking): Promise<Permit | Denial> {
  const { run } = entry
  const now = visit.road.clock.now()
  const agents = [...entry.chain, target.settings.id]
  const work = { agents, person: personOf(visit), since: run?.startedAt ?? now }
  const over = (run && refusalOfRun(run, now)) ?? visit.road.revocations.epochs.refusalOfWork(work)
  const revoked = over ?? refusalOfPlace(visit.road, { principal, delegation: entry.delegation })
  const beyond = revoked ?? withinAuthority({ principal, entry }, visit.call)
  if (beyond) return beyond
  const context = contextOf(visit, entry, principal)
  const ask = (action: PolicyAction): ReturnType<typeof decide> =>
    decide(visit.snapshot.policy, { action, principal: principal.proof.agent, resource: visit.call.target, context })
  const allowed = await ask('invoke')
  if (isDenial(allowed) || run) return allowed
  const start = refusalOfRegistry(visit, principal.proof.agent) ?? (await ask('startRun'))
  if (!isDenial(start)) return allowed
  return deny('run_context_required', `${principal.proof.agent} may not start a run: ${start.detail}`, ruleOf(start))
}

/** The registry and policy must both agree that an agent starts runs; null where the registry does. */
function refusalOfRegistry({ snapshot }: Visit, agent: AgentId): Denial | null {
  if (snapshot.agents.get(agent)?.settings.may_start_runs === true) return null
  return deny('run_context_required', 'may_start_runs is not set', { rule: 'agents.may_start_runs' })
}

function ruleOf(denial: Denial): { rule?: string } {
  return denial.rule === null ? {} : { rule: denial.rule }
}

function contextOf(visit: Visit, entry: Entry, principal: Principal): PolicyContext {
  const { agent } = principal.proof
  const { run, depth, chain } = entry
  const { settings } = visit.snapshot
  const { call } = visit
  const cycle = run?.graph.closes(agent, targetName(call.target), depth)
  const left = run && visit.road.limits.grants.left(run, ceilingsOf({ principal, entry }))
  return {
    depth,
    chain,
    human: personOf(visit),
    runState: run?.state ?? 'active',
    budgetLeftMicros: left?.cost_micros ?? settings.limits.run.cost_micros_max?.max ?? Number.POSITIVE_INFINITY,
    tokensLeft: left?.tokens ?? settings.limits.run.tokens_max?.max ?? Number.POSITIVE_INFINITY,
    calls: run?.calls ?? 0,
    laps: cycle?.lap ?? 0,
    env: settings.gateway.environment,
    boundKey: isBound(principal.proof),
  }
}

/** All or nothing: what was opened or reserved here is given back right where the next step refuses. */
export function admit(visit: Visit, asking: Asking, granted: Permit): Hop | Denial {
  const { road } = visit
  const { principal, entry } = asking
  const run = entry.run ?? openRun(visit, principal)
  if (isDenial(run)) return run
  visit.run = run
  const ask = askOf(visit, asking, run)
  visit.ask = ask
  const lease = reserve(road.limits, ask)
  if (isDenial(lease)) return lease
  let taken = false
  try {
    taken = road.ledger.append(intentOf(ask))
  } finally {
    if (!taken) lease.refund()
  }
  if (taken) return hopOf(visit, asking, { permit: granted, lease, ask })
  return deny('busy', 'the ledger takes no intent: no record, no hop', { rule: 'ledger.room' })
}

function openRun(visit: Visit, principal: Principal): LiveRun | Denial {
  const { road } = visit
  const now = road.clock.now()
  const run = road.runs.open(principal.proof.agent, personOf(visit), now)
  if (isDenial(run)) return run
  if (road.ledger.append(runEntry(run, 'opened', run.startedAt))) return run
  road.runs.end(run, now)
  return deny('busy', 'the ledger takes no new run: no record, no hop', { rule: 'ledger.room' })
}

function askOf(visit: Visit, { entry, principal, target }: Asking, run: LiveRun): Ask {
  const { agent } = principal.proof
  const name = targetName(visit.call.target)
  const { call_micros, call_tokens } = target.settings.price
  return {
    run,
    hop: visit.call.id,
    parent: entry.parent,
    agent,
    team: visit.snapshot.agents.get(agent)?.settings.team ?? null,
    target: name,
    depth: entry.depth,
    chain: [...entry.chain, target.settings.id],
    cycle: run.graph.closes(agent, name, entry.depth),
    price: { tokens: call_tokens, cost_micros: call_micros },
    budget: ceilingsOf({ principal, entry }),
    now: visit.road.clock.now(),
  }
}

function intentOf(ask: Ask): IntentEntry {
  const { hop, run, agent, depth, target, price, budget, now } = ask
  const what = { rid: hop, run: run.id, agent, depth, target, reserved: price, grants: grantsOf(budget) }
  return { v: 1, ts: now, kind: 'intent', ...what }
}

interface Held {
  readonly permit: Permit
  readonly lease: Lease
  readonly ask: Ask
}

function hopOf(visit: Visit, { principal, entry }: Asking, held: Held): Hop {
  const { call } = visit
  const { parent, depth, delegation } = entry
  const { run, chain, budget } = held.ask
  const { permit: granted, lease } = held
  const where = { parent, depth, depthMax: depthMaxOf({ principal, entry }), chain, delegation }
  const { authority } = visit
  const hop = issueHop({ id: call.id, call, principal, run, ...where, authority, budget, permit: granted, lease })
  visit.hop = hop
  return hop
}
