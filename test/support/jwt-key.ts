/** Keys of issuers and clients of every algorithm, and compact tokens signed with them, however wrong. */
import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { encode } from './identity-kit.ts'

export interface JwtKey {
  readonly alg: string
  readonly kid: string
  readonly jwk: JsonWebKey
  /** `alg` and `kid` stand in the header unless it says otherwise; undefined leaves a member out. */
  sign(header: object, claims: object): string
}

const pairs = {
  RS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const

const made = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>()

/** One pair for each algorithm and key id in a process: an RSA key takes a tenth of a second to make. */
function pairOf(alg: string, kid: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const family = (['RS', 'PS', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const).find((each) => alg.startsWith(each))
  if (!family) throw new Error(alg)
  const pair = made.get(`${family} ${kid}`) ?? pairs[family]()
  made.set(`${family} ${kid}`, pair)
  return pair
}

export function jwtKey(alg: string, kid: string): JwtKey {
  const { privateKey: key, publicKey } = pairOf(alg, kid)
  const digest = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
  const how = {
    key,
    dsaEncoding: 'ieee-p1363' as const,
    ...(alg.startsWith('PS')
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
  }
  return {
    alg,
    kid,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid },
    sign(header, claims) {
      const input = `${encode({ alg, kid, ...header })}.${encode(claims)}`
      return `${input}.${sign(digest, Buffer.from(input), how).toString('base64url')}`
    },
  }
}
