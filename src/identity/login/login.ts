/**
 * A person logs in from a terminal: authorization code with PKCE and a redirect to this machine (RFC 8252, RFC 7636).
 *
 *     begin -> the person's browser -> issuer -> redirect with a code -> finish -> ID token
 *
 * An answer counts only if it has our state, names the issuer that was asked (RFC 9207), and leads to an ID token with
 * our nonce. The signature of that token is checked by the gateway, which is whom it is for.
 */
import { hash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { Dice } from '../../base/dice.ts'
import { isProtectedUrl } from '../../config/fields.ts'
import { isLoginProblem, type LoginProblem, loginProblem, problemOf } from './login-problem.ts'
import { fetchWhole } from '../outbound/token-request.ts'

export interface LoginRequest {
  readonly issuer: string
  /** A public client there (RFC 8252 section 8.4), registered with the redirect below for any port. */
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
  /** Seconds since the person proved who they are, at the most; null for any time. */
  readonly maxAge_s: number | null
}

export interface PendingLogin {
  readonly kind: 'pending_login'
  /** Where the person's browser goes. */
  readonly url: string
  /** Whether an answer is to this login and not to another one, or made up. */
  isOurs(answer: URLSearchParams): boolean
  /** Makes the answer into an ID token. Never rejects. */
  finish(answer: URLSearchParams): Promise<Login | LoginProblem>
}

export interface Login {
  readonly kind: 'login'
  readonly idToken: string
  /** The `sub` of the ID token, as the issuer wrote it. */
  readonly subject: string
}

/** What both sides of a login remember of it; 256 bits each, in hexadecimal. */
interface Secrets {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

const secret_bytes = 32
const timeout_ms = 10_000

type AnyRequest = oauth.CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>

/** How every request of a login is sent: bounded in time and size. Where clear text may go is checked before. */
export const carefully = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: async (url: string, { body, ...options }: AnyRequest) =>
    await fetchWhole(fetch, url, body === undefined ? options : { ...options, body }),
  signal: () => AbortSignal.timeout(timeout_ms),
}

/** Reads what the issuer says of itself. Never rejects. */
export async function beginLogin(request: LoginRequest, dice: Dice): Promise<PendingLogin | LoginProblem> {
  const server = await discover(request.issuer, 'oidc')
  if (isLoginProblem(server)) return server
  const secrets = { state: dice.hex(secret_bytes), nonce: dice.hex(secret_bytes), verifier: dice.hex(secret_bytes) }
  const url = authorizationUrl(server, request, secrets)
  if (typeof url !== 'string') return url
  const { state } = secrets
  return {
    kind: 'pending_login',
    url,
    isOurs: (answer) => answer.getAll('state').every((given) => given === state) && answer.has('state'),
    async finish(answer) {
      try {
        return await redeem(server, request, secrets, answer)
      } catch (error) {
        return problemOf(error, request.issuer)
      }
    },
  }
}

/** The metadata of a server, which must not send us anywhere in clear text (RFC 8414 section 6.1). Never rejects. */
export async function discover(
  place: string,
  algorithm: 'oidc' | 'oauth2',
): Promise<oauth.AuthorizationServer | LoginProblem> {
  if (!isProtectedUrl(place))
    return loginProblem('unusable', `${place} is not an https URL; http is accepted on this machine only.`)
  try {
    const url = new URL(place)
    const server = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { algorithm, ...carefully }),
    )
    const endpoints = [server.authorization_endpoint, server.token_endpoint].filter((each) => each !== undefined)
    if (endpoints.every(isProtectedUrl)) return server
    return loginProblem('unusable', `${place} has an endpoint that is not https.`)
  } catch (error) {
    return problemOf(error, place)
  }
}

function authorizationUrl(server: oauth.AuthorizationServer, request: LoginRequest, secrets: Secrets) {
  if (server.authorization_endpoint === undefined)
    return loginProblem('unusable', `${request.issuer} has no authorization endpoint.`)
  const url = new URL(server.authorization_endpoint)
  const { clientId, redirectUri, scope, maxAge_s } = request
  const asked = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state: secrets.state,
    nonce: secrets.nonce,
    code_challenge: hash('sha256', secrets.verifier, 'base64url'),
    code_challenge_method: 'S256',
    ...(maxAge_s === null ? {} : { max_age: String(maxAge_s) }),
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return url.href
}

/** Throws what the library throws for an answer that is not to this login. */
async function redeem(
  server: oauth.AuthorizationServer,
  { clientId, redirectUri, maxAge_s }: LoginRequest,
  { state, nonce, verifier }: Secrets,
  answer: URLSearchParams,
): Promise<Login> {
  const client: oauth.Client = { client_id: clientId }
  const code = oauth.validateAuthResponse(server, client, answer, state)
  const given = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    code,
    redirectUri,
    verifier,
    carefully,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, given, {
    expectedNonce: nonce,
    requireIdToken: true,
    maxAge: maxAge_s ?? oauth.skipAuthTimeCheck,
  })
  return { kind: 'login', idToken: tokens.id_token ?? '', subject: oauth.getValidatedIdTokenClaims(tokens)?.sub ?? '' }
}
