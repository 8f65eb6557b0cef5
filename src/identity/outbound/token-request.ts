/** Asks the token endpoint of another authorization server for one token, with an end to the wait and to the size. */
import {
  allowInsecureRequests,
  type AuthorizationServer,
  type ClientAuth,
  ClientSecretBasic,
  customFetch,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  ResponseBodyError,
} from 'oauth4webapi'
import type { CredentialSettings } from '../../config/settings-identity.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { SignJwt } from '../tokens/token-signer.ts'
import type { Obtained } from './token-pool.ts'

/** A credential row whose mode asks for a token: what the cross-check of the configuration promises is there. */
export interface TokenPlace extends Pick<CredentialSettings, 'client_secret' | 'issuer' | 'audience' | 'scope'> {
  readonly token_endpoint: string
  readonly client_id: string
}

export interface TokenAsk {
  readonly grant: string
  readonly parameters: Readonly<Record<string, string>>
}

export interface TokenAskParts {
  readonly sign: SignJwt
  /** Random hexadecimal digits for `jti`. */
  readonly jti: () => string
  readonly now_s: () => number
  readonly fetch: typeof fetch
}

const timeout_ms = 5000
const answer_max_bytes = 65_536
const assertionLifetime_s = 60
/** Where the server does not say how long a token lives (RFC 6749 section 5.1), and the longest we believe. */
const lifetime_s = { unsaid: 60, longest: 86_400 }
/** RFC 6750 section 2.1; it becomes part of a header. */
const tokenForm = /^[A-Za-z0-9._~+/-]{1,8192}=*$/
/** The only words of a failure that are repeated: a server may write anything else into its descriptions. */
const wordForm = /^[A-Za-z_]{1,64}$/

/** How the authorization server is named as an audience. */
export function issuerOf(place: TokenPlace): string {
  return place.issuer ?? place.token_endpoint
}

/** One token, or `upstream_unavailable` with endpoint and error code. Never rejects. */
export async function requestToken(place: TokenPlace, ask: TokenAsk, parts: TokenAskParts): Promise<Obtained | Denial> {
  const auth = await clientAuth(place, parts)
  if (isDenial(auth)) return auth
  const server: AuthorizationServer = { issuer: issuerOf(place), token_endpoint: place.token_endpoint }
  const client = { client_id: place.client_id }
  const { audience, scope } = place
  const wanted = { ...ask.parameters, ...(audience === null ? {} : { audience }), ...(scope === null ? {} : { scope }) }
  try {
    const answer = await genericTokenEndpointRequest(server, client, auth, ask.grant, wanted, {
      [customFetch]: (url, options) => fetchWhole(parts.fetch, url, options),
      [allowInsecureRequests]: true,
      signal: AbortSignal.timeout(timeout_ms),
    })
    const { access_token, token_type, expires_in } = await processGenericTokenEndpointResponse(server, client, answer)
    if (token_type !== 'bearer' || !tokenForm.test(access_token)) return failed(place, 'gave no bearer token')
    const seconds = Math.min(expires_in ?? lifetime_s.unsaid, lifetime_s.longest)
    return { token: access_token, lifetime_ms: seconds * 1000 }
  } catch (error) {
    return failed(place, reasonOf(error))
  }
}

/** With a secret as RFC 6749 section 2.3.1 has it, without one by RFC 7523 section 2.2. */
async function clientAuth(place: TokenPlace, { sign, jti, now_s }: TokenAskParts): Promise<ClientAuth | Denial> {
  if (place.client_secret) return ClientSecretBasic(place.client_secret.reveal())
  const { client_id } = place
  const iat = now_s()
  const claims = {
    iss: client_id,
    sub: client_id,
    aud: issuerOf(place),
    jti: jti(),
    iat,
    exp: iat + assertionLifetime_s,
  }
  const assertion = await sign('JWT', claims)
  if (isDenial(assertion)) return assertion
  return (_server, _client, body) => {
    body.set('client_id', client_id)
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    body.set('client_assertion', assertion)
  }
}

/** Reads the whole answer, so that it has a size and the error in it is found even behind a challenge. */
export async function fetchWhole(send: typeof fetch, url: string, options: RequestInit): Promise<Response> {
  const answer = await send(url, { ...options, redirect: 'manual' })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > answer_max_bytes) throw new TypeError('the answer is too large', { cause: { code: 'too_large' } })
    chunks.push(chunk)
  }
  const headers = new Headers(answer.headers)
  headers.delete('www-authenticate')
  return new Response(bytes > 0 ? Buffer.concat(chunks) : null, { status: answer.status, headers })
}

function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return `answered ${error.status} ${word(error.error)}`
  const { name, cause, code } = error as { name?: unknown; cause?: { code?: unknown }; code?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'did not answer in time'
  if (cause instanceof Response) return `answered ${cause.status} ${word(code)}`
  return `could not be asked: ${word(cause?.code ?? code ?? name)}`
}

function word(text: unknown): string {
  return typeof text === 'string' && wordForm.test(text) ? text : 'for a reason it did not name'
}

function failed({ token_endpoint }: TokenPlace, reason: string): Denial {
  const { origin, pathname } = new URL(token_endpoint)
  return deny('upstream_unavailable', `no token for the target: ${origin}${pathname} ${reason}`)
}
