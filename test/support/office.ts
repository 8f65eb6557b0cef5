/** People who log in, a partner that vouches for its own, and tokens of the gateway, before an identity that knows them. */
import type { PartnerSettings, PeopleSettings } from '../../src/config/settings-identity.ts'
import type { IdentityParts } from '../../src/identity/open.ts'
import type { Subject } from '../../src/identity/clients/subject.ts'
import { isOAuthRefusal, type OAuthRefusal } from '../../src/protocol/oauth/refusal.ts'
import { agent, deliveryFacts, forge, gatewayUrl, privateKeyOf, World, rawOf } from './identity-kit.ts'
import { jwtKey } from './jwt-key.ts'

const typeOf = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`
export const login = 'https://login.example'
export const abroad = 'https://abroad.example'
export const loginKey = jwtKey('RS256', 'login')
const abroadKey = jwtKey('ES256', 'abroad')
export const invoke = { type: 'agent_invoke', targets: ['writer'] } as const

export const people: PeopleSettings = {
  issuer: login,
  jwks: 'test:login',
  algorithms: ['RS256'],
  clients: { portal: agent('orchestrator'), desk: agent('research') },
  person_claim: 'preferred_username',
  authorization_details: [invoke],
  lifetime_max_s: 3600,
}

export const partner: PartnerSettings = {
  issuer: abroad,
  jwks: 'test:abroad',
  algorithms: ['ES256'],
  clients: { 'their-client': agent('research') },
  person_prefix: 'abroad.example',
  disclosure: 'actor_only',
  depth_max: 5,
  authorization_details: [{ type: 'agent_invoke', targets: ['planner', 'writer'] }],
  lifetime_max_s: 300,
}

/** Where subjects are shown: people of one login, grants of one partner, tokens of the gateway. */
export class Office extends World {
  constructor(change: Partial<PartnerSettings & PeopleSettings> = {}, parts: Partial<IdentityParts> = {}) {
    const documents = new Map([
      ['test:login', [loginKey.jwk]],
      ['test:abroad', [abroadKey.jwk]],
    ])
    const fetchText = async (url: string): Promise<string> => JSON.stringify({ keys: documents.get(url) ?? [] })
    super(
      { fetchText, ...parts },
      {
        people: [{ ...people, ...change, issuer: login, jwks: 'test:login', algorithms: ['RS256'] }],
        partners: [{ ...partner, ...change, clients: partner.clients }],
      },
    )
  }

  idToken(change: object = {}, header: object = { typ: 'JWT' }): string {
    const times = { iat: this.now_s, exp: this.now_s + 600, auth_time: this.now_s - 60 }
    const who = { sub: '7f3a', preferred_username: 'tomas', acr: 'aal2', amr: ['hwk', 'user'], nonce: 'n' }
    return loginKey.sign(header, { iss: login, aud: 'portal', ...who, ...times, ...change })
  }

  grant(change: object = {}, header: object = {}): string {
    const times = { iat: this.now_s, exp: this.now_s + 300 }
    const who = { iss: abroad, aud: gatewayUrl, sub: 'u-17', client_id: 'their-client', jti: 'g1' }
    return abroadKey.sign({ typ: 'oauth-id-jag+jwt', ...header }, { ...who, ...times, ...change })
  }

  async subject(token: string, type = 'id_token'): Promise<Subject | OAuthRefusal> {
    return await this.identity.verifySubject(token, typeOf(type), '127.0.0.1')
  }

  async granted(token: string): Promise<Subject | OAuthRefusal> {
    return await this.identity.verifyGrant(token, '127.0.0.1')
  }

  /** Signed by the gateway itself. */
  own(typ: string, claims: object): string {
    return forge(privateKeyOf(this.keys), { alg: 'ES256', typ, kid: this.keys.kid }, claims)
  }

  callToken(change: object = {}): string {
    const times = { iat: this.now_s, exp: this.now_s + 120 }
    const who = { client_id: 'agent:research', sub: 'user:tomas', sub_profile: 'user', jti: 'c1' }
    return this.own('at+jwt', { iss: gatewayUrl, aud: gatewayUrl, ...who, ...times, ...change })
  }

  async delivery(): Promise<string> {
    return await rawOf(this.identity.mintDelivery(deliveryFacts([agent('orchestrator'), agent('research')])))
  }
}

export const resultOf = (outcome: Subject | OAuthRefusal): string =>
  isOAuthRefusal(outcome) ? outcome.error : `${outcome.kind} ${outcome.holder} ${outcome.person}`
