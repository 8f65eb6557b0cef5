/** Whom the gateway believes, and what it reads out of their tokens: one row for each issuer and role. */
import type { IssuerSettings } from '../config/settings-identity.ts'
import { anything } from '../domain/authority.ts'
import { isPersonId, type PersonId } from '../domain/ids.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import { callLifetime_max_s, callTyp, readCall } from './call-token.ts'
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

/** Our own call tokens. Their audience is held against what was asked for, by the authenticator. */
export function callTrust({ public_url: url, maximums }: IdentitySettings, keys: KeySource): Trust<Proof> {
  return {
    keys,
    algorithms: ['ES256'],
    rule: { issuer: url, audience: null, typs: [callTyp], lifetime_max_s: callLifetime_max_s },
    read: (token, base) => readCall(token, base, { url, chain_max: maximums.chain }),
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
    read: (token, base) => readDelivery(token, base, settings.maximums.chain),
  }
}

/** `tomas` or `user:tomas`; null where there is none, undefined where there is one that cannot be a person. */
function readPerson(value: unknown): PersonId | null | undefined {
  if (value === undefined) return null
  if (!isText(value)) return undefined
  const id = value.startsWith('user:') ? value : `user:${value}`
  return isPersonId(id) ? id : undefined
}
