/** Holders of keys for the tests of sender constraint: what they publish, and proofs however wrong. */
import { constants, createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import type { Millis } from '../../src/base/clock.ts'
import { encode } from './identity-kit.ts'

interface Kind {
  readonly pair: () => { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  readonly sign: (input: Buffer, key: KeyObject) => Buffer
}

const p1363 = 'ieee-p1363' as const
const ed25519: Kind = { pair: () => generateKeyPairSync('ed25519'), sign: (input, key) => sign(null, input, key) }
const rsa = (): ReturnType<Kind['pair']> => generateKeyPairSync('rsa', { modulusLength: 2048 })
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

const kinds = {
  ES256: {
    pair: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    sign: (input, key) => sign('sha256', input, { key, dsaEncoding: p1363 }),
  },
  ES384: {
    pair: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    sign: (input, key) => sign('sha384', input, { key, dsaEncoding: p1363 }),
  },
  EdDSA: ed25519,
  Ed25519: ed25519,
  RS256: { pair: rsa, sign: (input, key) => sign('sha256', input, key) },
  PS256: { pair: rsa, sign: (input, key) => sign('sha256', input, { key, ...pss }) },
} as const satisfies Record<string, Kind>

export type Alg = keyof typeof kinds
export const algs = Object.keys(kinds) as readonly Alg[]

/** One who holds a key. */
export interface Holder {
  readonly alg: Alg
  readonly jwk: JsonWebKey
  readonly privateJwk: JsonWebKey
  readonly jkt: string
  /** Signs any header and claims. */
  sign(header: object, claims: object): string
}

export async function holder(alg: Alg = 'ES256'): Promise<Holder> {
  const { privateKey, publicKey } = kinds[alg].pair()
  const jwk = publicKey.export({ format: 'jwk' })
  return {
    alg,
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }),
    jkt: await calculateJwkThumbprint(jwk),
    sign(header, claims) {
      const input = `${encode(header)}.${encode(claims)}`
      return `${input}.${kinds[alg].sign(Buffer.from(input), privateKey).toString('base64url')}`
    },
  }
}

/** The request a proof is made for. */
export interface Shown {
  readonly htu: string
  readonly at: Millis
  readonly htm?: string
  readonly token?: string
  readonly nonce?: string
}

let count = 0

/** A good proof with a name of its own, or one changed in a member or two; undefined takes a member away. */
export function prove(by: Holder, shown: Shown, claims: object = {}, header: object = {}): string {
  const { htu, at, htm = 'POST', token, nonce } = shown
  count += 1
  const ath = token === undefined ? undefined : createHash('sha256').update(token).digest('base64url')
  const good = { jti: `proof-${count}`, htm, htu, iat: Math.floor(at / 1000), ath, nonce }
  return by.sign({ typ: 'dpop+jwt', alg: by.alg, jwk: by.jwk, ...header }, { ...good, ...claims })
}
