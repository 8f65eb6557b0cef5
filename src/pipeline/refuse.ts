/** Where every refusal on the road ends: the face for the caller, the record, the counters, and, for a breach, the halt. */
import { assert } from '../base/assert.ts'
import { type AnyCall, isA2aCall, isMcpCall, isModelCall, type Target, targetName } from '../domain/call.ts'
import type { DenialCode } from '../domain/denials.ts'
import type { AgentId, HopId } from '../domain/ids.ts'
import type { Denial } from '../domain/verdict.ts'
import { haltFor, isBreach, reportBreach } from '../limits/breach.ts'
import { mayBe, visibleTo } from '../policy/decide.ts'
import type { PolicyAction } from '../policy/question.ts'
import type { PolicyContext } from '../policy/world.ts'
import type { FailureTo } from '../protocol/a2a/failure.ts'
import { type Refused, writeDenial, writeSentence } from '../protocol/faces.ts'
import { writeModelDenial } from '../protocol/llm/faces.ts'
import { writeMcpDenial } from '../protocol/mcp/faces.ts'
import type { HeaderList, Reply } from '../protocol/http.ts'
import { sendWritten, type Written } from '../protocol/jsonrpc.ts'
import { haltRun } from './halt.ts'
import { smallestCall } from './models/model-road.ts'
import { refusalMarks } from './marks.ts'
import { isCallable, type Snapshot } from './road.ts'
import { type AnyVisit, endIfOpenedFor, isOpenedFor, leaveRecord, type Refusal, unsent } from './visit.ts'

/** Registries larger than this list no alternatives: looking through them costs more than the refusal. */
export const alternativesMax = 200

/**
 * Refusals that say nothing about the target: of the caller, of ourselves, and the one that hides. And the one that asks
 * for an approval or a connection: policy allows the call, so the caller may know of its target.
 */
const alwaysSaid: ReadonlySet<DenialCode> = new Set([
  'unauthenticated',
  'not_found',
  'busy',
  'approval_required',
  'connect_required',
])

/**
 * Answers the caller and leaves everything about the refusal behind that others will ask for. `named` is what it may call
 * instead, where whoever refuses knows that.
 */
export async function refuse(visit: AnyVisit, denial: Denial, named: readonly string[] | null = null): Promise<void> {
  const { call, run, road } = visit
  const shown = (await isHidden(visit, denial)) ? { ...denial, code: 'not_found' as const } : denial
  const listed = shown.code === 'policy_denied' && call.target.kind === 'agent'
  const alternatives = listed ? alternativesOf(visit) : shown.code === 'policy_denied' ? named : null
  const breach = visit.ask !== null && isBreach(denial, road.limits.settings)
  // A run that ends with this refusal must not be named: whoever joined it would be refused for ever.
  const runShown = run && shown.code !== 'not_found' && (breach || !isOpenedFor(visit)) ? run.id : null
  visit.reply.refused?.(shown, { sentence: writeSentence(shown.code, call.id, alternatives, shown), run: runShown })
  const answer = written(shown, call, { run: runShown, alternatives })
  leave(visit, denial, answer, refusalMarks(visit, shown, runShown))
  road.counts.denied(denial)
  if (!run || !visit.principal) return
  const from = visit.principal.proof.agent
  const { parent, depth } = visit
  run.refuse({ id: call.id, parent, from, to: targetName(call.target), depth, at: call.receivedAt }, denial)
  if (breach && visit.ask)
    haltRun(road, run, haltFor(denial, call.id, road.clock.now()), reportBreach(denial, visit.ask))
  endIfOpenedFor(visit)
}

/** The face of its protocol. */
function written(denial: Denial, call: AnyCall, said: Omit<Refused, 'call'>): Written {
  if (isA2aCall(call)) return writeDenial(denial, { call, ...said })
  if (isModelCall(call)) return writeModelDenial(denial, { call, ...said })
  assert(isMcpCall(call), 'a call is of a protocol that is spoken here')
  return writeMcpDenial(denial, { call, run: said.run })
}

/** Answers a request that was not read, or that is no call: there is nothing to record but that nobody came in. */
export function turnAway(reply: Reply, denial: Denial, id: HopId, to: FailureTo = nobody): void {
  const call = { ...to, id, rpcId: nobody.rpcId, operation: nobody.operation }
  sendWritten(reply, writeDenial(denial, { call, run: null, alternatives: null }))
}

/** Whoever has not said what it speaks. */
const nobody: FailureTo = { dialect: 'a2a-1.0-jsonrpc', operation: 'send', rpcId: 'null' }

/** Writes the answer and the one record of a call that was not let through. */
function leave(visit: AnyVisit, refusal: Refusal, written: Written, more: HeaderList): void {
  sendWritten(visit.reply, written, more)
  const outcome = unsent(visit, 'refused', written.body.length)
  leaveRecord(visit, refusal, outcome)
}

/** What policy is asked about who wants something of a target. */
const actionFor = {
  agent: 'invoke',
  tool: 'callTool',
  server: 'useServer',
  model: 'useModel',
} as const satisfies Readonly<Record<Target['kind'], PolicyAction>>

/**
 * Whether the target must look as if it did not exist: the caller is not in a chain with it and no policy would ever
 * let it call there.
 */
async function isHidden(visit: AnyVisit, denial: Denial): Promise<boolean> {
  const { principal, call, chain, snapshot, ask, authority } = visit
  // Limits are asked only about what policy allowed, and nobody is sent for a token before it would allow the call.
  if (!principal || ask !== null || alwaysSaid.has(denial.code) || denial.challenge) return false
  if (call.target.kind === 'agent' && chain.includes(call.target.id)) return false
  // An address of several servers is there for everybody; what is behind it shows with what is asked.
  if (call.target.kind === 'server' && call.target.id.endsWith('*')) return false
  const { agent } = principal.proof
  const model = call.target.kind === 'model' ? smallestCall : {}
  const context = { ...neutral(agent, snapshot), ...model, scopes: authority.scopes ?? [] }
  const action = actionFor[call.target.kind]
  return !(await mayBe(snapshot.policy, { action, principal: agent, resource: call.target, context }))
}

function alternativesOf(visit: AnyVisit): readonly string[] | null {
  const { snapshot, principal } = visit
  if (!principal || snapshot.agents.size > alternativesMax) return null
  return callableBy(snapshot, principal.proof.agent)
}

/** The agents this one may call, remembered for as long as the snapshot is in force. */
export function callableBy(snapshot: Snapshot, agent: AgentId): readonly AgentId[] {
  const known = snapshot.alternatives.get(agent)
  if (known) return known
  const visible = visibleTo(snapshot.policy, agent, neutral(agent, snapshot))
  const callable = visible.filter((id) => isCallable(snapshot.agents.get(id)))
  snapshot.alternatives.set(agent, callable)
  return callable
}

/** The circumstances in which most is allowed: a first call of a fresh run with nothing spent. */
export function neutral(agent: AgentId, snapshot: Snapshot): PolicyContext {
  return {
    depth: 1,
    chain: [agent],
    human: null,
    runState: 'active',
    budgetLeftMicros: Number.POSITIVE_INFINITY,
    tokensLeft: Number.POSITIVE_INFINITY,
    calls: 0,
    laps: 0,
    env: snapshot.settings.gateway.environment,
    boundKey: true,
    taint: 'none',
    approved: true,
    scopes: [],
  }
}
