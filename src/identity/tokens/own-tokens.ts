/** Reads our own tokens for whoever asks about them, and not to let anybody in. */
import type { Millis } from '../../base/clock.ts'
import type { Authority } from '../../domain/authority.ts'
import type { AgentId, PersonId } from '../../domain/ids.ts'
import type { Confirmation, Delegation, Proof } from '../../domain/principal.ts'
import { isDenial } from '../../domain/verdict.ts'
import { callTyp } from './call-token.ts'
import { deliveryTyp } from './delivery.ts'
import { readToken } from '../strict-jwt.ts'
import type { TokenGate } from '../token-gate.ts'

/** One of our own tokens that verified. */
export interface OwnToken {
  readonly use: 'call' | 'delivery'
  readonly holder: AgentId
  /** The resource it is for; null where it is for none in particular. */
  readonly audience: string | null
  readonly person: PersonId | null
  readonly jti: string
  readonly issuedAt: Millis
  readonly expiresAt: Millis
  readonly boundTo: Confirmation | null
  readonly authority: Authority
  readonly delegation: Delegation | null
  readonly keyId: string | null
}

export interface OwnReader {
  /** Our own token behind that text, or null for anything that is none or has expired. Never rejects. */
  readOwn(raw: string, peer: string): Promise<OwnToken | null>
}

export interface OwnReaderParts {
  readonly public_url: string
  readonly calls: TokenGate<Proof>
  readonly deliveries: TokenGate<Delegation>
}

export function openOwnReader({ public_url, calls, deliveries }: OwnReaderParts): OwnReader {
  return {
    async readOwn(raw, peer) {
      const token = readToken(raw)
      if (isDenial(token) || token.claims.iss !== public_url) return null
      if (token.typ === callTyp) return ofCall(await calls.prove(raw, peer))
      return token.typ === deliveryTyp ? ofDelivery(await deliveries.prove(raw, peer)) : null
    },
  }
}

function ofCall(proof: Proof | { readonly kind: 'denial' }): OwnToken | null {
  if (proof.kind === 'denial') return null
  const { agent: holder, credentialId: jti, audience, person, issuedAt, expiresAt } = proof
  const { boundTo, authority, delegation, keyId } = proof
  return { use: 'call', holder, jti, audience, person, issuedAt, expiresAt, boundTo, authority, delegation, keyId }
}

function ofDelivery(delegation: Delegation | { readonly kind: 'denial' }): OwnToken | null {
  if ('kind' in delegation) return null
  const { holder, tokenId: jti, person, issuedAt, expiresAt, keyId, authority } = delegation
  const unbound = { audience: null, boundTo: null }
  return { use: 'delivery', holder, jti, person, issuedAt, expiresAt, authority, delegation, keyId, ...unbound }
}
