/**
 * Who we are at an authorization server: the client the operator registered there, else the one that our metadata document
 * describes, else one that it registers now (RFC 7591). What one server gave us is never shown to another.
 */
import { readJsonObject } from '../../../base/json.ts'
import type { Issuer, Undiscovered } from './discover.ts'
import type { Reach } from './reach.ts'
import type { OAuthClient, Vault } from './vault.ts'

/** What the operator's row says of us. */
export interface OwnClient {
  readonly issuer: string | null
  readonly client_id: string | null
  readonly client_secret: string | null
  /** Where our metadata document is; null where nobody outside could read it. */
  readonly metadataUrl: string | null
}

export interface ClientParts {
  readonly reach: Reach
  readonly vault: Vault
  readonly redirectUri: string
}

/** Never rejects. */
export async function clientFor(
  server: Issuer,
  own: OwnClient,
  parts: ClientParts,
): Promise<OAuthClient | Undiscovered> {
  const { client_id, client_secret } = own
  if (own.issuer !== null && own.issuer !== server.issuer)
    return refused('the tool server names another authorization server than the configuration')
  if (client_id !== null) return { client_id, client_secret, method: methodFor(server, client_secret) }
  if (own.metadataUrl !== null && server.readsClientMetadata)
    return { client_id: own.metadataUrl, client_secret: null, method: 'none' }
  return parts.vault.client(server.issuer, parts.redirectUri) ?? (await register(server, parts))
}

/** What we say of ourselves, to whoever registers us or reads our document. */
export function clientMetadata(redirectUri: string): Readonly<Record<string, unknown>> {
  const isWeb = redirectUri.startsWith('https:')
  return {
    client_name: 'Weir',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // OpenID Connect Dynamic Client Registration section 2: http is for programs on the person's own machine.
    application_type: isWeb ? 'web' : 'native',
  }
}

async function register(server: Issuer, parts: ClientParts): Promise<OAuthClient | Undiscovered> {
  const { reach, vault, redirectUri } = parts
  const { issuer, registration_endpoint: place } = server
  if (place === null)
    return refused(`${issuer} knows us by nothing: it takes no metadata document and registers nobody`)
  const method = methodFor(server, 'to come')
  try {
    const body = JSON.stringify({ ...clientMetadata(redirectUri), token_endpoint_auth_method: method })
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const answer = await reach.fetch(place, { headers, body })
    const told = answer.ok ? readJsonObject(await answer.text()) : null
    if (typeof told?.client_id !== 'string' || told.client_id === '')
      return refused(`${issuer} did not register us: it answered ${answer.status}`)
    const secret = typeof told.client_secret === 'string' ? told.client_secret : null
    const said = methods.find((known) => known === told.token_endpoint_auth_method) ?? null
    const client = { client_id: told.client_id, client_secret: secret, method: methodFor(server, secret, said) }
    vault.keepClient(issuer, redirectUri, client)
    return client
  } catch (error) {
    return refused(`${issuer} could not be asked to register us: ${error instanceof Error ? error.message : ''}`)
  }
}

/** The strongest first. */
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** What the server said of us, else the best that both know; without a word of it, basic (RFC 8414 section 2). */
function methodFor(
  server: Issuer,
  secret: string | null,
  said: OAuthClient['method'] | null = null,
): OAuthClient['method'] {
  if (secret === null) return 'none'
  const known = server.methods ?? ['client_secret_basic']
  if (said !== null && known.includes(said)) return said
  return methods.find((method) => known.includes(method)) ?? 'client_secret_basic'
}

function refused(why: string): Undiscovered {
  return { kind: 'undiscovered', why }
}
