/**
 * Whether a call may become a hop: policy first, then every limit at once, then the intent entry. Only this file makes
 * a Hop, and it makes one only with a Permit and a Lease in hand and room for the record.
 */
import { grantsOf } from '../domain/ceilings.ts'
import { type AnyCall, isMcpCall } from '../domain/call.ts'
import type { Asked } from '../domain/authority/covers.ts'
import type { AgentId } from '../domain/ids.ts'
import { isBound, type Principal, type Taint } from '../domain/principal.ts'
import type { PolicyAsked } from '../domain/policy-asked.ts'
import type { IntentEntry } from '../domain/record.ts'
import { worseTaint } from '../domain/taint.ts'
import { type Denial, deny, type Hop, isDenial, issueHop, type Lease, type Permit } from '../domain/verdict.ts'
import { type Ask, refusalOfRun, reserve } from '../limits/lease.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/question.ts'
import type { PolicyContext } from '../policy/world.ts'
import { approvalRequired, closeApproval, permitApproved } from './approve.ts'
import { begunMeanwhile, type Entry } from './enter.ts'
import { runEntry } from './run-entry.ts'
import { taintOfCaller, taintRun } from './taint.ts'
import { refusalOfPlace } from './standing.ts'
import { stepUp } from './step-up.ts'
import { traceSaid } from './trace-of.ts'
import { type AnyVisit, personOf, type Visit } from './visit.ts'
import { ceilingsOf, depthMaxOf, withinAuthority } from './within-authority.ts'

/** What is being admitted: who, from where, to whom. */
export interface Asking {
  readonly principal: Principal
  readonly entry: Entry
  readonly goal: Goal
}

/** What is called, as tokens, policy and limits look at it. */
export interface Goal {
  readonly action: 'invoke' | 'callTool' | 'useModel'
  /** What the tokens of the caller must allow. */
  readonly asked: Asked | null
  /** Who serves the call, by its name: a facet is one, but the agent behind it holds the token and closes a loop. */
  readonly server: string
  /** The same where that is an agent: the next of the chain. */
  readonly agent: AgentId | null
  /** The agent by the name it was called by; null for a tool. */
  readonly named: AgentId | null
  readonly price: { readonly call_micros: number; readonly call_tokens: number }
  /** As in `Ask`: what it would spend of what is left, where it can do with less than it wants. */
  readonly fit?: Ask['fit']
  /** What policies may know of a call to a model beside its name. */
  readonly model?: Pick<PolicyContext, 'maxTokens' | 'streaming'>
}

/**
 * Asks the caller's tokens and then policy. A run that is over and work that was revoked refuse before that, so that the
 * caller reads why.
 */
export async function permit(visit: AnyVisit, asking: Asking): Promise<Permit | Denial> {
  const { principal, entry, goal } = asking
  const { run } = entry
  const now = visit.road.clock.now()
  const agents = [...entry.chain, goal.named, goal.agent].filter((each) => each !== null)
  const work = { agents, person: personOf(visit), since: run?.startedAt ?? now }
  const over = (run && refusalOfRun(run, now)) ?? visit.road.revocations.epochs.refusalOfWork(work)
  const revoked = over ?? refusalOfPlace(visit.road, { principal, delegation: entry.delegation })
  const kept = revoked ?? (goal.named && visit.road.cards.quarantineOf(goal.named))
  const beyond = kept ?? withinAuthority({ principal, entry }, goal.asked, visit.call.target)
  if (beyond?.code === 'scope_missing') {
    const request = (scopes: readonly string[]): PolicyRequest => {
      const { context, ...rest } = requestOf(visit, asking)
      return { ...rest, context: { ...context, scopes, approved: true } }
    }
    return await stepUp(visit, beyond, { standing: { principal, entry }, asked: goal.asked, request })
  }
  if (beyond) return beyond
  const { request, verdict } = await judgeAsItStands(visit, asking)
  if (run) return isDenial(verdict) ? await permitApproved(visit, { run, request, denial: verdict }) : verdict
  if (isDenial(verdict)) return verdict
  const { agent } = principal.proof
  const start =
    refusalOfRegistry(visit, agent) ?? (await decide(visit.snapshot.policy, { ...request, action: 'startRun' }))
  if (!isDenial(start)) return verdict
  return deny('run_context_required', `${agent} may not start a run: ${start.detail}`, ruleOf(start))
}

interface Judged {
  readonly request: PolicyRequest
  readonly verdict: Permit | Denial
}

/** Asks again where the run was tainted while the oracle thought; it rises a few times at most, so this ends. */
async function judgeAsItStands(visit: AnyVisit, asking: Asking): Promise<Judged> {
  const { principal, entry } = asking
  for (;;) {
    const request = requestOf(visit, asking)
    const verdict = await decide(visit.snapshot.policy, request)
    if (taintAt(visit, entry, principal) !== request.context.taint) continue
    visit.asked = askedOf(asking.goal, request.context)
    return { request, verdict }
  }
}

function requestOf(visit: AnyVisit, asking: Asking): PolicyRequest {
  const { principal, goal } = asking
  const { call } = visit
  const args = isMcpCall(call) ? { args: call.args } : {}
  const context = contextOf(visit, asking)
  return { action: goal.action, principal: principal.proof.agent, resource: call.target, context, ...args }
}

/** The registry and policy must both agree that an agent starts runs; null where the registry does. */
function refusalOfRegistry({ snapshot }: AnyVisit, agent: AgentId): Denial | null {
  if (snapshot.agents.get(agent)?.settings.may_start_runs === true) return null
  return deny('run_context_required', 'may_start_runs is not set', { rule: 'agents.may_start_runs' })
}

function ruleOf(denial: Denial): { rule?: string } {
  return denial.rule === null ? {} : { rule: denial.rule }
}

