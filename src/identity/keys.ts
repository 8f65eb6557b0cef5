/**
 * Weir's own signing key: one ES256 key in `<state.dir>/keys/token.jwk`, made at the first start and readable by its
 * owner only. Whoever can read it can be any agent, so a file others can read is refused and not repaired in silence.
 */
import { createHash, createPrivateKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonObject, readJsonObject } from '../base/json.ts'

/** A public JWK as published (RFC 7517). */
interface PublicJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

/** The key Weir signs with. `privateJwk` goes to the proof pool and nowhere else. */
export interface SigningKeys {
  readonly kind: 'keys'
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  readonly privateJwk: JsonWebKey
  readonly jwks: { readonly keys: readonly PublicJwk[] }
}

/** Why the gateway cannot sign: one sentence for the operator. */
export interface KeyProblem {
  readonly kind: 'key_problem'
  readonly sentence: string
}

const othersMayRead = 0o077

/** Opens the key of a state directory and makes it if there is none. Synchronous: for the start, never for the road. */
export function openSigningKeys(stateDir: string): SigningKeys | KeyProblem {
  const folder = join(stateDir, 'keys')
  const file = join(folder, 'token.jwk')
  try {
    if (!existsSync(file)) createKey(folder, file)
    return readKey(file)
  } catch (error) {
    return problem(`The signing key ${file} cannot be opened: ${String(error)}`)
  }
}

/** RFC 7638 section 3: SHA-256 over the required members of an EC key in lexicographic order. */
function thumbprint(crv: string, x: string, y: string): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv, kty: 'EC', x, y }))
    .digest('base64url')
}

/** `wx` makes the loser of two first starts fail instead of overwriting the winner's key. */
function createKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`
  writeFileSync(file, text, { flag: 'wx', mode: 0o600, flush: true })
}

function readKey(file: string): SigningKeys | KeyProblem {
  const mode = statSync(file).mode & 0o777
  if (mode & othersMayRead)
    return problem(`The signing key ${file} has mode ${mode.toString(8)}; others may read it. Run: chmod 600 ${file}`)
  const jwk = readJsonObject(readFileSync(file, 'utf8'))
  const keys = jwk && signingKeys(jwk)
  return keys ?? problem(`${file} is not a private P-256 JWK. Move it away and a new key is made at the next start`)
}

function signingKeys(jwk: JsonObject): SigningKeys | null {
  const { kty, crv, x, y, d } = jwk
  if (kty !== 'EC' || crv !== 'P-256') return null
  if (typeof x !== 'string' || typeof y !== 'string' || typeof d !== 'string') return null
  const privateJwk: JsonWebKey = { kty, crv, x, y, d }
  createPrivateKey({ key: privateJwk, format: 'jwk' })
  const kid = thumbprint(crv, x, y)
  return { kind: 'keys', kid, privateJwk, jwks: { keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] } }
}

function problem(sentence: string): KeyProblem {
  return { kind: 'key_problem', sentence }
}
