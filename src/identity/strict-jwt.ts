/**
 * The strict reader around JWTs. A verified signature says that an issuer wrote these bytes; it does not say that
 * two readers see the same claims in them, nor that the token was meant for us. What jose leaves open is closed here:
 * duplicate members, stray base64 bits, missing claims, several audiences, headers that bring their own key.
 */
import type { Millis } from '../base/clock.ts'
import { type JsonObject, readJsonObject } from '../base/json.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import { credentialMax_chars } from './credential.ts'
import { inputHash } from './digest.ts'

/** A signed JWT whose form is right. Nothing in it is proved. */
export interface ReadJws {
  readonly raw: string
  readonly alg: string
  /** Lower case, without `application/` (RFC 7515 section 4.1.9); '' where the header has none. */
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
  /** '' stands for a header without `typ`. */
  readonly typs: readonly string[]
  /** The longest `exp - iat` accepted. */
  readonly lifetime_max_s: number
  /** What this kind of token may leave out; nothing where it is absent. */
  readonly leeway?: Leeway
}

/** Where a kind of token falls short of what every token must say. */
export interface Leeway {
  /** The form of `aud`: one text, or also a list of exactly one, or whatever the reader of the claims makes of it. */
  readonly aud: 'text' | 'list_of_one' | 'read_later'
  /** What stands for `jti` where it is absent: a hash of what was signed, or first another claim; null where it must be there. */
  readonly jti: 'hash' | 'uti_or_hash' | null
  /** Whether `iss` may be absent or anything: the trust was found by another claim, which the reader checks. */
  readonly iss: boolean
  /** Whether `iat` may be absent; then now stands for it. */
  readonly iat: boolean
}

/** Nothing is left out. */
export const strict: Leeway = { aud: 'text', jti: null, iss: false, iat: false }

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
  const { alg, typ = '' } = header
  if (!isText(alg)) return refuse('header lacks alg')
  if (typ !== '' && !isText(typ)) return refuse('typ is no text')
  if (typ === '' && Object.hasOwn(header, 'typ')) return refuse('typ is empty')
  return { raw, alg, typ: typ.toLowerCase().replace(/^application\//, ''), header, claims }
}

/** Judges everything but signature and expiry: a token must be proved genuine before it may be called expired. */
export function checkClaims(token: ReadToken, rule: ClaimRule, now: Millis): BaseClaims | Denial {
  const leeway = rule.leeway ?? strict
  const { iss, sub, iat = leeway.iat ? Math.floor(now / 1000) : undefined, exp, nbf } = token.claims
  const jti = tokenIdOf(token, leeway)
  if (!rule.typs.includes(token.typ)) return refuse(`typ ${token.typ || 'absent'} is not accepted here`)
  if (iss !== rule.issuer && !leeway.iss) return refuse('iss is not the issuer whose key is asked for')
  const wrongAudience = judgeAudience(token.claims.aud, rule, leeway)
  if (wrongAudience !== null) return refuse(wrongAudience)
  if (!isText(sub) || !isText(jti)) return refuse('sub or jti is missing')
  if (!isTime(iat) || !isTime(exp)) return refuse('iat or exp is missing')
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > now + skew_ms)) return refuse('nbf lies ahead')
  if (iat * 1000 > now + skew_ms) return refuse('iat lies ahead')
  // Without an iat the lifetime cannot be known, and a token past its end must still be able to say that it expired.
  const dated = token.claims.iat !== undefined
  if ((dated && exp <= iat) || exp - iat > rule.lifetime_max_s)
    return refuse(`lifetime is not within ${rule.lifetime_max_s} s`)
  return { sub, jti, issuedAt: iat * 1000, expiresAt: exp * 1000 + skew_ms }
}

/** Several audiences are several doors one token opens, so they are refused however they are written. */
function judgeAudience(aud: unknown, rule: ClaimRule, leeway: Leeway): string | null {
  if (leeway.aud === 'read_later') return null
  const one: unknown = leeway.aud === 'list_of_one' && Array.isArray(aud) && aud.length === 1 ? aud[0] : aud
  if (!isText(one)) return 'aud is not one audience'
  return rule.audience === null || one === rule.audience ? null : 'aud is not this gateway'
}

/** The hash is of the signing input, because one signature can be written in several ways. */
function tokenIdOf({ raw, claims }: ReadToken, { jti }: Leeway): unknown {
  if (claims.jti !== undefined || jti === null) return claims.jti
  if (jti === 'uti_or_hash' && claims.uti !== undefined) return claims.uti
  return inputHash(raw)
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
