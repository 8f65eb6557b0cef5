/** Clients that show who they are in every way there is, before an identity that trusts their keys. */
import { hash } from 'node:crypto'
import type { ClientSettings } from '../../src/config/settings-identity.ts'
import type { AgentId } from '../../src/domain/ids.ts'
import type { ClientProof } from '../../src/identity/clients/client.ts'
import type { IdentityParts } from '../../src/identity/open.ts'
import type { IdentitySettings } from '../../src/identity/settings.ts'
import { isOAuthRefusal, type OAuthRefusal } from '../../src/protocol/oauth/refusal.ts'
import { agent, gatewayUrl, World } from './identity-kit.ts'
import { jwtKey } from './jwt-key.ts'

export const bearerType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
export const spiffeType = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'
export const domain = 'spiffe://acme.example'
export const research = agent('research')
export const own = jwtKey('ES256', 'own')
export const planners = jwtKey('ES256', 'planners')
const spire = jwtKey('ES256', 'spire')

const nothing: ClientSettings = {
  jwks: null,
  spiffe_id: null,
  cert_sha256: [],
  autonomous: false,
  authorization_details: null,
}

export const clients = (change: Partial<ClientSettings> = {}): ReadonlyMap<AgentId, ClientSettings> =>
  new Map([
    [research, { ...nothing, jwks: 'test:research', spiffe_id: `${domain}/agent/research`, ...change }],
    [agent('planner'), { ...nothing, jwks: 'test:planner', spiffe_id: `${domain}/agent/planner` }],
  ])

export const spireIssuer = {
  issuer: domain,
  profile: 'spiffe',
  jwks: 'test:spire',
  audience: 'https://elsewhere.example',
  algorithms: ['ES256', 'EdDSA'],
  agent_claim: 'sub',
  for_tools: false,
  agents: { [`${domain}/agent/writer`]: agent('writer') },
  workloads: [],
  person_claim: null,
  lifetime_max_s: 3600,
} as const

/** The way in of the token endpoint, for clients of every kind. */
export class Endpoint extends World {
  constructor(parts: Partial<IdentityParts> = {}, change: Partial<IdentitySettings> = {}) {
    const idpKeys: object[] = []
    const documents: Readonly<Record<string, readonly object[]>> = {
      'test:research': [own.jwk, ...(['RS256', 'PS256', 'EdDSA', 'ES384'] as const).map((alg) => jwtKey(alg, alg).jwk)],
      'test:planner': [planners.jwk],
      'test:spire': [{ ...spire.jwk, use: 'jwt-svid' }],
      'test:idp': idpKeys,
    }
    const fetchText = async (url: string): Promise<string> => JSON.stringify({ keys: documents[url] ?? [] })
    super({ fetchText, ...parts }, { clients: clients(), ...change })
    idpKeys.push(this.idpKey.jwk)
  }

  async ask(
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
    clientCert: Uint8Array | null = null,
  ): Promise<ClientProof | OAuthRefusal> {
    const at = { receivedAt: this.clock.now(), startedAt: 0, peer: '127.0.0.1', clientCert }
    const http = { method: 'POST', path: '/oauth/token', query: '', body: Buffer.alloc(0) }
    const inbound = { ...http, headers: new Map(Object.entries(headers)), ...at }
    return await this.identity.authenticateClient(new Map(Object.entries(form)), inbound)
  }

  claims(change: object = {}): object {
    const times = { iat: this.now_s, exp: this.now_s + 60 }
    return { iss: research, sub: research, aud: gatewayUrl, jti: 'a1', ...times, ...change }
  }

  assertion(change: object = {}, header: object = {}): Readonly<Record<string, string>> {
    return assertionOf(own.sign(header, this.claims(change)))
  }

  svid(change: object = {}, header: object = {}): Readonly<Record<string, string>> {
    const claims = { sub: `${domain}/agent/research`, aud: [gatewayUrl], exp: this.now_s + 300, ...change }
    return assertionOf(spire.sign(header, claims), spiffeType)
  }
}

export const assertionOf = (raw: string, type = bearerType): Readonly<Record<string, string>> => ({
  client_assertion_type: type,
  client_assertion: raw,
})

export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'base64url')

export const errorOf = (outcome: ClientProof | OAuthRefusal): string =>
  isOAuthRefusal(outcome) ? outcome.error : `${outcome.method} ${outcome.agent}`
