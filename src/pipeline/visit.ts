/**
 * What is known about one call on its way down the road: filled in step by step, read once, when its record is
 * written. Nothing here decides anything.
 */
import type { CallApproval } from '../domain/approval.ts'
import { anything, type Authority } from '../domain/authority.ts'
import { grantsOf } from '../domain/ceilings.ts'
import { type AnyCall, type Call, planeOf, targetName } from '../domain/call.ts'
import type { AgentId, HopId, PersonId } from '../domain/ids.ts'
import type { Delegation, Principal } from '../domain/principal.ts'
import type { PolicyAsked } from '../domain/policy-asked.ts'
import type { CallRecord, Outcome } from '../domain/record.ts'
import type { RunOrigin } from '../domain/run.ts'
import { nothingSpent } from '../domain/spend.ts'
import type { Claim, Denial, Hop } from '../domain/verdict.ts'
import { authorityHash } from '../domain/authority/hash.ts'
import type { Ask } from '../limits/lease.ts'
import type { LiveRun } from '../limits/live-run.ts'
import type { Inbound, Reply } from '../protocol/http.ts'
import { readClaims, readTags } from '../protocol/run-context.ts'
import type { Party } from '../domain/task.ts'
import type { Approval } from './approvals.ts'
import { capture, levelOf } from './capture.ts'
import type { Lent } from './deliveries.ts'
import type { Road, Snapshot } from './road.ts'
import type { Trace } from '../protocol/traceparent.ts'
import { TapedReply } from './tape.ts'
import { traceSaid } from './trace-of.ts'

export interface Visit<Asked extends AnyCall = Call> {
  readonly road: Road
  /** The settings and policy this call sees, whatever is reloaded meanwhile. */
  readonly snapshot: Snapshot
  readonly inbound: Inbound
  readonly reply: Reply
  readonly call: Asked
  principal: Principal | null
  run: LiveRun | null
  origin: RunOrigin | null
  parent: HopId | null
  depth: number
  /** From the root agent to the caller. */
  chain: readonly AgentId[]
  /** The token of the place the caller stands on; null at the root. */
  delegation: Delegation | null
  /** What all tokens of the caller allow together. */
  authority: Authority
  /** The token that went out with the hop. */
  delivery: Lent | null
  /** What was asked of the limits, for the alert of a breach. */
  ask: Ask | null
  hop: Hop<Asked> | null
  /** The task it is about, where it may touch it. */
  claim: Claim | null
  /** The approval this call waits for or, where it was granted, rests on. */
  approval: Approval | null
  /** What policy was asked with last; null where it was not. */
  asked: PolicyAsked | null
  /** The trace its caller named; undefined until it was read. */
  said: Trace | null | undefined
  /** What its caller was given, where that is kept; the `reply` then goes through it. */
  readonly tape: TapedReply | null
}

/** One of any protocol. */
export type AnyVisit = Visit<AnyCall>

export function openVisit<Asked extends AnyCall>(
  road: Road,
  inbound: Inbound,
  call: Asked,
  reply: Reply,
): Visit<Asked> {
  const rules = road.snapshot.settings.ledger.capture
  const isKept = levelOf(rules, targetName(call.target)) !== 'none'
  const tape = isKept ? new TapedReply(reply, rules.captured_bytes) : null
  return {
    road,
    snapshot: road.snapshot,
    inbound,
    reply: tape ?? reply,
    tape,
    call,
    principal: null,
    run: null,
    origin: null,
    parent: null,
    depth: 0,
    chain: [],
    delegation: null,
    authority: anything,
    delivery: null,
    ask: null,
    hop: null,
    claim: null,
    approval: null,
    asked: null,
    said: undefined,
  }
}

/** Why a call was not let through, as its record says it. */
export type Refusal = Pick<Denial, 'detail' | 'rule'> & { readonly code: Denial['code'] | null }

/** The record of a call whose outcome is known; `refusal` is null where the call was let through and answered. */
function recordOf(visit: AnyVisit, refusal: Refusal | null, outcome: Outcome): CallRecord {
  const { call, principal, hop } = visit
  return {
    ...provenance(visit),
    v: 1,
    ts: call.receivedAt,
    kind: 'call',
    rid: call.id,
    parent_rid: visit.parent,
    run: visit.claim?.task.owner.run ?? visit.run?.id ?? null,
    run_origin: visit.origin,
    human: personOf(visit),
    agent: principal?.proof.agent ?? null,
    cred_type: principal?.proof.kind ?? null,
    cred_id: principal?.proof.credentialId ?? null,
    jti: principal?.delegation?.tokenId ?? null,
    chain: visit.chain,
    depth: visit.depth,
    target: targetName(call.target),
    dialect: call.dialect,
    action: call.operation,
    method: call.method,
    decision: hop || outcome.status !== 'refused' ? 'allow' : 'deny',
    code: refusal?.code ?? null,
    detail: refusal?.detail ?? null,
    rule: refusal?.rule ?? null,
    policies: hop?.permit.policies ?? [],
    pol_hash: visit.snapshot.policy.hash,
    cfg_hash: visit.snapshot.configHash,
    shadow: hop ? shadowOf(hop) : [],
    reserved: hop?.lease.reserved ?? nothingSpent,
    outcome,
    grants: grantsOf(visit.ask?.budget ?? []),
    taint: visit.run?.taint ?? 'none',
    approval: approvalOf(visit),
    claims: readClaims(visit.inbound.headers),
    tags: readTags(visit.inbound.headers, visit.snapshot.settings.gateway.tags),
    asked: visit.asked,
    trace: traceSaid(visit)?.traceparent ?? null,
  }
}

