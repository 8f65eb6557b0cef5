/**
 * `requested_token_type` txn_token: the run of a subject, as a Txn-Token for the services of the trust domain
 * (draft-ietf-oauth-transaction-tokens-10). Nothing in it is taken from the request but a narrower authority: `tctx` and
 * `rctx` say what Weir knows. One that replaces another keeps its `txn`, `sub` and `aud`, adds its client to `req_wl`,
 * holds no more and lives no longer; one that has expired is replaced by none.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Millis } from '../../base/clock.ts'
import { anything } from '../../domain/authority.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import { type AgentId, isPersonId } from '../../domain/ids.ts'
import type { Principal } from '../../domain/principal.ts'
import { isDenial } from '../../domain/verdict.ts'
import { skew_ms } from '../../identity/strict-jwt.ts'
import { type TxnSaid, type TxnToken, txnLifetime_max_s } from '../../identity/tokens/txn-token.ts'
import { refusalOfRun } from '../../limits/lease.ts'
import type { LiveRun } from '../../limits/live-run.ts'
import { decide } from '../../policy/decide.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { txnTokenType } from '../../protocol/oauth/words.ts'
import { attenuate } from './attenuate.ts'
import { proveKey } from './bind.ts'
import { type Ground, standOn } from './ground.ts'
import { contextOf } from './judge.ts'
import { boundToAnother } from './narrow.ts'
import { readTxnRequest, type TxnRequest } from './txn-request.ts'
import { busy, type Known, recordGrant, refusalFor } from './visit.ts'

/** What the token goes on from. */
interface Origin extends Pick<Ground, 'authority' | 'delegation' | 'depth' | 'chain' | 'person'> {
  readonly kind: 'origin'
  readonly run: LiveRun
  readonly said: Omit<TxnSaid, 'authority'>
  /** The moment at which it ends at the latest. */
  readonly endsAt: Millis
}

const unacceptable = 'The subject token is not acceptable for a Txn-Token'

/** The answer to one such request. */
export async function project(known: Known): Promise<JsonObject | OAuthRefusal> {
  const { visit, form } = known
  const request = readTxnRequest(form, visit.snapshot.settings.identity.tokens.trust_domain)
  if (isOAuthRefusal(request)) return request
  const origin = request.subject.type === txnTokenType ? await replaced(known, request) : await inRun(known, request)
  if (isOAuthRefusal(origin)) return origin
  visit.found.run = origin.run.id
  visit.found.person = origin.person
  const barred = await forbidden(known, origin)
  if (barred) return barred
  const carried = attenuate(known, { asked: request.asked, budget: null }, origin)
  if (isOAuthRefusal(carried)) return carried
  return await issueTxn(known, origin, { ...origin.said, authority: carried.authority })
}

/** From a token of the client's own chain: only inside a run, because the run is the transaction. */
async function inRun(known: Known, request: TxnRequest): Promise<Origin | OAuthRefusal> {
  const { client } = known
  const key = await proveKey(known)
  if (isOAuthRefusal(key)) return key
  const ground = await standOn(known, request)
  if (isOAuthRefusal(ground)) return ground
  const another = boundToAnother(ground.subject, key)
  if (another) return another
  const { run, person, delegation, depth, chain, authority } = ground
  if (!run || !delegation) return oauthRefusal('invalid_request', unacceptable, 'it belongs to no run')
  const rctx = { agent: client.agent, depth: delegation.depth, dlg_head: delegation.lineage.head }
  const said = { run: run.id, subject: person ?? run.root, workloads: [client.agent], rctx }
  const endsAt = Math.min(ground.expiresAt - skew_ms, run.endsAt)
  return { kind: 'origin', run, person, delegation, depth, chain, authority, said, endsAt }
}

