/**
 * The call token (RFC 9068): what an agent shows to call one resource of the gateway. With a run it carries the chain
 * that led to its holder, and the newest link of that chain is the holder with this very token.
 *
 * Its `aud` is the resource it is for, or the gateway itself. Only the operator's command line mints the latter; the
 * authenticator holds the former against what was asked for.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Authority } from '../../domain/authority.ts'
import type { BudgetAmounts } from '../../domain/ceilings.ts'
import { type AgentId, isAgentId, isPersonId, type PersonId, type RunId } from '../../domain/ids.ts'
import type { Confirmation, Delegation, ForeignChain, Lineage, Proof, Taint } from '../../domain/principal.ts'
import { worseTaint } from '../../domain/taint.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import { readAuthority, writeAuthority } from './authority-claims.ts'
import { readConfirmation, writeConfirmation } from '../sender/confirmation.ts'
import { inputHash } from '../digest.ts'
import { actedIn, extend, replaceNewest, rootHash, rootLineage } from './chain.ts'
import { readChain, writeChain } from './chain-claims.ts'
import type { Frame, Unwritten } from './delivery.ts'
import { type BaseClaims, isText, type ReadToken } from '../strict-jwt.ts'
import type { Subject } from '../clients/subject.ts'

export const callTyp = 'at+jwt'
/** The longest a call token may live. */
export const callLifetime_max_s = 300

/** What a call token is minted from. */
export interface CallFacts {
  readonly agent: AgentId
  /** The person the agent works for; null for a service. That of `delegation`, if there is one. */
  readonly person: PersonId | null
  /** The resource it is for, or the URL of the gateway itself. */
  readonly audience: string
  /** The parent: a delivery to this agent, or a call token of its own that is to be narrowed. Null for a root. */
  readonly delegation: Delegation | null
  /** The run a root starts with; null for a token that belongs to no run yet. That of `delegation`, if there is one. */
  readonly run: RunId | null
  /** Never wider than the parent's; the caller of the minter has seen to that. */
  readonly authority: Authority
  readonly boundTo: Confirmation | null
  /** Seconds; never more than the configuration allows, and never past the parent's end. */
  readonly ttl_s?: number
  /** Absent: that of the parent. */
  readonly depthMax?: number | null
  /** A ceiling of its own, beside those of the parent. */
  readonly budget?: BudgetAmounts | null
  /** That of the run where it is known; never less than the parent's. */
  readonly taint?: Taint
  /** SHA-256 in base64url of the proof of possession shown for it. */
  readonly pop?: string | null
  /** What another organisation says came before a root. */
  readonly ext?: ForeignChain | null
  /** How and when the person at a root logged in. */
  readonly login?: Subject['login']
}

/** The delegation a call token carries, but for how it is written; null where it belongs to no run. */
export function callDelegation(facts: CallFacts, jti: string, iat: number): Unwritten | null {
  const { agent, delegation: parent, authority, run, person, ext = null } = facts
  const { depthMax = parent?.depthMax ?? null, pop = null } = facts
  const inherited = parent?.budget ?? []
  const budget = facts.budget ? [...inherited, { ...facts.budget, grant: jti }] : inherited
  const taint = worseTaint(facts.taint ?? 'none', parent?.taint ?? 'none')
  const act = { a: agent, jti, iat, adh: authorityHash(authority), pop }
  const own = { holder: agent, tokenId: jti, authority, depthMax, budget, taint }
  if (parent) {
    const { hop, depth, chain } = parent
    return { run: parent.run, hop, depth, chain, person: parent.person, ...own, lineage: continued(parent, act) }
  }
  if (run === null) return null
  const lineage = extend({ ...rootLineage(rootHash(run, agent, person)), ext }, act)
  return { run, hop: null, depth: 0, chain: [agent], person, ...own, lineage }
}

function continued({ lineage, depth, inputHash: prh }: Delegation, act: Parameters<typeof extend>[1]): Lineage {
  const before = { ...lineage, prh }
  return actedIn(lineage) > depth ? replaceNewest(before, act) : extend(before, act)
}

export function callClaims(facts: CallFacts, delegation: Unwritten | null, frame: Frame & { jti: string }): JsonObject {
  const { agent, person, audience, authority, boundTo, login = null } = facts
  const { iss, iat, exp, jti } = frame
  return {
    iss,
    aud: audience,
    client_id: agent,
    ...(delegation
      ? writeChain(delegation, delegation.depth + 1)
      : { sub: person ?? agent, sub_profile: person ? 'user' : 'service' }),
    ...writeLogin(login),
    jti,
    iat,
    nbf: iat,
    exp,
    ...writeAuthority(authority),
    cnf: boundTo ? writeConfirmation(boundTo) : undefined,
  }
}

/** RFC 9068 section 2.2.1. */
function writeLogin(login: Subject['login']): JsonObject {
  const { auth_time = null, acr = null, amr = [] } = login ?? {}
  return {
    ...(auth_time === null ? {} : { auth_time }),
    ...(acr === null ? {} : { acr }),
    ...(amr.length === 0 ? {} : { amr }),
  }
}

/** Reads the claims of a call token whose form was checked; refuses what does not hold together. */
export function readCall(token: ReadToken, base: BaseClaims, own: { url: string; chain_max: number }): Proof | Denial {
  const { client_id: agent, aud, may_act } = token.claims
  if (!isText(agent) || !isAgentId(agent)) return refuse('client_id is no agent')
  if (!isText(aud) || (aud !== own.url && !aud.startsWith(`${own.url}/`)))
    return refuse('aud is nothing of this gateway')
  if (may_act !== undefined) return refuse('a call token has no may_act')
  const boundTo = readConfirmation(token.claims)
  const authority = readAuthority(token.claims)
  if (boundTo === undefined || !authority) return refuse('cnf, scope or authorization_details cannot be read')
  const delegation = readDelegation(token, { base, agent, authority, chain_max: own.chain_max })
  if (isDenial(delegation)) return delegation
  const person = delegation ? delegation.person : personOf(agent, token.claims)
  if (person === undefined) return refuse('sub and sub_profile disagree')
  const { jti: credentialId, issuedAt, expiresAt } = base
  const audience = aud === own.url ? null : aud
  const vouched = { issuer: 'weir', keyId: token.kid, issuedAt, expiresAt }
  return { kind: 'call_token', agent, person, credentialId, ...vouched, audience, boundTo, authority, delegation }
}

interface Around {
  readonly base: BaseClaims
  readonly agent: AgentId
  readonly authority: Authority
  readonly chain_max: number
}

function readDelegation(token: ReadToken, around: Around): Delegation | Denial | null {
  const { dlg, act, txn } = token.claims
  if (dlg === undefined && act === undefined && txn === undefined) return null
  const { base, agent, authority, chain_max } = around
  const chained = readChain(token.claims, chain_max, true)
  if (isDenial(chained)) return chained
  const newest = chained.lineage.links.at(-1)
  if (chained.chain.at(-1) !== agent || newest?.jti !== base.jti || newest.adh !== authorityHash(authority))
    return refuse('the newest link is not the holder with this token')
  const { jti: tokenId, issuedAt, expiresAt } = base
  const written = { keyId: token.kid, inputHash: inputHash(token.raw), issuedAt, expiresAt }
  return { ...chained, holder: agent, tokenId, authority, ...written }
}

function personOf(agent: AgentId, { sub, sub_profile }: JsonObject): PersonId | null | undefined {
  if (sub_profile === 'user' && isText(sub) && isPersonId(sub)) return sub
  return sub_profile === 'service' && sub === agent ? null : undefined
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
