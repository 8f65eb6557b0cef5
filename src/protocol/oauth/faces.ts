/** How the OAuth endpoints answer: JSON that nobody may cache (RFC 6749 sections 5.1 and 5.2). */
import type { JsonObject } from '../../base/json.ts'
import type { HeaderList } from '../http.ts'
import type { Written } from '../jsonrpc.ts'
import { oauthErrors, type OAuthRefusal } from './refusal.ts'

const headers: HeaderList = [
  ['content-type', 'application/json'],
  ['cache-control', 'no-store'],
  ['pragma', 'no-cache'],
]

export function writeOAuthAnswer(body: JsonObject): Written {
  return { status: 200, headers, body: JSON.stringify(body) }
}

/** `nonce` is what the next DPoP proof must carry (RFC 9449 section 8); null where none was asked for. */
export function writeOAuthRefusal(refusal: OAuthRefusal, nonce: string | null = null): Written {
  const { error, description, retryAfter_s } = refusal
  return {
    status: oauthErrors[error],
    headers: [
      ...headers,
      ...(error === 'invalid_client' ? challenge : []),
      ...(nonce === null ? [] : [['dpop-nonce', nonce] as const]),
      ...(retryAfter_s === null ? [] : [['retry-after', String(Math.max(1, Math.ceil(retryAfter_s)))] as const]),
    ],
    body: JSON.stringify({ error, error_description: description }),
  }
}

/** A client may have tried with an Authorization header, and then the answer must name its scheme (section 5.2). */
const challenge: HeaderList = [['www-authenticate', 'Bearer realm="weir", error="invalid_client"']]

/** Metadata is for everybody and changes only with the configuration. */
export function writeMetadata(body: JsonObject): Written {
  const lasting: HeaderList = [
    ['content-type', 'application/json'],
    ['cache-control', 'public, max-age=300'],
  ]
  return { status: 200, headers: lasting, body: JSON.stringify(body) }
}
