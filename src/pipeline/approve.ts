/** Where policy and people meet: what an approval would change, who is asked for it, and what they decide. */
import { targetName } from '../domain/call.ts'
import type { ApprovalEntry } from '../domain/record.ts'
import { type Denial, deny, isDenial, type Permit } from '../domain/verdict.ts'
import type { LiveRun } from '../limits/live-run.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/question.ts'
import { argumentsOf } from './arguments-of.ts'
import type { Approval, Decision } from './approvals.ts'
import { detailOf } from './run-view.ts'
import type { Road } from './road.ts'
import type { AnyVisit } from './visit.ts'

/** A call that policy refused. */
export interface Refused {
  readonly run: LiveRun
  readonly request: PolicyRequest
  readonly denial: Denial
}

/**
 * The permit of a call whose approval was granted, which admission then spends. Otherwise the refusal: the one that
 * names the approval to wait for, or policy's own where no approval would help, none can be kept, or it was refused.
 */
export async function permitApproved(visit: AnyVisit, refused: Refused): Promise<Permit | Denial> {
  const { run, request, denial } = refused
  if (denial.code !== 'policy_denied') return denial
  const { road, snapshot } = visit
  const would = await decide(snapshot.policy, { ...request, context: { ...request.context, approved: true } })
  if (isDenial(would)) return denial
  const params = argumentsOf(visit.call)
  if (params === null) return because(denial, 'its arguments cannot be approved')
  const asked = road.approvals.ask({ ...boundOf(visit, request, run), params, rule: denial.rule })
  if (!asked) return because(denial, 'there is no room for another approval')
  const { approval, isNew } = asked
  if (approval.state === 'refused') return because(denial, `${approval.id} was refused by ${approval.by ?? 'nobody'}`)
  visit.approval = approval
  if (approval.state === 'granted') return would
  if (isNew) tell(road, approval)
  return approvalRequired(approval, denial.detail)
}

function boundOf({ road, call }: AnyVisit, { principal: agent }: PolicyRequest, run: LiveRun) {
  const { id: rid, method } = call
  return { run, agent, person: run.person, target: targetName(call.target), method, rid, at: road.clock.now() }
}

function because(denial: Denial, why: string): Denial {
  return { ...denial, detail: `${denial.detail}; an approval would let it through, but ${why}` }
}

export function approvalRequired({ id, rule }: Approval, detail: string): Denial {
  return deny('approval_required', `${detail}; ${id} would let it through`, {
    approval: id,
    ...(rule === null ? {} : { rule }),
  })
}

/** Once for an approval, however often its call is tried. */
function tell({ log, snapshot }: Road, approval: Approval): void {
  const { id, run, rid, agent, person, target, method, args_hash, rule, at } = approval
  const whose = person === null ? '' : ` for ${person}`
  const sentence = `${agent}${whose} wants to call ${target} in ${run.id}, which ${rule ?? 'policy'} forbids without an approval: ${id}.`
  log.warn(sentence, { approval: id, run: run.id, hop: rid })
  const asked = { id, agent, person, target, method, args_hash, hop: rid }
  snapshot.alerts.send({ kind: 'approval_required', at, sentence, run: detailOf(run), approval: asked, rule })
}

/** Grants or refuses; null if the approval is not pending any more, `unrecorded` if the ledger takes nothing. */
export function decideApproval(road: Road, approval: Approval, decision: Decision): Approval | 'unrecorded' | null {
  if (approval.state !== 'pending' || road.approvals.find(approval.id) !== approval) return null
  if (!road.ledger.append(entryOf(approval, decision))) return 'unrecorded'
  const { state, actor } = decision
  road.log.warn(`${approval.id} was ${state} by ${actor}`, { approval: approval.id, run: approval.run.id })
  return road.approvals.decide(approval, decision)
}

function entryOf(approval: Approval, { state, actor, reason, at }: Decision): ApprovalEntry {
  const { id, run, rid, agent, person, target, method, args_hash } = approval
  const bound = { run: run.id, rid, agent, human: person, target, method, args_hash }
  return { v: 1, ts: at, kind: 'approval', id, event: state, ...bound, reason, actor }
}

/** The hop is over: its approval is spent if the target may have seen the call, and as good as before if not. */
export function closeApproval({ road, approval }: AnyVisit, sent: boolean): void {
  if (!approval) return
  if (sent) road.approvals.use(approval)
  else road.approvals.giveBack(approval)
}
