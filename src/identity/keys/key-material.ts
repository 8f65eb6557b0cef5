/** Keys as values: what each use signs with, how a key is made, and what of it the world may see. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../base/json.ts'

/** Tokens, records and cards never share a key: whoever gets hold of one cannot forge the others. */
export const keyUses = ['token', 'record', 'card'] as const
export type KeyUse = (typeof keyUses)[number]

/** A public JWK (RFC 7517) without anything but its RFC 7638 members. */
export type PublicJwk = Readonly<Record<string, string>>

/** A private key and its name. `privateJwk` goes to its file and to the threads that sign, and nowhere else. */
export interface PrivateKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  readonly publicJwk: PublicJwk
  readonly privateJwk: JsonWebKey
}

interface Kind {
  readonly alg: 'ES256' | 'Ed25519'
  readonly kty: string
  readonly crv: string
  /** RFC 7638 section 3.2 and RFC 8037 section 2, in lexicographic order. */
  readonly members: readonly string[]
}

const p256: Kind = { alg: 'ES256', kty: 'EC', crv: 'P-256', members: ['crv', 'kty', 'x', 'y'] }
const ed25519: Kind = { alg: 'Ed25519', kty: 'OKP', crv: 'Ed25519', members: ['crv', 'kty', 'x'] }

const kinds: Readonly<Record<KeyUse, Kind>> = { token: p256, record: ed25519, card: p256 }

/** The one algorithm of a use (RFC 7518, RFC 9864). */
export function algOf(use: KeyUse): Kind['alg'] {
  return kinds[use].alg
}

export function isKeyUse(value: unknown): value is KeyUse {
  return keyUses.some((use) => use === value)
}

/** About 0.1 ms of arithmetic. */
export function makeKey(use: KeyUse): PrivateKey {
  const { privateKey } =
    kinds[use] === p256 ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const key = readPrivateKey(use, { ...privateKey.export({ format: 'jwk' }) })
  if (!key) throw new Error('a key that was just made can be read')
  return key
}

/** The key in a document, or null if it holds none that fits the use. */
export function readPrivateKey(use: KeyUse, jwk: JsonObject): PrivateKey | null {
  const publicJwk = readPublicKey(use, jwk)
  const { d } = jwk
  if (!publicJwk || typeof d !== 'string') return null
  const privateJwk: JsonWebKey = { ...publicJwk, d }
  try {
    // A d that belongs to another x would sign what nobody can verify.
    const derived = createPublicKey(createPrivateKey({ key: privateJwk, format: 'jwk' })).export({ format: 'jwk' })
    if (derived['x'] !== publicJwk['x'] || derived['y'] !== publicJwk['y']) return null
  } catch {
    return null
  }
  return { kid: thumbprint(publicJwk), publicJwk, privateJwk }
}

/** The public members of a key that fits the use; null if it does not. */
export function readPublicKey(use: KeyUse, jwk: unknown): PublicJwk | null {
  const { kty, crv, members } = kinds[use]
  if (!isJsonObject(jwk) || jwk['kty'] !== kty || jwk['crv'] !== crv) return null
  const values = members.map((name) => [name, jwk[name]] as const)
  return values.every((pair): pair is readonly [string, string] => typeof pair[1] === 'string')
    ? Object.fromEntries(values)
    : null
}

/** RFC 7638: SHA-256 over the members in lexicographic order, which is how they are held. */
export function thumbprint(publicJwk: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify(publicJwk)).digest('base64url')
}
