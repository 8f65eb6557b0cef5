/**
 * What a login is good for: the client that received the ID token exchanges it at the gateway (RFC 8693) for a call token,
 * which is bound to a key that is made here and now (RFC 9449).
 */
import { type CryptoKey, exportJWK, importJWK } from 'jose'
import * as oauth from 'oauth4webapi'
import type { JsonObject } from '../../base/json.ts'
import { type AgentId, slugOf } from '../../domain/ids.ts'
import { carefully, discover } from './login.ts'
import { isLoginProblem, type LoginProblem, loginProblem, problemOf } from './login-problem.ts'

export interface LoginGrantRequest {
  /** The gateway's public URL. */
  readonly gateway: string
  /** The client the ID token was issued to, as an agent. */
  readonly agent: AgentId
  /** Its private JWK, with `kid`. */
  readonly key: JsonObject
  readonly idToken: string
  readonly to: AgentId
}

export interface LoginGrant {
  readonly kind: 'login_grant'
  readonly accessToken: string
  readonly expires_in_s: number
  /** The one URL the token is for. */
  readonly resource: string
  /** The private JWK the token is bound to. */
  readonly dpopKey: JsonObject
}

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token'

/** Never rejects. */
export async function exchangeLogin(request: LoginGrantRequest): Promise<LoginGrant | LoginProblem> {
  const { gateway, agent, key, idToken, to } = request
  const signing = await clientKey(key)
  if (isLoginProblem(signing)) return signing
  const server = await discover(gateway, 'oauth2')
  if (isLoginProblem(server)) return server
  const resource = `${server.issuer}/a2a/${slugOf(to)}`
  const form = new URLSearchParams({ subject_token: idToken, subject_token_type: idTokenType, resource })
  const client: oauth.Client = { client_id: agent }
  const pair = await oauth.generateKeyPair('ES256', { extractable: true })
  const DPoP = oauth.DPoP(client, pair)
  const auth = oauth.PrivateKeyJwt(signing)
  const ask = async (): Promise<oauth.TokenEndpointResponse> => {
    const options = { DPoP, ...carefully }
    const answer = await oauth.genericTokenEndpointRequest(server, client, auth, exchange, form, options)
    return await oauth.processGenericTokenEndpointResponse(server, client, answer)
  }
  try {
    const { access_token: accessToken, token_type, expires_in: expires_in_s = 0 } = await withNonce(ask)
    if (token_type !== 'dpop') return loginProblem('mismatch', `${gateway} gave a token that is bound to no key.`)
    const dpopKey = { ...(await exportJWK(pair.privateKey)), alg: 'ES256' }
    return { kind: 'login_grant', accessToken, expires_in_s, resource, dpopKey }
  } catch (error) {
    return problemOf(error, gateway)
  }
}

/** RFC 9449 section 8: asked for a nonce, the client comes again with it, once. */
async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return await ask()
  }
}

interface ClientKey {
  readonly key: CryptoKey
  readonly kid: string
}

async function clientKey(jwk: JsonObject): Promise<ClientKey | LoginProblem> {
  const { kid, kty, crv } = jwk
  if (typeof kid !== 'string') return loginProblem('unusable', 'The key of the client has no kid.')
  if (typeof jwk.d !== 'string') return loginProblem('unusable', 'The key of the client is not a private JWK.')
  const usual = kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' ? 'Ed25519' : 'PS256'
  try {
    const key = await importJWK(jwk, typeof jwk.alg === 'string' ? jwk.alg : usual)
    if (key instanceof Uint8Array) return loginProblem('unusable', 'The key of the client is not a private JWK.')
    return { key, kid }
  } catch {
    return loginProblem('unusable', 'The key of the client cannot be used to sign.')
  }
}
