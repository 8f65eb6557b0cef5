/** Makes Weir's own tokens. Signing happens in the proof pool; what was minted here is known from its first use on. */
import type { Clock } from '../base/clock.ts'
import type { Dice } from '../base/dice.ts'
import { anything } from '../domain/authority.ts'
import type { AgentId, PersonId } from '../domain/ids.ts'
import type { Delegation, Proof } from '../domain/principal.ts'
import { type Denial, isDenial } from '../domain/verdict.ts'
import { type DeliveryFacts, deliveryTyp, writeDelivery } from './delivery.ts'
import type { IdentitySettings } from './settings.ts'
import { skew_ms } from './strict-jwt.ts'
import { TokenMemory } from './token-memory.ts'
import type { SignToken } from './token-signer.ts'
import { callLifetime_max_s, callTyp } from './trust.ts'

interface CallFacts {
  readonly agent: AgentId
  /** The person the agent works for; null for a service. */
  readonly person: PersonId | null
}

export interface Minter {
  /** A call token (RFC 9068) with which the agent may call this gateway; `busy` if it cannot be signed now. */
  mintCallToken(facts: CallFacts): Promise<string | Denial>
  /** The Txn-Token that goes to the target of a hop; `busy` if it cannot be signed now. A Hop fits the facts. */
  mintDelivery(facts: DeliveryFacts): Promise<string | Denial>
}

export interface MinterParts {
  readonly settings: IdentitySettings
  readonly signToken: SignToken
  readonly clock: Clock
  readonly dice: Dice
  readonly calls: TokenMemory<Proof>
  readonly deliveries: TokenMemory<Delegation>
}

export function openMinter({ settings, signToken, clock, dice, calls, deliveries }: MinterParts): Minter {
  const iss = settings.public_url
  const now_s = (): number => Math.floor(clock.now() / 1000)

  return {
    async mintCallToken({ agent, person }) {
      const iat = now_s()
      const exp = iat + Math.min(settings.tokens.call_ttl_s, callLifetime_max_s)
      const jti = dice.hex(16)
      const who = { client_id: agent, sub: person ?? agent, sub_profile: person ? 'user' : 'service' }
      const signed = await signToken(callTyp, { iss, aud: iss, ...who, iat, exp, jti })
      if (isDenial(signed)) return signed
      const expiresAt = exp * 1000 + skew_ms
      const times = { keyId: signed.kid, issuedAt: iat * 1000, expiresAt }
      const wide = { audience: null, boundTo: null, authority: anything, delegation: null }
      const proof: Proof = { kind: 'call_token', agent, person, credentialId: jti, issuer: 'weir', ...times, ...wide }
      calls.remember(TokenMemory.key(signed.raw), proof)
      return signed.raw
    },

    async mintDelivery(facts) {
      const iat = now_s()
      const end_s = Math.min(Math.floor(facts.run.endsAt / 1000), iat + settings.tokens.delivery_ttl_s)
      const exp = Math.max(end_s, iat + 1)
      const { claims, delegation } = writeDelivery(facts, { iss, iat, exp })
      const signed = await signToken(deliveryTyp, claims)
      if (isDenial(signed)) return signed
      deliveries.remember(TokenMemory.key(signed.raw), delegation)
      return signed.raw
    },
  }
}
