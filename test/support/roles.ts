/** Every role in which the gateway believes a signed token, each with its own key, so that an attack can try them all. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { ClientSettings } from '../../src/config/settings-identity.ts'
import type { IdentityParts } from '../../src/identity/open.ts'
import { openSignals, type Signals } from '../../src/identity/revocation/signals.ts'
import { openProofRunner } from '../../src/identity/proofs/verify-batch.ts'
import { bearerType } from './client-endpoint.ts'
import {
  agent,
  apiKey,
  codeOf,
  deliveryFacts,
  forge,
  gatewayUrl,
  headersOf,
  idp,
  issuerKey,
  privateKeyOf,
  rawOf,
  World,
} from './identity-kit.ts'
import { caep } from './issuers.ts'
import { abroad, login, partner, people } from './office.ts'

export const roleNames = [
  'token of an issuer',
  'call token',
  'Txn-Token',
  'client assertion',
  'workload assertion',
  'login',
  'grant',
  'proof of possession',
  'security event',
] as const

export type RoleName = (typeof roleNames)[number]

/** A good token of one role, in parts, and what the gateway says to a compact one. */
export interface Role {
  readonly key: KeyObject
  readonly header: object
  readonly claims: object
  /** `ok`, or whatever it was refused as. */
  show(raw: string): Promise<string>
}

const tokenType = 'urn:ietf:params:oauth:token-type:id_token'
const peer = '127.0.0.1'
const dpopUrl = `${gatewayUrl}/oauth/token`
const ES256 = ['ES256']

const client: ClientSettings = {
  jwks: 'test:client',
  spiffe_id: null,
  cert_sha256: [],
  autonomous: false,
  authorization_details: null,
}

const keys = {
  login: issuerKey('login'),
  abroad: issuerKey('abroad'),
  client: issuerKey('client'),
  proof: issuerKey('proof'),
  signals: issuerKey('signals'),
}

/** A gateway that knows somebody in each role. Documents that are read are kept in `fetched`. */
export class RolesWorld extends World {
  readonly #signals: Signals
  #nth = 0

  constructor(parts: Partial<IdentityParts> = {}) {
    const late: { idp: readonly object[] } = { idp: [] }
    const fetched: string[] = []
    const fetchText = async (url: string): Promise<string> => {
      fetched.push(url)
      const { jwk } = keys[url.slice('test:'.length) as keyof typeof keys] ?? {}
      return JSON.stringify({ keys: jwk ? [jwk] : url === 'test:idp' ? late.idp : [] })
    }
    const budget = { tokens_per_second: 1e6, burst: 1e6 }
    super(
      { fetchText, budget, ...parts },
      {
        clients: new Map([[agent('research'), client]]),
        people: [{ ...people, algorithms: ES256 }],
        partners: [partner],
      },
    )
    late.idp = [this.idpKey.jwk]
    this.fetched = fetched
    // What was signed before the gateway started is not a fresh proof, and its clock has just started.
    this.clock.advance(120_000)
    const row = { issuer: idp, jwks: 'test:signals', algorithms: ES256, audience: gatewayUrl, person_claim: 'sub' }
    const signalParts = { runProofs: openProofRunner(null), clock: this.clock, fetchText, issuers: [] }
    this.#signals = openSignals([row], signalParts)
  }

  override readonly fetched: string[]

  /** A good token of that role with a name of its own. */
  async role(name: RoleName): Promise<Role> {
    this.#nth += 1
    return await this.#make[name](`n-${this.#nth}`)
  }

  /** A token of that role with these members laid over those of a good one; undefined takes a member away. */
  async changed(name: RoleName, header: object, claims: object = {}): Promise<string> {
    const role = await this.role(name)
    return await role.show(forge(role.key, { ...role.header, ...header }, { ...role.claims, ...claims }))
  }

