/** The key a token is bound to (RFC 7800): how it is named, and how the names are made. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Confirmation } from '../../domain/principal.ts'
import { isDigest, sha256 } from '../digest.ts'

/**
 * Reads `cnf`: `jkt` (RFC 9449 section 6.1) or `x5t#S256` (RFC 8705 section 3.1). Null where there is none, undefined where a
 * token is bound in a way we cannot check: it must then not pass for a bearer token.
 */
export function readConfirmation({ cnf }: JsonObject): Confirmation | null | undefined {
  if (cnf === undefined) return null
  if (!isJsonObject(cnf) || Object.keys(cnf).length !== 1) return undefined
  const { jkt, 'x5t#S256': x5t } = cnf
  if (isDigest(jkt)) return { kind: 'dpop', thumbprint: jkt }
  if (isDigest(x5t)) return { kind: 'mtls', thumbprint: x5t }
  return undefined
}

/** The `cnf` claim of a token that is bound so. */
export function writeConfirmation({ kind, thumbprint }: Confirmation): JsonObject {
  return kind === 'dpop' ? { jkt: thumbprint } : { 'x5t#S256': thumbprint }
}

/** RFC 7638 section 3: SHA-256 over the members of a public key that make it, in lexicographic order. */
export function keyThumbprint(publicKey: JsonObject): string {
  const members = Object.entries(publicKey).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify(Object.fromEntries(members)))
}

/** `x5t#S256`: SHA-256 over the DER of a certificate. */
export function certThumbprint(der: Uint8Array): string {
  return sha256(der)
}
