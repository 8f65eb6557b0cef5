/**
 * JWTs by which a client says who it is (RFC 7523 section 2.2): signed by itself, or by an issuer of workloads. An assertion
 * names this gateway and nobody else as its audience: one made out to a URL that another server may also answer to could be
 * carried from there to here.
 */
import type { Millis } from '../../base/clock.ts'
import type { ClientSettings, IssuerSettings } from '../../config/settings-identity.ts'
import type { AgentId } from '../../domain/ids.ts'
import { deny } from '../../domain/verdict.ts'
import type { Confirmation } from '../../domain/principal.ts'
import type { ClientMethod } from './client.ts'
import { readConfirmation } from '../sender/confirmation.ts'
import type { KeySource } from '../trust/jwks.ts'
import { profiles } from '../trust/profiles.ts'
import { boundElsewhere, type Trust, workloadTrust } from '../trust/trust.ts'
import { workloadMap } from '../trust/workload-map.ts'

/** What an assertion proves. */
export interface Assertion {
  readonly agent: AgentId
  readonly method: Extract<ClientMethod, 'private_key_jwt' | 'jwt_spiffe' | 'workload_jwt'>
  readonly issuer: string
  readonly jti: string
  readonly keyId: string
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  /** The key an issuer bound it to; it proves nothing without that. */
  readonly boundTo: Confirmation | null
}

/**
 * What a client may sign with; which of them its key fits is for the key to say. Edwards curves have two names, of which
 * clients write the newer one (RFC 9864) and older key documents the other.
 */
export const clientAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const
/** The longest an assertion may live: it is made for one request. */
const assertionLifetime_max_s = 300

/** `private_key_jwt`: the client signs for itself, as issuer and as subject. */
export function clientTrust(agent: AgentId, keys: KeySource, public_url: string): Trust<Assertion> {
  return {
    keys,
    algorithms: clientAlgorithms,
    rule: {
      issuer: agent,
      audience: public_url,
      typs: ['', 'jwt', 'client-authentication+jwt'],
      lifetime_max_s: assertionLifetime_max_s,
    },
    read({ kid: keyId }, { sub, jti, issuedAt, expiresAt }) {
      if (sub !== agent) return deny('unauthenticated', 'iss and sub of the assertion are not one client')
      return { agent, method: 'private_key_jwt', issuer: agent, jti, keyId, issuedAt, expiresAt, boundTo: null }
    },
  }
}

/** A workload's token as an assertion. A JWT-SVID is made for whom it is shown to, so its audience is this gateway. */
export function workloadAssertionTrust(
  issuer: IssuerSettings,
  keys: KeySource,
  { public_url, clients }: { readonly public_url: string; readonly clients: ReadonlyMap<AgentId, ClientSettings> },
): Trust<Assertion> {
  const { spiffe } = profiles[issuer.profile]
  const agentOf = workloadMap(issuer, spiffe ? agentsBySpiffeId(clients) : new Map())
  const method = spiffe ? 'jwt_spiffe' : 'workload_jwt'
  return workloadTrust(issuer, keys, spiffe ? public_url : issuer.audience, ({ claims, kid: keyId }, base) => {
    const agent = agentOf(claims)
    if (typeof agent !== 'string') return agent
    const boundTo = readConfirmation(claims)
    if (boundTo === undefined) return deny('unauthenticated', boundElsewhere)
    const { jti, issuedAt, expiresAt } = base
    return { agent, method, issuer: issuer.issuer, jti, keyId, issuedAt, expiresAt, boundTo }
  })
}

export function agentsBySpiffeId(clients: ReadonlyMap<AgentId, ClientSettings>): ReadonlyMap<string, AgentId> {
  return uniquely([...clients].map(([agent, { spiffe_id }]) => [spiffe_id, agent] as const))
}

/** By `x5t#S256`. */
export function agentsByCertificate(clients: ReadonlyMap<AgentId, ClientSettings>): ReadonlyMap<string, AgentId> {
  const thumbprint = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')
  return uniquely(
    [...clients].flatMap(([agent, { cert_sha256 }]) => cert_sha256.map((hex) => [thumbprint(hex), agent] as const)),
  )
}

/** What two agents claim is neither's. */
function uniquely(claims: readonly (readonly [name: string | null, agent: AgentId])[]): ReadonlyMap<string, AgentId> {
  const owners = new Map<string, AgentId>()
  const disputed = new Set<string>()
  for (const [name, agent] of claims) {
    if (name === null) continue
    if ((owners.get(name) ?? agent) !== agent) disputed.add(name)
    owners.set(name, agent)
  }
  for (const name of disputed) owners.delete(name)
  return owners
}