/** From another Txn-Token, in whosever hands of the trust domain it is: what it is replaced by gives nobody more. */
async function replaced({ visit, client }: Known, { subject }: TxnRequest): Promise<Origin | OAuthRefusal> {
  const { road, inbound, parts, snapshot } = visit
  const token = await parts.readTxn(subject.token, inbound.peer)
  const now = road.clock.now()
  // The allowance for clocks is for those that did not write the time themselves.
  if (!token || token.expiresAt - skew_ms <= now)
    return oauthRefusal('invalid_request', unacceptable, 'no Txn-Token of ours, or it has expired')
  visit.found.parent_jti = token.jti
  const { epochs } = road.revocations
  const revoked = token.workloads.map((agent) => epochs.refusalOf(principalOf(token, agent))).find((each) => each)
  if (revoked) return refusalFor(revoked, 'invalid_request', unacceptable)
  const run = road.runs.find(token.run)
  const over = run && refusalOfRun(run, now)
  if (!run || over) return oauthRefusal('invalid_request', 'The run of the subject token is over')
  const work = { agents: [run.root, ...token.workloads], person: run.person, since: run.startedAt }
  const barred = epochs.refusalOfWork(work)
  if (barred) return refusalFor(barred, 'invalid_request', unacceptable)
  const workloads = [...token.workloads, client.agent]
  if (workloads.length > snapshot.settings.maximums.chain)
    return oauthRefusal('invalid_request', unacceptable, 'it was replaced too often')
  const { subject: sub, rctx, authority } = token
  const said = { run: run.id, subject: sub, workloads, rctx }
  const place = { depth: typeof rctx.depth === 'number' ? rctx.depth + 1 : 1, chain: workloads, delegation: null }
  const endsAt = Math.min(token.expiresAt - skew_ms, run.endsAt)
  return { kind: 'origin', run, person: run.person, authority, ...place, said, endsAt }
}

/** The token in the hands of one of its clients, as whoever revokes knows it. */
function principalOf(token: TxnToken, agent: AgentId): Principal {
  const { subject, jti: credentialId, keyId, issuedAt, expiresAt } = token
  const person = isPersonId(subject) ? subject : null
  const who = { agent, person, credentialId, issuer: 'weir', keyId, issuedAt, expiresAt }
  const wide = { audience: null, boundTo: null, authority: anything, delegation: null }
  return { proof: { kind: 'call_token', ...who, ...wide }, delegation: null }
}

/** There is no target, so policy is asked whether the client may have tokens made of what it holds: for itself. */
async function forbidden(known: Known, origin: Origin): Promise<OAuthRefusal | null> {
  const { visit, client } = known
  const permit = await decide(visit.snapshot.policy, {
    action: 'exchange',
    principal: client.agent,
    resource: { kind: 'agent', id: client.agent },
    context: contextOf(known, { target: { kind: 'agent', id: client.agent } }, origin),
  })
  if (isDenial(permit)) return refusalFor(permit, 'unauthorized_client', 'This client may not have a Txn-Token')
  visit.found.policies = permit.policies
  return null
}

async function issueTxn({ visit }: Known, { run, endsAt }: Origin, said: TxnSaid): Promise<JsonObject | OAuthRefusal> {
  const { road, parts, found, snapshot } = visit
  const { call_ttl_s } = snapshot.settings.identity.tokens
  const now = road.clock.now()
  const ttl_s = Math.min(call_ttl_s, txnLifetime_max_s, Math.floor((endsAt - now) / 1000))
  if (ttl_s < 1) return oauthRefusal('invalid_request', 'The subject token or its run ends too soon')
  const jti = road.dice.hex(16)
  const raw = await parts.mintTxn({ ...said, jti, ttl_s })
  if (isDenial(raw)) return refusalFor(raw, 'temporarily_unavailable', 'Retry after the time in Retry-After')
  const over = refusalOfRun(run, road.clock.now())
  if (over) return oauthRefusal('invalid_request', 'The run of the subject token is over', over.detail)
  const scope = said.authority.scopes?.join(' ') ?? ''
  const given = {
    jti,
    scope,
    adh: authorityHash(said.authority),
    bound: 'none',
    expires_at: now + ttl_s * 1000,
  } as const
  Object.assign(found, given)
  if (recordGrant(visit, 'allow'))
    return { access_token: raw, issued_token_type: txnTokenType, token_type: 'N_A', expires_in: ttl_s, scope }
  Object.assign(found, { jti: null, scope: null, adh: null, expires_at: null })
  return busy('the ledger takes no entry: no record, no token')
}
