/** What clients may learn about the authorization server and its resources before they ask for anything. */
import type { JsonObject } from '../../base/json.ts'
import { grantTypes, oauthPaths } from './words.ts'

export interface ServerFacts {
  /** Issuer of all tokens; no trailing slash. */
  readonly publicUrl: string
  /** Ways a client may prove itself, by their registered names where there is one. */
  readonly clientMethods: readonly string[]
  /** Types of RFC 9396 that are understood. */
  readonly detailTypes: readonly string[]
  /** Algorithms of client assertions and of DPoP proofs; each list is the one that is checked against. */
  readonly clientAlgs: readonly string[]
  readonly dpopAlgs: readonly string[]
  /** Whether callers can show a client certificate. */
  readonly mtls: boolean
  /** Whether grants of other organisations are accepted (identity assertion grants). */
  readonly partners: boolean
}

/** RFC 8414 section 2. There is no authorization endpoint, so there are no response types. */
export function serverMetadata(facts: ServerFacts): JsonObject {
  const { publicUrl, clientMethods, detailTypes, clientAlgs, dpopAlgs, mtls, partners } = facts
  const client = {
    auth_methods_supported: clientMethods,
    auth_signing_alg_values_supported: clientAlgs,
  }
  return {
    issuer: publicUrl,
    token_endpoint: publicUrl + oauthPaths.token,
    jwks_uri: publicUrl + oauthPaths.jwks,
    response_types_supported: [],
    grant_types_supported: Object.values(grantTypes),
    ...prefixed('token_endpoint', client),
    introspection_endpoint: publicUrl + oauthPaths.introspect,
    ...prefixed('introspection_endpoint', client),
    revocation_endpoint: publicUrl + oauthPaths.revoke,
    ...prefixed('revocation_endpoint', client),
    dpop_signing_alg_values_supported: dpopAlgs,
    tls_client_certificate_bound_access_tokens: mtls,
    authorization_details_types_supported: detailTypes,
    ...(partners ? { authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] } : {}),
  }
}

export interface ResourceFacts extends Pick<ServerFacts, 'publicUrl' | 'detailTypes' | 'dpopAlgs' | 'mtls'> {
  /** The URL of the resource: the audience of tokens for it. */
  readonly resource: string
  /** Who issues tokens for it, the first choice first. */
  readonly authorizationServers: readonly string[]
  /** What a client needs at first; null where scopes are not what it goes by. */
  readonly scopes: readonly string[] | null
}

/**
 * RFC 9728 section 2. The same for every name an agent could have: nobody has proved anything when asking for it, so
 * it must not tell which agents exist.
 */
export function resourceMetadata(facts: ResourceFacts): JsonObject {
  const { publicUrl, resource, authorizationServers, scopes, detailTypes, dpopAlgs, mtls } = facts
  return {
    resource,
    authorization_servers: authorizationServers,
    ...(scopes === null ? {} : { scopes_supported: scopes }),
    jwks_uri: publicUrl + oauthPaths.jwks,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: dpopAlgs,
    tls_client_certificate_bound_access_tokens: mtls,
    authorization_details_types_supported: detailTypes,
  }
}

function prefixed(endpoint: string, members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [`${endpoint}_${name}`, value]))
}