/** The run's, or what the caller brings along if that is worse. */
function taintAt({ snapshot }: AnyVisit, entry: Entry, principal: Principal): Taint {
  return worseTaint(entry.run?.taint ?? 'none', taintOfCaller(snapshot, { principal, entry }))
}

function contextOf(visit: AnyVisit, { principal, entry, goal }: Asking): PolicyContext {
  const { agent } = principal.proof
  const { run, depth, chain } = entry
  const { settings } = visit.snapshot
  const cycle = run?.graph.closes(agent, goal.server, depth)
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
    taint: taintAt(visit, entry, principal),
    approved: false,
    scopes: visit.authority.scopes ?? [],
    ...goal.model,
  }
}

/** The question as its record keeps it. */
function askedOf({ action }: Goal, context: PolicyContext): PolicyAsked {
  return {
    action,
    run_state: context.runState,
    budget_left_micros: limited(context.budgetLeftMicros),
    tokens_left: limited(context.tokensLeft),
    calls: context.calls,
    laps: context.laps,
    env: context.env,
    taint: context.taint,
    approved: context.approved,
    max_tokens: limited(context.maxTokens ?? Number.POSITIVE_INFINITY),
    streaming: context.streaming ?? null,
  }
}

function limited(count: number): number | null {
  return Number.isFinite(count) ? count : null
}

/** All or nothing: what was opened, reserved or spent here is given back right where the next step refuses. */
export function admit<Kind extends AnyCall>(visit: Visit<Kind>, asking: Asking, granted: Permit): Hop<Kind> | Denial {
  const { road, approval } = visit
  if (!approval) return admitPermitted(visit, asking, granted)
  if (!road.approvals.take(approval)) {
    visit.approval = null
    return approvalRequired(approval, 'the approval was used by another call')
  }
  try {
    return admitPermitted(visit, asking, granted)
  } finally {
    if (!visit.hop) closeApproval(visit, false)
  }
}

function admitPermitted<Kind extends AnyCall>(visit: Visit<Kind>, asking: Asking, granted: Permit): Hop<Kind> | Denial {
  const { road } = visit
  const { principal, entry } = asking
  const run = entry.run ?? joinBegun(visit, asking) ?? openRun(visit, principal)
  if (isDenial(run)) return run
  visit.run = run
  const ask = askOf(visit, asking, run)
  visit.ask = ask
  const lease = reserve(road.limits, ask)
  if (isDenial(lease)) return lease
  let taken = false
  try {
    taken = road.ledger.append(intentOf(ask, lease))
  } finally {
    if (!taken) lease.refund()
  }
  if (!taken) return deny('busy', 'the ledger takes no intent: no record, no hop', { rule: 'ledger.room' })
  for (const name of entry.names ?? []) road.runs.aliases.bind(name, run)
  const { agent } = principal.proof
  taintRun(road, run, taintOfCaller(visit.snapshot, asking), { actor: 'weir', reason: `${agent} calls in it` })
  return hopOf(visit, asking, { permit: granted, lease, ask })
}

function joinBegun(visit: AnyVisit, { principal, entry }: Asking): LiveRun | null {
  const begun = begunMeanwhile(visit.road.runs, principal.proof, entry.names)
  if (begun) visit.origin = begun.origin
  return begun?.run ?? null
}

function openRun(visit: AnyVisit, principal: Principal): LiveRun | Denial {
  const { road } = visit
  const now = road.clock.now()
  const run = road.runs.open(principal.proof.agent, personOf(visit), now)
  if (isDenial(run)) return run
  const trace = traceSaid(visit)
  if (trace && visit.snapshot.settings.telemetry.traces.join === 'caller') run.traceId = trace.traceId
  const opened = runEntry(run, 'opened', run.startedAt)
  if (road.ledger.append(trace ? { ...opened, caller_trace: trace.traceparent } : opened)) return run
  road.runs.end(run, now)
  return deny('busy', 'the ledger takes no new run: no record, no hop', { rule: 'ledger.room' })
}

function askOf(visit: AnyVisit, { entry, principal, goal }: Asking, run: LiveRun): Ask {
  const { agent } = principal.proof
  const { server: target } = goal
  const { call_micros, call_tokens } = goal.price
  return {
    run,
    hop: visit.call.id,
    parent: entry.parent,
    agent,
    team: visit.snapshot.agents.get(agent)?.settings.team ?? null,
    target,
    depth: entry.depth,
    chain: goal.agent === null ? entry.chain : [...entry.chain, goal.agent],
    cycle: run.graph.closes(agent, target, entry.depth),
    price: { tokens: call_tokens, cost_micros: call_micros },
    fit: goal.fit,
    budget: ceilingsOf({ principal, entry }),
    now: visit.road.clock.now(),
  }
}

function intentOf(ask: Ask, { reserved }: Lease): IntentEntry {
  const { hop, run, agent, depth, target, budget, now } = ask
  const what = { rid: hop, run: run.id, human: run.person, agent, depth, target, reserved, grants: grantsOf(budget) }
  return { ...what, v: 1, ts: now, kind: 'intent' }
}

interface Held {
  readonly permit: Permit
  readonly lease: Lease
  readonly ask: Ask
}

function hopOf<Kind extends AnyCall>(visit: Visit<Kind>, { principal, entry }: Asking, held: Held): Hop<Kind> {
  const { call } = visit
  const { parent, depth, delegation } = entry
  const { run, chain, budget } = held.ask
  const { permit: granted, lease } = held
  const where = { parent, depth, depthMax: depthMaxOf({ principal, entry }), chain, delegation }
  const { authority } = visit
  const hop = issueHop({ ...where, id: call.id, call, principal, run, authority, budget, permit: granted, lease })
  visit.hop = hop
  return hop
}