  readonly #make: Readonly<Record<RoleName, (jti: string) => Role | Promise<Role>>> = {
    'token of an issuer': (jti) => ({
      key: this.idpKey.privateKey,
      header: this.idpHeader(),
      claims: this.idpClaims({ jti }),
      show: async (raw) => codeOf(await this.authenticate(raw)),
    }),
    'call token': (jti) => ({
      ...this.#own('at+jwt'),
      claims: {
        iss: gatewayUrl,
        aud: gatewayUrl,
        client_id: 'agent:research',
        sub: 'user:tomas',
        sub_profile: 'user',
        jti,
        ...this.#times(120),
      },
      show: async (raw) => codeOf(await this.authenticate(raw)),
    }),
    'Txn-Token': async () => {
      const raw = await rawOf(this.identity.mintDelivery(deliveryFacts([agent('planner'), agent('orchestrator')])))
      const claims = JSON.parse(Buffer.from(raw.split('.')[1] ?? '', 'base64url').toString()) as object
      const show = async (txn: string): Promise<string> => codeOf(await this.show(headersOf(apiKey, txn)))
      return { ...this.#own('delivery+jwt'), claims, show }
    },
    'client assertion': (jti) => ({
      ...signed(keys.client, 'JWT'),
      claims: { iss: 'agent:research', sub: 'agent:research', aud: gatewayUrl, jti, ...this.#times(60) },
      show: async (raw) => await this.#asClient(raw),
    }),
    'workload assertion': (jti) => ({
      key: this.idpKey.privateKey,
      header: this.idpHeader(),
      claims: this.idpClaims({ jti }),
      show: async (raw) => await this.#asClient(raw),
    }),
    login: (jti) => ({
      ...signed(keys.login, 'JWT'),
      claims: { iss: login, aud: 'portal', sub: '7f3a', preferred_username: 'tomas', jti, ...this.#times(600) },
      show: async (raw) => resultOf(await this.identity.verifySubject(raw, tokenType, peer)),
    }),
    grant: (jti) => ({
      ...signed(keys.abroad, 'oauth-id-jag+jwt'),
      claims: { iss: abroad, aud: gatewayUrl, sub: 'u-17', client_id: 'their-client', jti, ...this.#times(300) },
      show: async (raw) => resultOf(await this.identity.verifyGrant(raw, peer)),
    }),
    'proof of possession': (jti) => ({
      key: keys.proof.privateKey,
      header: { alg: 'ES256', typ: 'dpop+jwt', jwk: publicJwk(keys.proof.privateKey) },
      claims: { jti, htm: 'POST', htu: dpopUrl, iat: this.now_s },
      show: async (proof) => {
        const asked = { proof, method: 'POST', url: dpopUrl, accessToken: null, peer }
        const outcome = await this.identity.checkDpop(asked)
        return outcome.kind === 'dpop_proof' ? 'ok' : outcome.error
      },
    }),
    'security event': (jti) => ({
      ...signed(keys.signals, 'secevent+jwt'),
      claims: {
        iss: idp,
        aud: gatewayUrl,
        jti,
        iat: this.now_s,
        sub_id: { format: 'iss_sub', iss: idp, sub: 'tomas' },
        events: { [`${caep}/session-revoked`]: {} },
      },
      show: async (raw) => {
        const outcome = await this.#signals.verifySignal(raw, peer)
        return outcome.kind === 'signal' ? 'ok' : outcome.error
      },
    }),
  }

  #own(typ: string): Pick<Role, 'key' | 'header'> {
    return { key: privateKeyOf(this.keys), header: { alg: 'ES256', typ, kid: this.keys.kid } }
  }

  #times(lifetime_s: number): object {
    return { iat: this.now_s, exp: this.now_s + lifetime_s }
  }

  async #asClient(raw: string): Promise<string> {
    const form = new Map([
      ['client_assertion_type', bearerType],
      ['client_assertion', raw],
    ])
    const http = { method: 'POST', path: '/oauth/token', query: '', body: Buffer.alloc(0), headers: new Map() }
    const inbound = { ...http, receivedAt: 0, startedAt: 0, peer, clientCert: null }
    return resultOf(await this.identity.authenticateClient(form, inbound))
  }
}

function resultOf(outcome: object): string {
  return 'error' in outcome && typeof outcome.error === 'string' ? outcome.error : 'ok'
}

function signed(
  key: { readonly kid: string; readonly privateKey: KeyObject },
  typ: string,
): Pick<Role, 'key' | 'header'> {
  return { key: key.privateKey, header: { alg: 'ES256', typ, kid: key.kid } }
}

function publicJwk(key: KeyObject): JsonWebKey {
  return createPublicKey(key).export({ format: 'jwk' })
}
