/** The signature algorithms an issuer may be pinned to, and the one kind of key that fits each. Never HMAC, never none. */
import type { JsonObject } from '../../base/json.ts'

interface KeyKind {
  readonly kty: string
  readonly crv: string | null
  /** The public members; whatever else a key document carries is left behind. */
  readonly members: readonly string[]
}

const rsa: KeyKind = { kty: 'RSA', crv: null, members: ['kty', 'n', 'e'] }
const ed25519: KeyKind = { kty: 'OKP', crv: 'Ed25519', members: ['kty', 'crv', 'x'] }
const ec = (crv: string): KeyKind => ({ kty: 'EC', crv, members: ['kty', 'crv', 'x', 'y'] })

const kinds: ReadonlyMap<string, KeyKind> = new Map([
  ['RS256', rsa],
  ['RS384', rsa],
  ['RS512', rsa],
  ['PS256', rsa],
  ['PS384', rsa],
  ['PS512', rsa],
  ['ES256', ec('P-256')],
  ['ES384', ec('P-384')],
  ['ES512', ec('P-521')],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
])

/** The public part of a JWK that fits the algorithm, as a canonical JSON text; null if it does not fit. */
export function publicKeyText(jwk: JsonObject, alg: string): string | null {
  const kind = kinds.get(alg)
  if (!kind || jwk.kty !== kind.kty || (kind.crv !== null && jwk.crv !== kind.crv)) return null
  if (jwk.alg !== undefined && jwk.alg !== alg) return null
  if (kind.members.some((name) => typeof jwk[name] !== 'string')) return null
  return JSON.stringify(Object.fromEntries(kind.members.map((name) => [name, jwk[name]])))
}
