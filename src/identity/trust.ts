/** Whom the gateway believes, and what it reads out of their tokens: one row for each issuer and role. */
import type { IssuerSettings } from '../config/settings-identity.ts'
import { anything } from '../domain/authority.ts'
import { type AgentId, isAgentId, isPersonId, type PersonId } from '../domain/ids.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import { readConfirmation } from './confirmation.ts'
import { deliveryTyp, readDelivery } from './delivery.ts'
import type { KeySource } from './jwks.ts'
import type { IdentitySettings } from './settings.ts'
import { type BaseClaims, type ClaimRule, isText, type ReadToken } from './strict-jwt.ts'

/** One issuer in one role: its keys, what its tokens must say, and what they prove. */
export interface Trust<T> {
  readonly keys: KeySource
  readonly algorithms: readonly string[]
  readonly rule: ClaimRule
  /** Reads claims that passed the rule. */
  read(token: ReadToken, base: BaseClaims): T | Denial
}

export const callTyp = 'at+jwt'
/** The longest a call token may live. */
export const callLifetime_max_s = 300

const wide = { audience: null, authority: anything, delegation: null }
const boundElsewhere = 'cnf binds the token to a key in a way that cannot be checked'

/** A configured identity provider: an exactly pinned claim value stands for an agent. */
export function foreignTrust(issuer: IssuerSettings, keys: KeySource): Trust<Proof> {
  const agents = new Map(Object.entries(issuer.agents))
  return {
    keys,
    algorithms: issuer.algorithms,
    rule: {
      issuer: issuer.issuer,
      audience: issuer.audience,
      typs: ['jwt', callTyp],
      lifetime_max_s: issuer.lifetime_max_s,
    },
    read({ claims, kid: keyId }, { jti, issuedAt, expiresAt }) {
      const value = Object.hasOwn(claims, issuer.agent_claim) ? claims[issuer.agent_claim] : undefined
      const agent = isText(value) ? agents.get(value) : undefined
      if (!agent) return deny('unauthenticated', `${issuer.agent_claim} stands for no agent`)
      const person = readPerson(issuer.person_claim ? claims[issuer.person_claim] : undefined)
      if (person === undefined) return deny('unauthenticated', `${issuer.person_claim} names no person`)
      const boundTo = readConfirmation(claims)
      if (boundTo === undefined) return deny('unauthenticated', boundElsewhere)
      const times = { keyId, issuedAt, expiresAt, boundTo }
      return { kind: 'issuer_jwt', agent, person, credentialId: jti, issuer: issuer.issuer, ...times, ...wide }
    },
  }
}

/** Our own call tokens (RFC 9068). */
export function callTrust({ public_url }: IdentitySettings, keys: KeySource): Trust<Proof> {
  return {
    keys,
    algorithms: ['ES256'],
    rule: { issuer: public_url, audience: public_url, typs: [callTyp], lifetime_max_s: callLifetime_max_s },
    read({ claims, kid: keyId }, { sub, jti, issuedAt, expiresAt }) {
      const { client_id, sub_profile } = claims
      if (!isText(client_id) || !isAgentId(client_id)) return deny('unauthenticated', 'client_id is no agent')
      const person = personOf(client_id, sub, sub_profile)
      if (person === undefined) return deny('unauthenticated', 'sub and sub_profile disagree')
      const boundTo = readConfirmation(claims)
      if (boundTo === undefined) return deny('unauthenticated', boundElsewhere)
      const times = { keyId, issuedAt, expiresAt, boundTo }
      return { kind: 'call_token', agent: client_id, person, credentialId: jti, issuer: 'weir', ...times, ...wide }
    },
  }
}

/** Our own delivery tokens; only ever beside a credential of their holder. */
export function deliveryTrust(settings: IdentitySettings, keys: KeySource): Trust<Delegation> {
  return {
    keys,
    algorithms: ['ES256'],
    rule: {
      issuer: settings.public_url,
      audience: null,
      typs: [deliveryTyp],
      lifetime_max_s: settings.tokens.delivery_ttl_s,
    },
    read: ({ claims }, { expiresAt }) => readDelivery(claims, expiresAt, settings.maximums.chain),
  }
}

function personOf(agent: AgentId, sub: string, profile: unknown): PersonId | null | undefined {
  if (profile === 'user' && isPersonId(sub)) return sub
  return profile === 'service' && sub === agent ? null : undefined
}

/** `tomas` or `user:tomas`; null where there is none, undefined where there is one that cannot be a person. */
function readPerson(value: unknown): PersonId | null | undefined {
  if (value === undefined) return null
  if (!isText(value)) return undefined
  const id = value.startsWith('user:') ? value : `user:${value}`
  return isPersonId(id) ? id : undefined
}
