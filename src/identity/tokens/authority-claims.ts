/** Authority on the wire: the `scope` and `authorization_details` of our own tokens. */
import type { JsonObject } from '../../base/json.ts'
import { anything, type Authority } from '../../domain/authority.ts'
import { readDetails, readScopes } from '../../domain/authority/read.ts'

/** Absent claims are absent ceilings; an empty scope is no scope at all. */
export function writeAuthority({ scopes, details }: Authority): JsonObject {
  return { scope: scopes?.join(' '), authorization_details: details ?? undefined }
}

/** What a token allows; null where the claims are not what we would have written. */
export function readAuthority({ scope, authorization_details }: JsonObject): Authority | null {
  if (scope === undefined && authorization_details === undefined) return anything
  const scopes = scope === undefined ? null : readScopes(scope)
  const details = authorization_details === undefined ? null : readDetails(authorization_details)
  return typeof scopes === 'string' || typeof details === 'string' ? null : { scopes, details }
}
