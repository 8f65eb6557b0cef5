/**
 * What a token would stand on: the subject, verified and in the right hands, its run, and how deep the holder is in it.
 * Whoever presents a subject must be the one it was made for, whatever else it holds; so two chains cannot be joined,
 * nobody acts on a token it came by, and a person at the root stays there.
 */
import type { Millis } from '../../base/clock.ts'
import { anything, type Authority } from '../../domain/authority.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { Delegation, Principal } from '../../domain/principal.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { Subject } from '../../identity/clients/subject.ts'
import { refusalOfRun } from '../../limits/lease.ts'
import type { LiveRun } from '../../limits/live-run.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { grantTypes } from '../../protocol/oauth/words.ts'
import { enterRun } from '../enter.ts'
import { invalidTarget, type TokenRequest } from './request.ts'
import { type Known, refusalFor } from './visit.ts'

export interface Ground {
  readonly kind: 'ground'
  /** Null where the client acts for itself alone. */
  readonly subject: Subject | null
  readonly person: PersonId | null
  /** Null where a new run has to be opened. */
  readonly run: LiveRun | null
  readonly delegation: Delegation | null
  /** The depth the first hop with this token would have. */
  readonly depth: number
  /** From the root agent to the client. */
  readonly chain: readonly AgentId[]
  readonly depthMax: number | null
  readonly authority: Authority
  /** The last moment at which the subject is accepted; no token outlives it. */
  readonly expiresAt: Millis
}

const unacceptable = 'The subject token is not acceptable for this client'
const noAssertion = 'The assertion is not acceptable for this client'

/** Finds the ground of a request, or the first reason why there is none. */
export async function findGround(known: Known, request: TokenRequest): Promise<Ground | OAuthRefusal> {
  const ground = await standOn(known, request)
  return isOAuthRefusal(ground) ? ground : (tooDeep(known, request, ground) ?? ground)
}

/** The part of a request that says what it stands on. */
type Standing = Pick<TokenRequest, 'grant' | 'subject' | 'actor' | 'runId'>

/** The same for a token that is for no target, and so leads no deeper. */
export async function standOn(known: Known, request: Standing): Promise<Ground | OAuthRefusal> {
  const { client, visit } = known
  const subject = await verified(known, request)
  if (isOAuthRefusal(subject)) return subject
  visit.found.parent_jti = subject?.tokenId ?? null
  visit.found.person = subject?.person ?? null
  visit.found.ext = subject?.ext ?? null
  if (subject?.login) Object.assign(visit.found, { login_iss: subject.issuer, ...subject.login })
  const broken = subject && ((await strangerTo(known, request, subject)) ?? revoked(known, request, subject))
  if (broken) return broken
  const ground = subject?.delegation
    ? inItsRun(known, subject, subject.delegation)
    : atTheRoot(known, subject, client.agent)
  if (isOAuthRefusal(ground)) return ground
  visit.found.run = ground.run?.id ?? null
  if (request.runId !== null && request.runId !== ground.run?.id)
    return oauthRefusal('invalid_request', 'run_id is not that of the subject token', 'run_id differs or is not known')
  return ground
}

async function verified({ visit }: Known, { grant, subject }: Standing): Promise<Subject | null | OAuthRefusal> {
  if (!subject) return null
  const { subjects } = visit.parts
  const { peer } = visit.inbound
  return grant === grantTypes.jwtBearer
    ? await subjects.verifyGrant(subject.token, peer)
    : await subjects.verifySubject(subject.token, subject.type, peer)
}

/** Continuity: subject and actor are the client's own, and of one chain. */
async function strangerTo(known: Known, request: Standing, subject: Subject): Promise<OAuthRefusal | null> {
  const { client, visit } = known
  if (!fits(request, subject)) return notThis(request, `a ${subject.kind} is no subject of this grant`)
  if (subject.holder !== client.agent) return notThis(request, `made for ${subject.holder}, shown by ${client.agent}`)
  if (subject.delegation && subject.delegation.person !== subject.person)
    return notThis(request, 'the subject and its chain name different persons')
  if (!request.actor) return null
  const actor = await visit.parts.subjects.verifySubject(request.actor.token, request.actor.type, visit.inbound.peer)
  if (isOAuthRefusal(actor)) return oauthRefusal('invalid_request', 'The actor token is not acceptable', actor.detail)
  const over = revoked(known, request, actor)
  if (over) return over
  if (actor.holder === client.agent && ofOneChain(actor, subject)) return null
  return oauthRefusal('invalid_request', 'The actor token is not acceptable', 'it is not the client in this chain')
}

