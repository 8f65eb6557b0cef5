/**
 * Whether the card of somebody else's agent is signed by whom the operator trusts. SDKs do not agree on what is signed
 * (all members, or those that are not empty), so both readings are tried: a signature over either holds for this card.
 * The keys are those of the configuration; where a card says its keys are (`jku`) is never asked.
 */
import type { JsonObject } from '../../base/json.ts'
import { withoutEmpty } from '../../protocol/a2a/card.ts'
import { verifyCard } from './card-signature.ts'

export const signaturePolicies = ['required', 'if_present', 'ignore'] as const
export type SignaturePolicy = (typeof signaturePolicies)[number]

export interface UpstreamSignature {
  /** `unchecked`: it is signed, and nobody says with what keys to check it. */
  readonly state: 'verified' | 'unsigned' | 'unchecked' | 'invalid'
  /** The key that signed it; null unless it is verified. */
  readonly kid: string | null
  /** Over what the signature holds; null unless it is verified. */
  readonly reading: 'whole' | 'without_empty' | null
  /** Whether the card may be used under the policy. */
  readonly acceptable: boolean
  /** Why it does not hold; null where nothing is wrong. */
  readonly problem: string | null
}

/** `keys` are those of the configuration; null where it names none. `card` must have a canonical form. Never rejects. */
export async function judgeSignature(
  card: JsonObject,
  keys: readonly object[] | null,
  policy: SignaturePolicy,
): Promise<UpstreamSignature> {
  const { signatures, ...signed } = card
  const none = { kid: null, reading: null }
  if (!Array.isArray(signatures) || signatures.length === 0) {
    const problem = policy === 'required' ? 'the card is not signed' : null
    return { state: 'unsigned', ...none, acceptable: problem === null, problem }
  }
  if (policy === 'ignore' || (keys === null && policy === 'if_present'))
    return { state: 'unchecked', ...none, acceptable: true, problem: null }
  const whole = await verifyCard(card, keys ?? [])
  const lean = whole.valid ? null : await verifyCard({ ...leanOf(signed), signatures }, keys ?? [])
  const holding = [whole, lean].find((report) => report?.valid)
  const kid = holding?.signatures.find(({ problem }) => problem === null)?.kid
  if (holding && kid)
    return {
      state: 'verified',
      kid,
      reading: holding === whole ? 'whole' : 'without_empty',
      acceptable: true,
      problem: null,
    }
  return { state: 'invalid', ...none, acceptable: false, problem: whole.reason ?? 'no signature holds' }
}

function leanOf(members: JsonObject): JsonObject {
  return withoutEmpty(members) as JsonObject
}
