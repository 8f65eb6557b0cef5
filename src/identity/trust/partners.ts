/**
 * Grants of other organisations: an identity assertion (ID-JAG) that says for which of their people one of our agents may
 * act here. What it says of the chain before is kept and counted; nobody in it is believed to be one of ours.
 */
import type { PartnerSettings } from '../../config/settings-identity.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Authority } from '../../domain/authority.ts'
import { intersect } from '../../domain/authority/intersect.ts'
import { readDetails, readScopes } from '../../domain/authority/read.ts'
import { isPersonId, type PersonId } from '../../domain/ids.ts'
import type { ForeignChain } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { isDigest } from '../digest.ts'
import { readConfirmation } from '../sender/confirmation.ts'
import type { KeySource } from './jwks.ts'
import { grantTyp } from '../outbound/partner-grant.ts'
import { loginOf } from './people.ts'
import { isText, type Leeway, strict } from '../strict-jwt.ts'
import type { Subject } from '../clients/subject.ts'
import type { Trust } from './trust.ts'

const leeway: Leeway = { ...strict, aud: 'list_of_one' }

export function grantTrust(settings: PartnerSettings, keys: KeySource, public_url: string): Trust<Subject> {
  const { issuer, algorithms, lifetime_max_s } = settings
  const clients = new Map(Object.entries(settings.clients))
  const ceiling = { scopes: null, details: settings.authorization_details }
  return {
    keys,
    algorithms,
    rule: { issuer, audience: public_url, typs: [grantTyp], lifetime_max_s, leeway },
    read({ claims, kid: keyId }, { sub, jti: tokenId, issuedAt, expiresAt }) {
      const holder = isText(claims.client_id) ? clients.get(claims.client_id) : undefined
      if (!holder) return refuse('client_id is no client of ours')
      const person = personOf(sub, settings.person_prefix)
      if (!person) return refuse('sub names no person')
      const authority = authorityOf(claims, ceiling)
      if (isDenial(authority)) return authority
      const ext = readChain(claims, settings)
      if (isDenial(ext)) return ext
      const boundTo = readConfirmation(claims)
      if (boundTo === undefined) return deny('unauthenticated', 'cnf binds the grant in a way we cannot check')
      const who = { kind: 'grant', holder, person, issuer, tokenId, keyId, issuedAt, expiresAt } as const
      const rest = { authority, delegation: null, ext, login: loginOf(claims), singleUse: true }
      return { ...who, boundTo, ...rest }
    },
  }
}

function personOf(sub: string, prefix: string): PersonId | null {
  const id = `user:${sub}@${prefix}`
  return isPersonId(id) ? id : null
}

/** What the partner wrote into the grant narrows the ceiling we set for the partner. */
function authorityOf(claims: JsonObject, ceiling: Authority): Authority | Denial {
  const { scope, authorization_details } = claims
  const scopes = scope === undefined ? null : readScopes(scope)
  if (typeof scopes === 'string') return refuse(scopes)
  const details = authorization_details === undefined ? null : readDetails(authorization_details)
  if (typeof details === 'string') return refuse(details)
  return scopes === null && details === null ? ceiling : intersect({ scopes, details }, ceiling)
}

/** `act` nests the newest actor outermost (RFC 8693 section 4.1); kept oldest first, like our own chains. */
function readChain(claims: JsonObject, settings: PartnerSettings): ForeignChain | Denial {
  const actors = readActors(claims.act)
  if (!actors) return refuse('act is no chain of actors')
  const dlg = claims.dlg ?? {}
  if (!isJsonObject(dlg)) return refuse('dlg is no object')
  const { head = null, depth: said = actors.length } = dlg
  if (head !== null && !isDigest(head)) return refuse('dlg.head is no hash')
  if (typeof said !== 'number' || !Number.isSafeInteger(said) || said < 0) return refuse('dlg.depth is no number')
  // A partner that shows a part of its chain says how long the whole is; it cannot say less than it shows.
  const depth = Math.max(said, actors.length)
  if (depth >= settings.depth_max) return refuse('the chain leaves no room for an actor of ours')
  return { issuer: settings.issuer, head, depth, actors }
}

function readActors(act: unknown): readonly string[] | null {
  const actors: string[] = []
  for (let next = act; next !== undefined;) {
    if (!isJsonObject(next) || !isText(next.sub)) return null
    actors.unshift(next.sub)
    next = next.act
  }
  return actors
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
