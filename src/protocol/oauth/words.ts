/** The words of the token endpoint, once for reading requests and once for telling clients what is understood. */

/** Grants by their registered names (RFC 6749 section 4.4, RFC 8693, RFC 7523). */
export const grantTypes = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  clientCredentials: 'client_credentials',
} as const

export type GrantType = (typeof grantTypes)[keyof typeof grantTypes]

const known: ReadonlySet<string> = new Set(Object.values(grantTypes))

export function isGrantType(text: string): text is GrantType {
  return known.has(text)
}

/** What is issued where nothing else is asked for (RFC 8693 section 3). */
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** A projection of a run for services that read Txn-Tokens (draft-ietf-oauth-transaction-tokens-10). */
export const txnTokenType = 'urn:ietf:params:oauth:token-type:txn_token'

/** Paths on the data listener. */
export const oauthPaths = {
  token: '/oauth/token',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
  server: '/.well-known/oauth-authorization-server',
  resource: '/.well-known/oauth-protected-resource',
  jwks: '/.well-known/jwks.json',
} as const
