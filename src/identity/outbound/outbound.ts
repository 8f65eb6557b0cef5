/**
 * What Weir proves to upstreams in its own name: nothing, or a token of the upstream's own authorization server, for
 * itself (client credentials) or for the person and the caller (RFC 8693, or RFC 7523 with a grant of ours). The credential
 * of a caller is never among what is sent: an exchange starts from a token that Weir signed for this one server.
 */
import { BoundedMap } from '../../base/bounded-map.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../base/json.ts'
import { assert } from '../../base/assert.ts'
import type { CredentialSettings, PartnerSettings } from '../../config/settings-identity.ts'
import type { AgentId } from '../../domain/ids.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { discloseClaims, stricter } from './disclosure.ts'
import type { PairwiseName } from './pairwise.ts'
import { type GrantPlace, grantOf, grantTyp, timed } from './partner-grant.ts'
import type { SignJwt } from '../tokens/token-signer.ts'
import { type Obtain, TokenPool } from './token-pool.ts'
import { issuerOf, requestToken, type TokenAskParts, type TokenPlace } from './token-request.ts'

/** What goes upstream beside the call. */
export interface UpstreamCredential {
  readonly headers: HeaderList
  /** The target gets this instead of our delivery token: an exchanged token says what it may know. */
  readonly replacesDelivery: boolean
}

export interface Outbound {
  /** At once where a token is at hand. `delivery` is the token minted for this hop. Never rejects. */
  credentialFor(target: AgentId, delivery: string): UpstreamCredential | Denial | Promise<UpstreamCredential | Denial>
}

export interface OutboundParts {
  readonly sign: SignJwt
  readonly clock: Clock
  readonly dice: Dice
  /** What a partner knows our people by. */
  readonly pairwise: PairwiseName
  /** Default: the one of Node. */
  readonly fetch?: typeof fetch
}

export interface OutboundSettings {
  readonly agents: ReadonlyMap<AgentId, { readonly credential: CredentialSettings }>
  /** Where the issuer of a credential is also a partner, its row counts too: the stricter disclosure holds. */
  readonly partners: readonly Pick<PartnerSettings, 'issuer' | 'disclosure'>[]
  /** Pools kept at once: one for each target and, where tokens are exchanged, each person and chain it is told of. */
  readonly pools: number
}

const nothing: UpstreamCredential = { headers: [], replacesDelivery: false }

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
/** The subject token is spent at once; it need not outlive the request. */
const subjectLifetime_s = 60

export function openOutbound(settings: OutboundSettings, parts: OutboundParts): Outbound {
  const counter = openCounter(settings.pools, parts)
  const ceilings = new Map(settings.partners.map(({ issuer, disclosure }) => [issuer, disclosure]))
  const within = (row: CredentialSettings): CredentialSettings => {
    const ceiling = ceilings.get(row.issuer ?? '')
    return ceiling ? { ...row, disclosure: stricter(row.disclosure, ceiling) } : row
  }
  return {
    credentialFor(target, delivery) {
      const row = settings.agents.get(target)?.credential
      if (!row || row.mode === 'none') return nothing
      const place = within(row)
      assert(isTokenPlace(place), 'the cross-check asks for endpoint and client id where a token is wanted')
      const replacesDelivery = place.mode !== 'client_credentials'
      const token = tokenFor(counter, { target, place, delivery })
      const shown = (value: string | Denial): UpstreamCredential | Denial =>
        isDenial(value) ? value : { headers: [['authorization', `Bearer ${value}`]], replacesDelivery }
      return token instanceof Promise ? token.then(shown) : shown(token)
    },
  }
}

type Token = ReturnType<TokenPool['take']>

/** Where tokens are kept, and what it takes to ask for more. */
interface Counter {
  readonly parts: OutboundParts
  readonly asking: TokenAskParts
  take(key: string, ahead: number, obtain: Obtain): Token
}

function openCounter(max: number, parts: OutboundParts): Counter {
  const pools = new BoundedMap<string, TokenPool>({ max })
  const { clock, dice, sign } = parts
  const now_s = (): number => Math.floor(clock.now() / 1000)
  return {
    parts,
    asking: { sign, jti: () => dice.hex(16), now_s, fetch: parts.fetch ?? fetch },
    take(key, ahead, obtain) {
      const pool = pools.get(key) ?? new TokenPool(ahead, clock)
      pools.set(key, pool)
      return pool.take(obtain)
    },
  }
}

interface Wanted<Place extends TokenPlace = TokenPlace> {
  readonly target: AgentId
  readonly place: Place
  readonly delivery: string
}

function tokenFor(counter: Counter, { target, place, delivery }: Wanted): Token {
  if (place.mode === 'exchange') return exchanged(counter, { target, place, delivery })
  if (isGrantPlace(place)) return granted(counter, { target, place, delivery })
  const ask = { grant: 'client_credentials', parameters: {} }
  return counter.take(target, 1, async () => await requestToken(place, ask, counter.asking))
}

function exchanged({ take, asking }: Counter, { target, place, delivery }: Wanted): Token {
  const claims = discloseClaims(claimsOf(delivery), place.disclosure)
  return take(`${target} ${tellingOf(claims)}`, place.ahead, async () => {
    const subject = await asking.sign('JWT', subjectClaims(claims, issuerOf(place), asking.now_s()))
    if (isDenial(subject)) return subject
    const parameters = { subject_token: subject, subject_token_type: jwtType, requested_token_type: accessTokenType }
    return await requestToken(place, { grant: exchangeGrant, parameters }, asking)
  })
}

/**
 * A grant is for one chain in one run, and over there it opens one: the head tells them apart, and one token is kept,
 * because each opens another.
 */
function granted(
  { take, asking, parts }: Counter,
  { target, place, delivery }: Wanted<GrantPlace & TokenPlace>,
): Token {
  const claims = claimsOf(delivery)
  const said = grantOf(claims, place, parts.pairwise)
  if (isDenial(said)) return said
  return take(`${target} ${JSON.stringify(said.claims.dlg)} ${tellingOf(claims)}`, 1, async () => {
    const assertion = await asking.sign(grantTyp, timed(said.claims, asking.now_s(), asking.jti()))
    if (isDenial(assertion)) return assertion
    const asked = { ...place, scope: said.scope }
    return await requestToken(asked, { grant: jwtBearer, parameters: { assertion } }, asking)
  })
}

function isTokenPlace(row: CredentialSettings): row is TokenPlace {
  return row.token_endpoint !== null && row.client_id !== null
}

function isGrantPlace(row: TokenPlace): row is TokenPlace & GrantPlace {
  if (row.mode !== 'grant') return false
  assert(row.issuer !== null, 'the cross-check asks for an issuer where a grant is made')
  return true
}

/** The delivery was signed by us a moment ago, so its claims are read and not verified. */
function claimsOf(delivery: string): JsonObject {
  const claims = readJsonObject(Buffer.from(delivery.split('.')[1] ?? '', 'base64url').toString('utf8'))
  assert(claims !== null, 'a delivery token has claims')
  return claims
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
