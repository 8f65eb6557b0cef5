/**
 * The grant Weir makes for a partner: an identity assertion (ID-JAG) by which the partner's authorization server lets our
 * client act there for one of our people. It says as much of the chain as the partner may see and always its head and
 * length, so that both ledgers hold the same commitment and nobody's depth starts again at the border.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { CredentialSettings, Disclosure } from '../../config/settings-identity.ts'
import { isWider, requested } from '../../domain/authority/narrower.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { readAuthority } from '../tokens/authority-claims.ts'
import { shownActors } from './disclosure.ts'
import type { PairwiseName } from './pairwise.ts'

export const grantTyp = 'oauth-id-jag+jwt'
/** Seconds; the token it is spent for lives no longer. */
const lifetime_s = 300

/** A credential row whose mode is `grant`: what the cross-check of the configuration promises is there. */
export interface GrantPlace extends Pick<
  CredentialSettings,
  'scope' | 'disclosure' | 'person' | 'authorization_details'
> {
  readonly issuer: string
  readonly client_id: string
}

/** What the grant says beside its own id and times. */
export interface GrantSaid {
  readonly kind: 'grant'
  readonly claims: JsonObject
  /** What is asked for with it; null for all it holds. */
  readonly scope: string | null
}

/** What the claims of a delivery become for that partner, or why there is no grant. */
export function grantOf(delivery: JsonObject, place: GrantPlace, pairwise: PairwiseName): GrantSaid | Denial {
  const { iss, sub, sub_profile, dlg, exp } = delivery
  if (sub_profile !== 'user' || typeof sub !== 'string')
    return deny('policy_denied', 'a grant is for a person, and this run has none', { rule: 'credential.grant' })
  const authority = authorityOf(delivery, place)
  if (isDenial(authority)) return authority
  const person = sub.slice(sub.indexOf(':') + 1)
  const { issuer: aud, client_id } = place
  const lineage = isJsonObject(dlg) ? dlg : {}
  const claims = {
    iss,
    aud,
    sub: place.person === 'id' ? person : pairwise(aud, person),
    client_id,
    exp,
    ...authority,
    act: actorsOf(lineage, place.disclosure),
    dlg: { head: lineage.head, depth: depthOf(lineage) },
  }
  return { kind: 'grant', claims, scope: authority.scope ?? null }
}

/** With an id of its own and no longer than the delivery it was made of. */
export function timed({ exp, ...claims }: JsonObject, iat: number, jti: string): JsonObject {
  return { ...claims, jti, iat, exp: Math.min(typeof exp === 'number' ? exp : iat, iat + lifetime_s) }
}

/**
 * Scopes are narrowed by those the chain holds. Details name targets, and ours mean nothing over there: the operator says
 * in the partner's words what is handed on, and without that ours go as they stand, which can only be less.
 */
function authorityOf(
  delivery: JsonObject,
  place: GrantPlace,
): { readonly scope?: string; readonly authorization_details?: unknown } | Denial {
  const held = readAuthority(delivery)
  if (!held) return deny('policy_denied', 'the authority of the delivery cannot be read', { rule: 'credential.grant' })
  const asked = place.scope === null ? null : place.scope.split(' ')
  const given = requested({ scopes: asked, details: null }, { scopes: held.scopes, details: null })
  if (isWider(given))
    return deny('policy_denied', `credential.scope is more than the chain holds: ${given.sentence}`, {
      rule: 'credential.scope',
    })
  const details = place.authorization_details ?? held.details
  const { scopes } = given
  return {
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
    ...(details === null ? {} : { authorization_details: details }),
  }
}

/**
 * The agents that have acted, the newest outermost (RFC 8693 section 4.1). `dlg.chain` has all of them and ends with the
 * target; `act` of a delivery has only the newest. What a third organisation showed us is not ours to show on.
 */
function actorsOf({ chain }: JsonObject, disclosure: Disclosure): JsonObject | undefined {
  const slugs: readonly unknown[] = Array.isArray(chain) ? chain.slice(0, -1) : []
  let act: JsonObject | undefined
  for (const slug of slugs.slice(-shownActors(disclosure))) {
    const sub = `agent:${String(slug)}`
    act = act ? { sub, act } : { sub }
  }
  return act
}

/** Everybody who acted, also those another organisation counted before us. */
function depthOf({ depth, ext }: JsonObject): number {
  const before = isJsonObject(ext) && typeof ext.depth === 'number' ? ext.depth : 0
  return (typeof depth === 'number' ? depth : 0) + before
}
