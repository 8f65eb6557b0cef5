/**
 * Who gives tokens for a tool server: its own metadata (RFC 9728) names an authorization server, and that one's metadata
 * (RFC 8414, OpenID Connect Discovery) names the endpoints. Neither is believed beyond what its place vouches for.
 *
 *     challenge | well-known with the path | well-known -> resource covers the server? -> issuer -> its metadata, same issuer?
 */
import type { JsonObject } from '../../../base/json.ts'
import { type ServerChallenge, scopesOf } from './challenge.ts'
import type { Reach } from './reach.ts'

/** What a token for the server takes. */
export interface Discovered {
  readonly kind: 'discovered'
  /** As the server writes it: what tokens are for (RFC 8707). */
  readonly resource: string
  /** What the server says that there is; null where it does not say. */
  readonly scopes: readonly string[] | null
  readonly server: Issuer
}

/** An authorization server as far as it is used, each of its endpoints one that may be reached. */
export interface Issuer {
  readonly kind: 'issuer'
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  /** Null where it registers nobody by itself. */
  readonly registration_endpoint: string | null
  /** Whether its answers always name it (RFC 9207). */
  readonly namesItself: boolean
  /** Whether clients may be known by a document of theirs (CIMD). */
  readonly readsClientMetadata: boolean
  /** How clients may prove themselves; null where it does not say. */
  readonly methods: readonly string[] | null
  /** Whether a refresh token has to be asked for by `offline_access`. */
  readonly offlineAccess: boolean
}

/** Why there is no way to a token: a sentence for operators. */
export interface Undiscovered {
  readonly kind: 'undiscovered'
  readonly why: string
}

const resourceWellKnown = '/.well-known/oauth-protected-resource'
const servers_max = 4

/** Never rejects. */
export async function discover(
  reach: Reach,
  serverUrl: string,
  challenge: ServerChallenge,
): Promise<Discovered | Undiscovered> {
  const found = await resourceMetadata(reach, serverUrl, challenge)
  if (found.kind === 'undiscovered') return found
  const { resource, authorization_servers: servers, scopes_supported } = found.json
  const server = await firstIssuer(reach, servers, `${found.url} names no authorization server`)
  if (server.kind === 'undiscovered') return server
  if (typeof resource !== 'string' || !covers(resource, serverUrl))
    return undiscovered(`${found.url} is about another resource than this server`)
  return { kind: 'discovered', resource, scopes: scopesOf(scopes_supported), server }
}

async function firstIssuer(reach: Reach, servers: unknown, otherwise: string): Promise<Issuer | Undiscovered> {
  let why = otherwise
  for (const issuer of Array.isArray(servers) ? servers.slice(0, servers_max) : []) {
    const server = await issuerMetadata(reach, issuer)
    if (server.kind === 'issuer') return server
    why = server.why
  }
  return undiscovered(why)
}

interface Found {
  readonly kind: 'found'
  readonly url: string
  readonly json: JsonObject
}

/** Where the challenge says; else at the path of the server, else at its root. */
async function resourceMetadata(
  reach: Reach,
  serverUrl: string,
  { resourceMetadata: said }: ServerChallenge,
): Promise<Found | Undiscovered> {
  const { origin, pathname } = new URL(serverUrl)
  const path = pathname.replace(/\/+$/, '')
  const places = [...(path === '' ? [] : [`${origin}${resourceWellKnown}${path}`]), `${origin}${resourceWellKnown}`]
  let why = ''
  for (const url of said === null ? places : [said]) {
    const answer = await reach.get(url)
    if (answer.kind === 'document') return { kind: 'found', url: shown(url), json: answer.json }
    why = `the metadata of the server at ${shown(url)} cannot be had: ${answer.why}`
  }
  return undiscovered(why)
}

/** The whole server or a part of it that this URL is in, on the same origin (MCP, canonical server URI). */
export function covers(resource: string, serverUrl: string): boolean {
  const [one, other] = [URL.parse(resource), new URL(serverUrl)]
  if (!one || one.hash !== '' || resource.includes('#') || one.origin !== other.origin) return false
  const base = one.pathname.replace(/\/+$/, '')
  return base === '' || other.pathname === base || other.pathname.startsWith(`${base}/`)
}

/** What an issuer says of itself, in one of the places where that may be (MCP, authorization server metadata discovery). */
async function issuerMetadata(reach: Reach, issuer: unknown): Promise<Issuer | Undiscovered> {
  if (!reach.allows(issuer)) return undiscovered('the authorization server is not an https URL')
  let why = ''
  for (const url of metadataPlaces(issuer)) {
    const answer = await reach.get(url)
    if (answer.kind === 'document') return issuerOf(reach, issuer, answer.json)
    why = `the metadata of ${shown(issuer)} cannot be had: ${answer.why}`
  }
  return undiscovered(why)
}

function metadataPlaces(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/+$/, '')
  const [oauth, oidc] = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  const first = [`${origin}${oauth}${path}`, `${origin}${oidc}${path}`]
  return path === '' ? first : [...first, `${origin}${path}${oidc}`]
}

/** Compared letter by letter (RFC 8414 section 3.3): an issuer that is almost right is another one. */
function issuerOf(reach: Reach, issuer: string, json: JsonObject): Issuer | Undiscovered {
  if (json.issuer !== issuer) return undiscovered(`the metadata of ${shown(issuer)} is that of another issuer`)
  const { authorization_endpoint, token_endpoint, registration_endpoint = null } = json
  if (!reach.allows(authorization_endpoint) || !reach.allows(token_endpoint))
    return undiscovered(`${shown(issuer)} has no endpoints that may be used`)
  if (!isListWith(json.code_challenge_methods_supported, 'S256'))
    return undiscovered(`${shown(issuer)} does not say that it knows PKCE (S256)`)
  const methods = json.token_endpoint_auth_methods_supported
  return {
    kind: 'issuer',
    issuer,
    authorization_endpoint,
    token_endpoint,
    registration_endpoint: reach.allows(registration_endpoint) ? registration_endpoint : null,
    namesItself: json.authorization_response_iss_parameter_supported === true,
    readsClientMetadata: json.client_id_metadata_document_supported === true,
    methods: Array.isArray(methods) ? methods.filter((method) => typeof method === 'string') : null,
    offlineAccess: isListWith(json.scopes_supported, 'offline_access'),
  }
}

function isListWith(list: unknown, member: string): boolean {
  return Array.isArray(list) && list.includes(member)
}

/** Without a query, which may hold anything. */
function shown(url: string): string {
  const parsed = URL.parse(url)
  return parsed ? parsed.origin + parsed.pathname : 'what is no URL'
}

function undiscovered(why: string): Undiscovered {
  return { kind: 'undiscovered', why }
}
