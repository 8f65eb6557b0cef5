/** Makes Weir's own tokens. Signing happens in the proof pool; what was minted here is known from its first use on. */
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'
import type { Dice } from '../../base/dice.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Delegation, Proof } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import { callClaims, callDelegation, type CallFacts, callLifetime_max_s, callTyp } from './call-token.ts'
import { sha256 } from '../digest.ts'
import { forget } from './chain.ts'
import { deliveryClaims, type DeliveryFacts, deliveryOf, deliveryTyp, type Frame, type Unwritten } from './delivery.ts'
import type { IdentitySettings } from '../settings.ts'
import { skew_ms } from '../strict-jwt.ts'
import { TokenMemory } from '../token-memory.ts'
import type { TokenSigner } from './token-signer.ts'

export interface CallToken {
  readonly kind: 'call_token'
  readonly raw: string
  readonly jti: string
  /** What the authenticator will say of it. */
  readonly proof: Proof
  readonly expires_in_s: number
}

/** A delivery token that is being signed. What it says is known at once, so that nobody stands on a hop without one. */
export interface Minting {
  readonly kind: 'minting'
  readonly delegation: Delegation
  /** The compact token; `busy` if it cannot be signed now. Never rejects. */
  readonly raw: Promise<string | Denial>
}

export interface Minter {
  /** A call token (RFC 9068); `busy` if it cannot be signed now. */
  mintCallToken(facts: CallFacts): Promise<CallToken | Denial>
  /** The Txn-Token that goes to the target of a hop. A Hop fits the facts. */
  mintDelivery(facts: DeliveryFacts): Minting | Denial
}

export interface MinterParts {
  readonly settings: IdentitySettings
  readonly signer: TokenSigner
  readonly clock: Clock
  readonly dice: Dice
  readonly calls: TokenMemory<Proof>
  readonly deliveries: TokenMemory<Delegation>
}

/** 8192 characters in base64url hold 6144 bytes; the rest is for header, signature and dots. */
const claimsMax_bytes = 5950

export function openMinter({ settings, signer, clock, dice, calls, deliveries }: MinterParts): Minter {
  const iss = settings.public_url
  const now_s = (): number => Math.floor(clock.now() / 1000)

  return {
    async mintCallToken(facts) {
      const { agent, delegation: parent, ttl_s = settings.tokens.call_ttl_s } = facts
      assert(parent === null || parent.holder === agent, 'a chain goes on with the agent it was delivered to')
      const iat = now_s()
      const end_s = parent ? Math.floor((parent.expiresAt - skew_ms) / 1000) : Number.POSITIVE_INFINITY
      const exp = Math.max(iat + 1, Math.min(iat + Math.min(ttl_s, callLifetime_max_s), end_s))
      const jti = dice.hex(16)
      const { kid, header } = signer.begin(callTyp)
      const frame = { iss, kid, iat, exp, jti }
      const unwritten = callDelegation(facts, jti, iat)
      const written = write(header, unwritten, (delegation) => callClaims(facts, delegation, frame))
      if (isDenial(written)) return written
      const raw = await signer.sign({ kid, input: written.input })
      if (isDenial(raw)) return raw
      const delegation = written.said && stamped(written.said, written.input, frame)
      const proof = proofOf(facts, delegation, frame)
      calls.remember(TokenMemory.key(raw), proof)
      return { kind: 'call_token', raw, jti, proof, expires_in_s: exp - iat }
    },

    mintDelivery(facts) {
      const iat = now_s()
      const end_s = Math.min(Math.floor(facts.run.endsAt / 1000), iat + settings.tokens.delivery_ttl_s)
      const { kid, header } = signer.begin(deliveryTyp)
      const frame = { iss, kid, iat, exp: Math.max(end_s, iat + 1) }
      const unwritten = deliveryOf(facts, iat)
      if (!unwritten)
        return deny('run_context_required', 'the chain before this call is not known', { rule: 'token.chain' })
      const written = write(header, unwritten, (said) => deliveryClaims(said, frame))
      if (isDenial(written)) return written
      const delegation = stamped(written.said, written.input, frame)
      const raw = signer.sign({ kid, input: written.input }).then((signed) => {
        if (!isDenial(signed)) deliveries.remember(TokenMemory.key(signed), delegation)
        return signed
      })
      return { kind: 'minting', delegation, raw }
    },
  }
}

interface Written<Said> {
  readonly said: Said
  /** `header.payload`. */
  readonly input: string
}

/** Writes the claims, with fewer links of the chain where all of them would not fit into 8 KB. */
function write<Said extends Unwritten | null>(
  header: string,
  said: Said,
  claimsOf: (said: Said) => JsonObject,
): Written<Said> | Denial {
  for (let fitting = said; ;) {
    const claims = JSON.stringify(claimsOf(fitting))
    if (Buffer.byteLength(claims) <= claimsMax_bytes) return { said: fitting, input: `${header}.${encode(claims)}` }
    if (!fitting || fitting.lineage.links.length < 2)
      return deny('policy_denied', 'the token would be over 8 KB', { rule: 'token.size' })
    fitting = { ...fitting, lineage: forget(fitting.lineage) }
  }
}

function stamped(said: Unwritten, input: string, { kid, iat, exp }: Frame): Delegation {
  return { ...said, keyId: kid, inputHash: sha256(input), issuedAt: iat * 1000, expiresAt: exp * 1000 + skew_ms }
}

function proofOf(facts: CallFacts, delegation: Delegation | null, frame: Frame & { readonly jti: string }): Proof {
  const { agent, boundTo, authority } = facts
  const { iss, kid: keyId, iat, exp, jti } = frame
  const person = delegation ? delegation.person : facts.person
  const audience = facts.audience === iss ? null : facts.audience
  const times = { issuedAt: iat * 1000, expiresAt: exp * 1000 + skew_ms }
  const vouched = { kind: 'call_token', credentialId: jti, issuer: 'weir', keyId, ...times } as const
  return { ...vouched, agent, person, audience, boundTo, authority, delegation }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
