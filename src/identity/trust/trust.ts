/** Whom the gateway believes, and what it reads out of their tokens: one row for each issuer and role. */
import type { JsonObject } from '../../base/json.ts'
import type { IssuerSettings } from '../../config/settings-identity.ts'
import { anything } from '../../domain/authority.ts'
import { isPersonId, type PersonId } from '../../domain/ids.ts'
import type { Delegation, Proof } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { readAuthority } from '../tokens/authority-claims.ts'
import { callLifetime_max_s, callTyp, readCall } from '../tokens/call-token.ts'
import { readConfirmation } from '../sender/confirmation.ts'
import { deliveryTyp, readDelivery } from '../tokens/delivery.ts'
import type { KeySource } from './jwks.ts'
import type { IdentitySettings } from '../settings.ts'
import { profiles } from './profiles.ts'
import { trustDomainOf } from './spiffe.ts'
import { type BaseClaims, type ClaimRule, isText, type Leeway, type ReadToken, strict } from '../strict-jwt.ts'
import { workloadMap } from './workload-map.ts'

/** One issuer in one role: its keys, what its tokens must say, and what they prove. */
export interface Trust<T> {
  readonly keys: KeySource
  readonly algorithms: readonly string[]
  readonly rule: ClaimRule
  /** Reads claims that passed the rule. */
  read(token: ReadToken, base: BaseClaims): T | Denial
}

const wide = { audience: null, authority: anything, delegation: null }
export const boundElsewhere = 'cnf binds the token to a key in a way that cannot be checked'

/** Finds the trust a token asks for: by `iss`, or by the trust domain of its `sub` (JWT-SVID section 3 leaves out `iss`). */
export function trustOf<T>(claims: JsonObject, trusts: ReadonlyMap<string, Trust<T>>): Trust<T> | undefined {
  const { iss, sub } = claims
  const named = isText(iss) ? trusts.get(iss) : undefined
  const domain = named || !isText(sub) ? null : trustDomainOf(sub)
  return named ?? (domain === null ? undefined : trusts.get(domain))
}

/** The keys and the rule of a configured workload issuer, whatever is made of its claims. */
export function workloadTrust<T>(
  issuer: IssuerSettings,
  keys: KeySource,
  audience: string,
  read: Trust<T>['read'],
): Trust<T> {
  const { typs, leeway, algorithms, spiffe } = profiles[issuer.profile]
  const { issuer: iss, lifetime_max_s } = issuer
  return {
    keys,
    algorithms: issuer.algorithms.filter((alg) => algorithms?.includes(alg) ?? true),
    rule: { issuer: iss, audience, typs, lifetime_max_s, leeway },
    read(token, base) {
      if (spiffe && trustDomainOf(base.sub) !== iss) return deny('unauthenticated', 'sub is not in the trust domain')
      return read(token, base)
    },
  }
}

/** A configured workload issuer: exactly pinned claims stand for an agent. */
export function foreignTrust(issuer: IssuerSettings, keys: KeySource, public_url: string): Trust<Proof> {
  const agentOf = workloadMap(issuer)
  const trust = workloadTrust<Proof>(issuer, keys, issuer.audience, ({ claims, kid: keyId }, base) => {
    const { jti, issuedAt, expiresAt } = base
    const bounds = issuer.for_tools ? boundsOf(claims, issuer.audience, public_url) : wide
    if (isDenial(bounds)) return bounds
    const agent = agentOf(claims)
    if (typeof agent !== 'string') return agent
    const person = readPerson(issuer.person_claim ? claims[issuer.person_claim] : undefined)
    if (person === undefined) return deny('unauthenticated', `${issuer.person_claim} names no person`)
    const boundTo = readConfirmation(claims)
    if (boundTo === undefined) return deny('unauthenticated', boundElsewhere)
    const times = { keyId, issuedAt, expiresAt, boundTo }
    return { kind: 'issuer_jwt', agent, person, credentialId: jti, issuer: issuer.issuer, ...times, ...bounds }
  })
  if (!issuer.for_tools) return trust
  const { rule } = trust
  const leeway: Leeway = { ...(rule.leeway ?? strict), aud: 'list_of_one' }
  return { ...trust, rule: { ...rule, audience: null, leeway } }
}

type Bounds = Pick<Proof, 'audience' | 'authority' | 'delegation'>

/** For the gateway as a whole, or for one address of tools, which the authenticator holds against what was asked for. */
function boundsOf(claims: JsonObject, gateway: string, public_url: string): Bounds | Denial {
  const [aud] = [claims.aud].flat()
  const tools = `${public_url}/mcp`
  if (aud !== gateway && aud !== tools && !(isText(aud) && aud.startsWith(`${tools}/`)))
    return deny('unauthenticated', 'aud is not this gateway, and no address of tools')
  // A token that says nothing of scopes was given none.
  const authority = readAuthority({ ...claims, scope: claims.scope ?? '' })
  if (!authority) return deny('unauthenticated', 'scope or authorization_details cannot be read')
  return { audience: aud === gateway ? null : aud, authority, delegation: null }
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
