/** Codes and refresh tokens made into tokens (OAuth 2.1), always for one resource (RFC 8707) and with PKCE (RFC 7636). */
import { hash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { Discovered, Issuer } from './discover.ts'
import type { Reach } from './reach.ts'
import type { HeldToken, OAuthClient } from './vault.ts'

/** A person on their way to an authorization server. */
export interface Departure {
  readonly server: Issuer
  readonly resource: string
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly scopes: readonly string[] | null
  readonly state: string
  readonly verifier: string
  /** Who has to log in there, by the claim of their ID token; null where the server does not know our people. */
  readonly login: { readonly claim: string; readonly person: string } | null
}

export type Given = Pick<HeldToken, 'token' | 'refresh' | 'expiresAt' | 'scopes'>

/** Why there is no token: a sentence for operators that repeats nothing of what was answered but words. */
export interface Ungiven {
  readonly kind: 'ungiven'
  readonly why: string
  /** The grant is spent or was withdrawn: asking again with it cannot help. */
  readonly final: boolean
}

export function authorizationUrl(departure: Departure): string {
  const { server, resource, client, redirectUri, scopes, state, verifier } = departure
  const url = new URL(server.authorization_endpoint)
  const asked = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    state,
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    resource,
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
    // Without it no refresh token is given where it has to be asked for (OpenID Connect Core section 11).
    ...(scopes?.includes('offline_access') ? { prompt: 'consent' } : {}),
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return url.href
}

/** Makes the answer that came back with a browser into a token. Never rejects. */
export async function redeem(
  reach: Reach,
  departure: Departure,
  answer: URLSearchParams,
  now: number,
): Promise<Given | Ungiven> {
  const { server, client, redirectUri, verifier, resource, state, scopes, login } = departure
  const [as, known] = [serverOf(server), { client_id: client.client_id }]
  try {
    const code = oauth.validateAuthResponse(as, known, answer, state)
    const given = await oauth.authorizationCodeGrantRequest(as, known, authOf(client), code, redirectUri, verifier, {
      ...sending(reach),
      additionalParameters: { resource },
    })
    const tokens = await oauth.processAuthorizationCodeResponse(as, known, given)
    // It came straight from the server (OpenID Connect Core section 3.1.3.7, 6), so its signature is not asked for.
    const name = login === null ? null : oauth.getValidatedIdTokenClaims(tokens)?.[login.claim]
    if (login !== null && (typeof name !== 'string' || `user:${name}` !== login.person))
      return { kind: 'ungiven', why: 'somebody else has logged in than the person who was asked', final: false }
    return givenOf(tokens, scopes, now)
  } catch (error) {
    return ungiven(error)
  }
}

/** Never rejects. A refresh token that was replaced must not be used again, so the old one is kept only if none came. */
export async function renew(
  reach: Reach,
  held: HeldToken & { readonly refresh: string },
  now: number,
): Promise<Given | Ungiven> {
  const { client, issuer, token_endpoint, resource, refresh, scopes } = held
  const [as, known] = [{ issuer, token_endpoint }, { client_id: client.client_id }]
  try {
    const given = await oauth.refreshTokenGrantRequest(as, known, authOf(client), refresh, {
      ...sending(reach),
      additionalParameters: { resource },
    })
    const fresh = givenOf(await oauth.processRefreshTokenResponse(as, known, given), scopes, now)
    return 'kind' in fresh ? fresh : { ...fresh, refresh: fresh.refresh ?? refresh }
  } catch (error) {
    return ungiven(error)
  }
}

function serverOf({ issuer, authorization_endpoint, token_endpoint, namesItself }: Issuer): oauth.AuthorizationServer {
  const authorization_response_iss_parameter_supported = namesItself
  return { issuer, authorization_endpoint, token_endpoint, authorization_response_iss_parameter_supported }
}

function authOf({ client_secret, method }: OAuthClient): oauth.ClientAuth {
  if (client_secret === null || method === 'none') return oauth.None()
  return method === 'client_secret_post' ? oauth.ClientSecretPost(client_secret) : basic(client_secret)
}

/** RFC 6749 section 2.3.1, and nothing encoded that need not be: there are servers that do not decode. */
function basic(secret: string): oauth.ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    const pair = `${formEncoded(client_id)}:${formEncoded(secret)}`
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

/** Where clear text may go is judged by the reach. */
function sending(reach: Reach) {
  return {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (
      url: string,
      { body, headers }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
    ): Promise<Response> => await reach.fetch(url, { headers, body }),
  }
}

/** RFC 6750 section 2.1; it becomes part of a header. */
const tokenForm = /^[A-Za-z0-9._~+/-]{1,8192}=*$/

function givenOf(answer: oauth.TokenEndpointResponse, asked: Discovered['scopes'], now: number): Given | Ungiven {
  const { access_token: token, token_type, refresh_token: refresh = null, expires_in, scope } = answer
  if (token_type !== 'bearer' || !tokenForm.test(token))
    return { kind: 'ungiven', why: 'it gave no bearer token', final: true }
  const expiresAt = expires_in === undefined ? null : now + expires_in * 1000
  const scopes = [...new Set([...(asked ?? []), ...(scope === undefined ? [] : scope.split(' '))])]
  return { token, refresh, expiresAt, scopes }
}

/** The only words of a failure that are repeated: a server may write anything else. */
const wordForm = /^[A-Za-z_]{1,64}$/

function ungiven(error: unknown): Ungiven {
  const {
    error: said,
    code,
    message,
    cause,
  } = error as { error?: unknown; code?: unknown; message?: unknown; cause?: { code?: unknown } }
  const word = [said, cause?.code, code].find((text) => typeof text === 'string' && wordForm.test(text))
  const final = said === 'invalid_grant' || said === 'invalid_client' || said === 'unauthorized_client'
  const why = typeof word === 'string' ? word : typeof message === 'string' ? message.slice(0, 200) : 'unknown'
  return { kind: 'ungiven', why, final }
}
