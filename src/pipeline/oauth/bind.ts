/** To which key a token is bound: that of a DPoP proof, that of the client's certificate, or none where that is allowed. */
import type { Confirmation } from '../../domain/principal.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { oauthPaths } from '../../protocol/oauth/words.ts'
import { busy, type Known } from './visit.ts'

export interface Binding {
  readonly kind: 'binding'
  readonly boundTo: Confirmation | null
  /** Hash of the proof; goes into the chain as `pop`. */
  readonly evidence: string
}

export async function bind(known: Known): Promise<Binding | OAuthRefusal> {
  const proved = await proveKey(known)
  if (isOAuthRefusal(proved) || proved.boundTo) return proved
  if (known.visit.snapshot.settings.identity.tokens.bearer === 'allow') return proved
  return oauthRefusal('invalid_request', 'This environment issues only tokens bound to a key; send a DPoP proof')
}

/** The key the client proves to hold with this request, if it proves any. */
export async function proveKey({ visit, client }: Known): Promise<Binding | OAuthRefusal> {
  const { inbound, snapshot, parts, found } = visit
  const proof = inbound.headers.get('dpop')
  if (proof === undefined) {
    const { boundTo, evidence } = client
    found.pop = evidence
    found.bound = boundTo?.kind ?? 'none'
    return { kind: 'binding', boundTo, evidence }
  }
  const url = snapshot.publicUrl + oauthPaths.token
  const asked = { proof, method: 'POST', url, accessToken: null, peer: inbound.peer }
  const checked = await parts.dpop.checkDpop(asked)
  if (checked.kind === 'dpop_proof') {
    found.pop = checked.evidence
    found.bound = 'dpop'
    const boundTo = { kind: 'dpop', thumbprint: checked.jkt } as const
    return { kind: 'binding', boundTo, evidence: checked.evidence }
  }
  if (checked.error === 'busy') return busy(checked.detail)
  visit.nonce = checked.nonce
  return oauthRefusal(checked.error, dpopSentences[checked.error], checked.detail)
}

const dpopSentences = {
  invalid_dpop_proof: 'The DPoP proof is not valid for this request',
  use_dpop_nonce: 'The DPoP proof must carry the nonce in DPoP-Nonce',
} as const
