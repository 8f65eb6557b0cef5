/** The commitment to an authority, as it stands in every link of a chain. */
import { hash } from 'node:crypto'
import { canonicalJson } from '../../base/jcs.ts'
import type { Authority } from '../authority.ts'

/**
 * SHA-256 in base64url over the canonical form (RFC 8785) of the claims `authorization_details` and `scope` as they stand
 * in a token, so that whoever holds the token can recompute it; a claim that is absent there is absent here. Null for an
 * authority without any ceiling.
 */
export function authorityHash({ scopes, details }: Authority): string | null {
  if (scopes === null && details === null) return null
  const claims = {
    ...(details === null ? {} : { authorization_details: details }),
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
  }
  return hash('sha256', canonicalJson(claims), 'base64url')
}
