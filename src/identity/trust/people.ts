/** Tokens of a person's login: the root of a chain that begins with somebody (OpenID Connect Core section 2). */
import type { PeopleSettings } from '../../config/settings-identity.ts'
import type { JsonObject } from '../../base/json.ts'
import { isPersonId, type PersonId } from '../../domain/ids.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { readConfirmation } from '../sender/confirmation.ts'
import type { KeySource } from './jwks.ts'
import { isText, type Leeway, strict } from '../strict-jwt.ts'
import type { Subject } from '../clients/subject.ts'
import type { Trust } from './trust.ts'

const leeway: Leeway = { ...strict, aud: 'read_later', jti: 'hash' }
const audiences_max = 16
const amr_max = 16

/** `prefixes` are those of partners: a person of ours never looks like one of theirs. */
export function personTrust(settings: PeopleSettings, keys: KeySource, prefixes: readonly string[]): Trust<Subject> {
  const { issuer, algorithms, lifetime_max_s, person_claim } = settings
  const clients = new Map(Object.entries(settings.clients))
  const authority = { scopes: null, details: settings.authorization_details }
  return {
    keys,
    algorithms,
    rule: { issuer, audience: null, typs: ['', 'jwt'], lifetime_max_s, leeway },
    read({ claims, kid: keyId }, { jti: tokenId, issuedAt, expiresAt }) {
      // Before they had a typ of their own, logout tokens were told apart by this claim alone.
      if (Object.hasOwn(claims, 'events')) return refuse('a security event is no login')
      const client = clientOf(claims)
      if (isDenial(client)) return client
      const holder = clients.get(client.id)
      if (!holder) return refuse('the token was issued to no client of ours')
      const person = personOf(claims[person_claim], prefixes)
      if (!person) return refuse(`${person_claim} names no person`)
      const boundTo = readConfirmation(claims)
      if (boundTo === undefined) return refuse('cnf binds the token in a way we cannot check')
      const who = { kind: 'person', holder, person, issuer, tokenId, keyId } as const
      const unchained = { authority, delegation: null, ext: null, singleUse: false }
      return { ...who, issuedAt, expiresAt, boundTo, login: loginOf(claims), ...unchained }
    },
  }
}

/** The client a token was issued to: `azp`, which must be among the audiences, or the only audience. */
function clientOf({ aud, azp }: JsonObject): { readonly kind: 'client'; readonly id: string } | Denial {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.length === 0 || audiences.length > audiences_max || !audiences.every(isText))
    return refuse('aud is missing')
  if (azp === undefined) {
    const [id = '', ...others] = audiences
    return others.length === 0 ? { kind: 'client', id } : refuse('several audiences and no azp')
  }
  if (!isText(azp) || !audiences.includes(azp)) return refuse('azp is not among the audiences')
  return { kind: 'client', id: azp }
}

function personOf(value: unknown, prefixes: readonly string[]): PersonId | null {
  const id = `user:${isText(value) ? value : ''}`
  return isPersonId(id) && !prefixes.some((prefix) => id.endsWith(`@${prefix}`)) ? id : null
}

export function loginOf({ auth_time, acr, amr }: JsonObject): NonNullable<Subject['login']> {
  return {
    auth_time: typeof auth_time === 'number' && Number.isSafeInteger(auth_time) && auth_time >= 0 ? auth_time : null,
    acr: isText(acr) ? acr : null,
    amr: Array.isArray(amr) ? amr.filter(isText).slice(0, amr_max) : [],
  }
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