function fits({ grant }: Standing, { kind }: Subject): boolean {
  return (grant === grantTypes.jwtBearer) === (kind === 'grant')
}

/** An actor token without a chain says only who acts; one with a chain must be of this run and this person. */
function ofOneChain(actor: Subject, subject: Subject): boolean {
  if (!actor.delegation) return actor.person === null || actor.person === subject.person
  return actor.delegation.run === subject.delegation?.run && actor.delegation.person === subject.delegation.person
}

function revoked({ visit }: Known, request: Standing, subject: Subject): OAuthRefusal | null {
  const refusal = visit.road.revocations.epochs.refusalOf(principalOf(subject))
  return refusal && refusalFor(refusal, ...unfit(request))
}

/** The subject as whoever revokes knows it. */
function principalOf(subject: Subject): Principal {
  const { holder: agent, person, tokenId: credentialId, issuer, keyId, issuedAt, expiresAt } = subject
  const { authority, delegation } = subject
  const who = { agent, person, credentialId, issuer, keyId, issuedAt, expiresAt }
  const kind = delegation ? 'call_token' : 'issuer_jwt'
  return { proof: { kind, ...who, audience: null, boundTo: null, authority, delegation }, delegation }
}

function inItsRun({ visit }: Known, subject: Subject, delegation: Delegation): Ground | OAuthRefusal {
  const { road } = visit
  const place = enterRun(road.runs, principalOf(subject), new Map())
  if (isDenial(place)) return refusalFor(place, 'invalid_request', 'The run of the subject token is over')
  const { run, depth, chain } = place
  const over = run && refusalOfRun(run, road.clock.now())
  if (!run || over)
    return oauthRefusal('invalid_request', 'The run of the subject token is over', over?.detail ?? 'no run')
  if (run.person !== subject.person)
    return oauthRefusal('invalid_request', unacceptable, 'the run is for another person')
  const { person, authority, expiresAt } = subject
  const { depthMax } = delegation
  return { kind: 'ground', subject, person, run, delegation, depth, chain, depthMax, authority, expiresAt }
}

function atTheRoot({ visit }: Known, subject: Subject | null, agent: AgentId): Ground | OAuthRefusal {
  const depthMax = subject?.kind === 'grant' ? depthLeft(visit.snapshot.settings.identity.partners, subject) : null
  if (depthMax !== null && depthMax < 1)
    return oauthRefusal('invalid_grant', noAssertion, 'the foreign chain leaves no room for another agent')
  const where = { run: null, delegation: null, depth: 1, chain: [agent], depthMax }
  const authority = subject?.authority ?? anything
  const expiresAt = subject?.expiresAt ?? Number.POSITIVE_INFINITY
  return { kind: 'ground', subject, person: subject?.person ?? null, ...where, authority, expiresAt }
}

/** Hops that are left when their actors and the client are counted; none for a partner nobody configured. */
function depthLeft(
  partners: readonly { readonly issuer: string; readonly depth_max: number }[],
  subject: Subject,
): number {
  const partner = partners.find(({ issuer }) => issuer === subject.issuer)
  return partner ? partner.depth_max - (subject.ext?.depth ?? 0) - 1 : 0
}

function tooDeep({ visit, client }: Known, { target }: TokenRequest, ground: Ground): OAuthRefusal | null {
  if (target.kind === 'agent' && target.id === client.agent)
    return invalidTarget(`${target.id} asks for a token for itself`)
  const { settings } = visit.snapshot
  const limit = settings.limits.run.depth_max
  const ours = limit?.mode === 'enforce' ? limit.max : Number.POSITIVE_INFINITY
  const max = Math.min(ground.depthMax ?? Number.POSITIVE_INFINITY, ours)
  if (ground.depth <= max && ground.chain.length < settings.maximums.chain) return null
  return oauthRefusal('invalid_request', 'The delegation may not go deeper', `depth ${ground.depth} of ${max}`)
}

/** RFC 8693 section 2.2.2 and RFC 7523 section 3.1 name the same fault differently. */
function unfit({ grant }: Standing): ['invalid_request' | 'invalid_grant', string] {
  return grant === grantTypes.jwtBearer ? ['invalid_grant', noAssertion] : ['invalid_request', unacceptable]
}

function notThis(request: Standing, detail: string): OAuthRefusal {
  return oauthRefusal(...unfit(request), detail)
}
