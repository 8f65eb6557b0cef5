/**
 * Tokens of other authorization servers, obtained in the way a row of the configuration says and kept for whoever is told
 * the same: for Weir itself (client credentials), or for the person and the caller (RFC 8693, or RFC 7523 with a grant).
 */
import { assert } from '../../base/assert.ts'
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { CredentialSettings } from '../../config/settings-identity.ts'
import { isDenial } from '../../domain/verdict.ts'
import type { SignJwt } from '../tokens/token-signer.ts'
import { discloseClaims } from './disclosure.ts'
import type { PairwiseName } from './pairwise.ts'
import { type GrantPlace, grantOf, grantTyp, timed } from './partner-grant.ts'
import { type Obtain, TokenPool } from './token-pool.ts'
import { issuerOf, requestToken, type TokenAskParts, type TokenPlace } from './token-request.ts'

export interface OutboundParts {
  readonly sign: SignJwt
  readonly clock: Clock
  readonly dice: Dice
  /** What a partner knows our people by. */
  readonly pairwise: PairwiseName
  /** Default: the one of Node. */
  readonly fetch?: typeof fetch
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
/** The subject token is spent at once; it need not outlive the request. */
const subjectLifetime_s = 60

export type Token = ReturnType<TokenPool['take']>

/** Where tokens are kept, and what it takes to ask for more. */
export interface Counter {
  readonly parts: OutboundParts
  readonly asking: TokenAskParts
  /** `refused` is a token that is not used again. */
  take(key: string, about: { readonly ahead: number; readonly refused: string | null }, obtain: Obtain): Token
}

export function openCounter(max: number, parts: OutboundParts): Counter {
  const pools = new BoundedMap<string, TokenPool>({ max })
  const { clock, dice, sign } = parts
  const now_s = (): number => Math.floor(clock.now() / 1000)
  return {
    parts,
    asking: { sign, jti: () => dice.hex(16), now_s, fetch: parts.fetch ?? fetch },
    take(key, { ahead, refused }, obtain) {
      const pool = pools.get(key) ?? new TokenPool(ahead, clock)
      pools.set(key, pool)
      if (refused !== null) pool.forget(refused)
      return pool.take(obtain)
    },
  }
}

/** A credential row with all that its mode needs. */
export type ObtainPlace = TokenPlace &
  Pick<CredentialSettings, 'mode' | 'disclosure' | 'ahead' | 'person' | 'authorization_details'>

interface Wanted<Place extends ObtainPlace = ObtainPlace> {
  /** Whom it is for: no two may share a name. */
  readonly target: string
  readonly place: Place
  /** What is told of the person and the caller, as a delivery token says it. */
  claims(): JsonObject
  /** What is asked for beside it: `resource` (RFC 8707). */
  readonly parameters?: Readonly<Record<string, string>>
  /** A token the target did not take. */
  readonly refused?: string | null
}

export function tokenFor(counter: Counter, wanted: Wanted): Token {
  const { target, place, parameters = {}, refused = null } = wanted
  if (place.mode === 'exchange') return exchanged(counter, wanted)
  if (isGrantPlace(place)) return granted(counter, { ...wanted, place })
  const ask = { grant: 'client_credentials', parameters }
  return counter.take(target, { ahead: 1, refused }, async () => await requestToken(place, ask, counter.asking))
}

function exchanged({ take, asking }: Counter, { target, place, claims: tell, ...more }: Wanted): Token {
  const claims = discloseClaims(tell(), place.disclosure)
  const { refused = null } = more
  return take(`${target} ${tellingOf(claims)}`, { ahead: place.ahead, refused }, async () => {
    const subject = await asking.sign('JWT', subjectClaims(claims, issuerOf(place), asking.now_s()))
    if (isDenial(subject)) return subject
    const told = { subject_token: subject, subject_token_type: jwtType, requested_token_type: accessTokenType }
    return await requestToken(place, { grant: exchangeGrant, parameters: { ...told, ...more.parameters } }, asking)
  })
}

/**
 * A grant is for one chain in one run, and over there it opens one: the head tells them apart, and one token is kept,
 * because each opens another.
 */
function granted(
  { take, asking, parts }: Counter,
  { target, place, claims: tell, ...more }: Wanted<GrantPlace & ObtainPlace>,
): Token {
  const claims = tell()
  const said = grantOf(claims, place, parts.pairwise)
  if (isDenial(said)) return said
  const { refused = null } = more
  const key = `${target} ${JSON.stringify(said.claims.dlg)} ${tellingOf(claims)}`
  return take(key, { ahead: 1, refused }, async () => {
    const assertion = await asking.sign(grantTyp, timed(said.claims, asking.now_s(), asking.jti()))
    if (isDenial(assertion)) return assertion
    const asked = { ...place, scope: said.scope }
    return await requestToken(asked, { grant: jwtBearer, parameters: { assertion, ...more.parameters } }, asking)
  })
}

export function isTokenPlace(row: CredentialSettings): row is CredentialSettings & TokenPlace {
  return row.token_endpoint !== null && row.client_id !== null
}

function isGrantPlace(row: ObtainPlace): row is ObtainPlace & GrantPlace {
  if (row.mode !== 'grant') return false
  assert(row.issuer !== null, 'the cross-check asks for an issuer where a grant is made')
  return true
}

/**
 * What two hops must have in common to share a token: everything it tells of them but their number. Run, hop and hashes
 * in a shared token are those of the hop it was obtained with.
 */
function tellingOf({ sub, sub_profile, act, scope, authorization_details, dlg }: JsonObject): string {
  const { depth, max, taint, chain } = isJsonObject(dlg) ? dlg : {}
  return JSON.stringify([sub, sub_profile, act, scope, authorization_details, depth, max, taint, chain])
}

/** For this one server, and for nobody who may act beyond us: nowhere at Weir is a token with this `typ` and `aud` taken. */
function subjectClaims({ may_act: _for_us_only, ...claims }: JsonObject, aud: string, iat: number): JsonObject {
  const ends = typeof claims.exp === 'number' ? claims.exp : iat
  return { ...claims, aud, iat, exp: Math.min(ends, iat + subjectLifetime_s) }
}
