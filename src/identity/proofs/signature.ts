/**
 * Whether a JWS signature holds (RFC 7518 section 3), asked of OpenSSL at once: half the cost of the same through
 * WebCrypto. Form, header and claims were judged before; here is only mathematics.
 */
import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'

/** How one algorithm is asked for. */
interface Scheme {
  /** Null where the algorithm hashes for itself. */
  readonly hash: string | null
  readonly options: { readonly dsaEncoding?: 'ieee-p1363'; readonly padding?: number; readonly saltLength?: number }
}

const rsa = (hash: string): Scheme => ({ hash, options: { padding: constants.RSA_PKCS1_PADDING } })
const pss = (hash: string): Scheme => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
})
const ec = (hash: string): Scheme => ({ hash, options: { dsaEncoding: 'ieee-p1363' } })
const edwards: Scheme = { hash: null, options: {} }

const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['RS256', rsa('sha256')],
  ['RS384', rsa('sha384')],
  ['RS512', rsa('sha512')],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', ec('sha256')],
  ['ES384', ec('sha384')],
  ['ES512', ec('sha512')],
  ['EdDSA', edwards],
  ['Ed25519', edwards],
])

/** RFC 7518 sections 3.3 and 3.5. */
const rsaMin_bits = 2048

/** The key of a public JWK; throws for one that is none or that is too weak. */
export function importPublicKey(jwk: JsonWebKey): KeyObject {
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const bits = key.asymmetricKeyDetails?.modulusLength ?? rsaMin_bits
  if (bits < rsaMin_bits) throw new Error(`an RSA key of ${bits} bits`)
  return key
}

/** `raw` is a compact JWS whose form was checked; the key fits the algorithm. Throws what OpenSSL throws. */
export function signatureHolds(raw: string, alg: string, key: KeyObject): boolean {
  const scheme = schemes.get(alg)
  const end = raw.lastIndexOf('.')
  if (!scheme || end === -1) return false
  const signature = Buffer.from(raw.slice(end + 1), 'base64url')
  return verify(scheme.hash, Buffer.from(raw.slice(0, end), 'latin1'), { key, ...scheme.options }, signature)
}