function shadowOf({ permit, lease }: Hop<AnyCall>): readonly string[] {
  return [...(permit.shadow ?? []), ...lease.overruled.map((overruled) => overruled.rule ?? overruled.code)]
}

type Provenance = Pick<CallRecord, 'scope' | 'adh' | 'dlg_head' | 'prh' | 'bound' | 'delivery' | 'ext_head'>

/** By what right the call was made, and the hashes that tie it to the tokens before and behind it. */
function provenance({ principal, authority, delegation, delivery }: AnyVisit): Provenance {
  const lineage = (delivery?.delegation ?? delegation)?.lineage
  return {
    scope: authority.scopes?.join(' ') ?? null,
    adh: authorityHash(authority),
    dlg_head: lineage?.head ?? null,
    prh: delegation?.inputHash ?? null,
    bound: principal?.proof.boundTo?.kind ?? 'none',
    delivery: delivery?.delegation.tokenId ?? null,
    ext_head: lineage?.ext?.head ?? null,
  }
}

function approvalOf({ approval }: AnyVisit): CallApproval | null {
  return approval && { id: approval.id, by: approval.by, args_hash: approval.args_hash }
}

/** The outcome of a call that never left. Bytes are those of the answer. */
export function unsent(visit: AnyVisit, status: Outcome['status'], bytes_out: number): Outcome {
  return {
    status,
    fault: null,
    spent: nothingSpent,
    bytes_in: visit.inbound.body.length,
    bytes_out,
    ms: elapsed_ms(visit),
    upstream_ms: 0,
    task: null,
  }
}

/** Whether an active run was opened for this very call. */
export function isOpenedFor({ origin, run }: AnyVisit): boolean {
  return origin === 'new' && run?.state === 'active'
}

/** A run that was opened for a call which never left ends with it, so that refused calls do not fill the run table. */
export function endIfOpenedFor(visit: AnyVisit): void {
  if (visit.run && isOpenedFor(visit)) visit.road.runs.end(visit.run, visit.road.clock.now())
}

/**
 * The one place where the record of a call is left and its end counted. A ledger that takes nothing more is said once
 * a second: in a runaway loop the refusals would otherwise fill the disk that is full already.
 */
export function leaveRecord(visit: AnyVisit, refusal: Refusal | null, outcome: Outcome): void {
  const { road, call, principal } = visit
  const record = recordOf(visit, refusal, outcome)
  const kept = captured(visit, outcome)
  const left = road.ledger.append(kept ? { ...record, ...kept } : record)
  if (!left && road.counts.unrecorded(road.clock.now()))
    road.log.error('calls leave no record: the ledger takes nothing', { hop: call.id })
  const whose = { agent: principal?.proof.agent ?? null, run: visit.run?.id ?? null }
  const now = road.clock.now()
  road.counts.paid({ ...whose, kind: call.target.kind }, outcome, now)
  road.counts.ended({ ...whose, plane: planeOf(call) }, outcome, now)
}

/** What is kept of the payloads of a call that was let through; strangers leave none, and neither do refusals of ours. */
function captured(visit: AnyVisit, { status }: Outcome): Pick<CallRecord, 'args_c' | 'res_c'> | null {
  const { road, call, hop, snapshot, inbound, tape } = visit
  if (!hop || !tape) return null
  const answered = status === 'answered' || tape.streamed ? tape.said : null
  const kept = { road, call, settings: snapshot.settings.ledger.capture, person: personOf(visit) }
  const args_c = capture(kept, 'args', inbound.body)
  const res_c = answered && capture(kept, 'res', answered)
  return args_c || res_c ? { ...(args_c && { args_c }), ...(res_c && { res_c }) } : null
}

/** The person at the root of the work: the run's, else the delegation's, else the one the credential names. */
export function personOf(visit: AnyVisit): PersonId | null {
  const { run, principal } = visit
  if (run) return run.person
  return principal?.delegation ? principal.delegation.person : (principal?.proof.person ?? null)
}

/** Who takes part in conversations with this call. */
export function partyOf(visit: AnyVisit, { proof }: Pick<Principal, 'proof'>): Party {
  return { agent: proof.agent, person: personOf(visit), run: visit.run?.id ?? null }
}

/** Milliseconds since the first byte of the call. */
export function elapsed_ms(visit: AnyVisit): number {
  return visit.road.clock.monotonic() - visit.inbound.startedAt
}
