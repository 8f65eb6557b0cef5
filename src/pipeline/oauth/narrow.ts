/**
 * A call token may be narrowed by its own holder and by nobody else, and only that: it stays a token for the same
 * resource, and one that was bound to a key does not come back as one that anybody can use.
 */
import { oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import type { Binding } from './bind.ts'
import type { Ground } from './ground.ts'
import { invalidTarget, type TokenRequest } from './request.ts'
import type { Known } from './visit.ts'

/** Why the new token would not be narrower than what it is asked with; null where it is. */
export async function widens(
  { visit }: Known,
  request: TokenRequest,
  binding: Binding,
  { subject }: Ground,
): Promise<OAuthRefusal | null> {
  const another = boundToAnother(subject, binding)
  if (another) return another
  if (subject?.kind !== 'call') return null
  const own = request.subject && (await visit.parts.readOwn(request.subject.token, visit.inbound.peer))
  if (!own) return oauthRefusal('invalid_request', 'The subject token is not acceptable', 'no call token of ours')
  if (own.audience !== null && own.audience !== request.audience)
    return invalidTarget(`the subject token is for ${own.audience}`)
  if (!own.boundTo || binding.boundTo) return null
  return oauthRefusal('invalid_request', 'The subject token is bound to a key; send a DPoP proof')
}

/** Whether the subject counts only with a key that was not shown. */
export function boundToAnother(subject: Ground['subject'], binding: Binding): OAuthRefusal | null {
  const { boundTo } = subject ?? {}
  if (!boundTo) return null
  if (binding.boundTo?.kind === boundTo.kind && binding.boundTo.thumbprint === boundTo.thumbprint) return null
  return oauthRefusal('invalid_request', 'The subject token is bound to a key; prove that you hold it')
}
