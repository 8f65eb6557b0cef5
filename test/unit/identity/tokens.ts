/** Mints and reads tokens without a road around them, and reads them with other claims than were signed. */
import { decodeJwt } from 'jose'
import type { JsonObject } from '../../../src/base/json.ts'
import { type AgentId, slugOf } from '../../../src/domain/ids.ts'
import type { Delegation, Proof } from '../../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../../src/domain/verdict.ts'
import { type CallFacts, readCall } from '../../../src/identity/tokens/call-token.ts'
import { type DeliveryFacts, readDelivery } from '../../../src/identity/tokens/delivery.ts'
import type { CallToken, Minting } from '../../../src/identity/tokens/mint.ts'
import { type BaseClaims, type ReadToken, readToken, skew_ms } from '../../../src/identity/strict-jwt.ts'
import { callFacts, gatewayUrl, type World } from '../../support/identity-kit.ts'

export const claimsOf = (raw: string): JsonObject => decodeJwt(raw)

export function minting(world: World, facts: DeliveryFacts): Minting {
  const minted = world.identity.mintDelivery(facts)
  if (isDenial(minted)) throw new Error(minted.detail)
  return minted
}

export async function callToken(world: World, facts: CallFacts): Promise<CallToken> {
  const token = await world.identity.mintCallToken(facts)
  if (isDenial(token)) throw new Error(token.detail)
  return token
}

/** A call token for the chain that was delivered to this agent. */
export async function exchanged(
  world: World,
  delegation: Delegation | null,
  who: AgentId,
  more: Partial<CallFacts> = {},
) {
  return await callToken(world, callFacts(slugOf(who), { delegation, audience: `${gatewayUrl}/a2a/c`, ...more }))
}

function tokenOf(raw: string, claims: JsonObject | undefined): { token: ReadToken; base: BaseClaims } {
  const read = readToken(raw)
  if (isDenial(read)) throw new Error(read.detail)
  const token = claims ? { ...read, claims: JSON.parse(JSON.stringify(claims)) as JsonObject } : read
  const { sub, jti, iat, exp } = token.claims as { sub: string; jti: string; iat: number; exp: number }
  return { token, base: { sub, jti, issuedAt: iat * 1000, expiresAt: exp * 1000 + skew_ms } }
}

/** What a delivery says when it is read, or what other claims in its place would say. */
export function delivered(raw: string, claims?: JsonObject): Delegation | Denial {
  const { token, base } = tokenOf(raw, claims)
  return readDelivery(token, base, 64)
}

export function called(raw: string, claims?: JsonObject): Proof | Denial {
  const { token, base } = tokenOf(raw, claims)
  return readCall(token, base, { url: gatewayUrl, chain_max: 64 })
}
