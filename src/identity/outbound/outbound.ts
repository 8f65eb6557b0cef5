/**
 * What Weir proves to upstreams in its own name: nothing, or a token of the upstream's own authorization server, for
 * itself (client credentials) or for the person and the caller (RFC 8693, or RFC 7523 with a grant of ours). The credential
 * of a caller is never among what is sent: an exchange starts from a token that Weir signed for this one server.
 */
import { assert } from '../../base/assert.ts'
import { type JsonObject, readJsonObject } from '../../base/json.ts'
import type { CredentialSettings, PartnerSettings } from '../../config/settings-identity.ts'
import type { AgentId } from '../../domain/ids.ts'
import { type Denial, isDenial } from '../../domain/verdict.ts'
import type { HeaderList } from '../../protocol/http.ts'
import { stricter } from './disclosure.ts'
import { isTokenPlace, openCounter, type OutboundParts, tokenFor } from './obtained.ts'

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

export interface OutboundSettings {
  readonly agents: ReadonlyMap<AgentId, { readonly credential: CredentialSettings }>
  /** Where the issuer of a credential is also a partner, its row counts too: the stricter disclosure holds. */
  readonly partners: readonly Pick<PartnerSettings, 'issuer' | 'disclosure'>[]
  /** Pools kept at once: one for each target and, where tokens are exchanged, each person and chain it is told of. */
  readonly pools: number
}

const nothing: UpstreamCredential = { headers: [], replacesDelivery: false }

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
      // The delivery was signed by us a moment ago, so its claims are read and not verified.
      const token = tokenFor(counter, { target, place, claims: () => claimsOf(delivery) })
      const shown = (value: string | Denial): UpstreamCredential | Denial =>
        isDenial(value) ? value : { headers: [['authorization', `Bearer ${value}`]], replacesDelivery }
      return token instanceof Promise ? token.then(shown) : shown(token)
    },
  }
}

function claimsOf(delivery: string): JsonObject {
  const claims = readJsonObject(Buffer.from(delivery.split('.')[1] ?? '', 'base64url').toString('utf8'))
  assert(claims !== null, 'a delivery token has claims')
  return claims
}
