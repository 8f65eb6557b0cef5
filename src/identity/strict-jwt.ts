/**
 * The strict reader around JWTs. A verified signature says that an issuer wrote these bytes; it does not say that
 * two readers see the same claims in them, nor that the token was meant for us. What jose leaves open is closed here:
 * duplicate members, stray base64 bits, missing claims, several audiences, headers that bring their own key.
 */
import type { Millis } from '../base/clock.ts'
import { type JsonObject, readJsonObject } from '../base/json.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import { credentialMax_chars } from './credential.ts'

/** A signed JWT whose form is right. Nothing in it is proved. */
export interface ReadJws {
  readonly raw: string
  readonly alg: string
  /** Lower case, without `application/` (RFC 7515 section 4.1.9). */
  readonly typ: string
  readonly header: JsonObject
  readonly claims: JsonObject
}

/** A token, whose key is looked up by its `kid` among those of its issuer. */
export interface ReadToken extends ReadJws {
  readonly kid: string
}

/** What the claims of one kind of token must say. */
export interface ClaimRule {
  readonly issuer: string
  /** The one audience accepted; null where the reader of the claims judges it. */
  readonly audience: string | null
  readonly typs: readonly string[]
  /** The longest `exp - iat` accepted. */
  readonly lifetime_max_s: number
}

/** The claims every token must carry, checked. */
export interface BaseClaims {
  readonly sub: string
  readonly jti: string
  readonly issuedAt: Millis
  /** The last moment at which the token is accepted: `exp` and the allowance for clock skew. */
  readonly expiresAt: Millis
}

/** How far the clocks of an issuer and of the gateway may be apart. */
export const skew_ms = 30_000

const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/
const textMax_chars = 256
const claimsDepth_max = 16
/** Each of these makes a verifier fetch, embed or reinterpret something (RFC 7515 section 4.1, RFC 7797). */
const refusedInProofs = ['jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const
const refusedHeaders = [...refusedInProofs, 'jwk'] as const

/** Reads the form of a token; never judges signature, time or audience. */
export function readToken(raw: string): ReadToken | Denial {
  const read = readJws(raw, refusedHeaders)
  if (isDenial(read)) return read
  const { kid } = read.header
  return isText(kid) ? { ...read, kid } : refuse('header lacks kid')
}

/**
 * Reads the form of a proof of possession, which brings its own key in `jwk` (RFC 9449 section 4.2) and proves nothing but that
 * its sender holds that key.
 */
export function readProof(raw: string): ReadJws | Denial {
  return readJws(raw, refusedInProofs)
}

function readJws(raw: string, refused: readonly string[]): ReadJws | Denial {
  if (raw.length > credentialMax_chars) return refuse('token over 8 KB')
  if (!tokenForm.test(raw)) return refuse('not a compact JWS')
  const [headerPart = '', claimsPart = '', signature = ''] = raw.split('.')
  if (decode(signature) === null) return refuse('signature is not canonical base64url')
  const header = readPart(headerPart)
  const claims = readPart(claimsPart)
  if (!header || !claims) return refuse('header or claims are not one strict JSON object in canonical base64url')
  const stray = refused.find((name) => Object.hasOwn(header, name))
  if (stray) return refuse(`header member ${stray} is refused`)
  const { alg, typ } = header
  if (!isText(alg) || !isText(typ)) return refuse('header lacks alg or typ')
  return { raw, alg, typ: typ.toLowerCase().replace(/^application\//, ''), header, claims }
}

/** Judges everything but signature and expiry: a token must be proved genuine before it may be called expired. */
export function checkClaims(token: ReadToken, rule: ClaimRule, now: Millis): BaseClaims | Denial {
  const { iss, aud, sub, jti, iat, exp, nbf } = token.claims
  if (!rule.typs.includes(token.typ)) return refuse(`typ ${token.typ} is not accepted here`)
  if (iss !== rule.issuer) return refuse('iss is not the issuer whose key is asked for')
  if (!isText(aud)) return refuse('aud is not one string')
  if (rule.audience !== null && aud !== rule.audience) return refuse('aud is not this gateway')
  if (!isText(sub) || !isText(jti)) return refuse('sub or jti is missing')
  if (!isTime(iat) || !isTime(exp)) return refuse('iat or exp is missing')
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > now + skew_ms)) return refuse('nbf lies ahead')
  if (iat * 1000 > now + skew_ms) return refuse('iat lies ahead')
  if (exp <= iat || exp - iat > rule.lifetime_max_s) return refuse(`lifetime is not within ${rule.lifetime_max_s} s`)
  return { sub, jti, issuedAt: iat * 1000, expiresAt: exp * 1000 + skew_ms }
}

/** Whether a claim or header member is a text of 1-256 characters. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= textMax_chars
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER / 1000
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}

function readPart(part: string): JsonObject | null {
  const bytes = decode(part)
  if (!bytes) return null
  try {
    return readJsonObject(utf8.decode(bytes), claimsDepth_max)
  } catch {
    return null
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Base64url with exactly one spelling: what does not encode back to itself had stray bits or padding. */
function decode(part: string): Buffer | null {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : null
}
