/**
 * What the token may carry: never more than its subject, than what the registry lets the client have, or than what is
 * left. More than that is refused and never quietly cut down, so that a client knows what it holds.
 */
import type { Authority } from '../../domain/authority.ts'
import type { BudgetCeiling } from '../../domain/principal.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import type { Ground } from './ground.ts'
import type { TokenRequest } from './request.ts'
import type { Known } from './visit.ts'

export interface Carried {
  readonly kind: 'carried'
  readonly authority: Authority
  readonly budget: BudgetCeiling | null
}

export function attenuate(known: Known, request: TokenRequest, ground: Ground): Carried | OAuthRefusal {
  const held = heldBy(known, ground)
  if (isOAuthRefusal(held)) return held
  const { scopes, details } = request.asked
  const authority = { scopes: scopes ?? held.scopes, details: details ?? held.details }
  const wide = wider(known, authority, held)
  if (wide) return wide
  const budget = budgetOf(request, ground)
  return isOAuthRefusal(budget) ? budget : { kind: 'carried', authority, budget }
}

/** What the subject and the client's row in the registry allow together. */
function heldBy({ visit, client }: Known, { authority }: Ground): Authority | OAuthRefusal {
  const rules = visit.parts.authority
  const written = visit.snapshot.agents.get(client.agent)?.settings.client.authorization_details ?? null
  if (written === null) return authority
  const details = rules.readDetails(written)
  if (typeof details !== 'string') return rules.intersect(authority, { scopes: null, details })
  return oauthRefusal(
    'unauthorized_client',
    'This client is not set up for tokens',
    `client.authorization_details: ${details}`,
  )
}

function wider({ visit }: Known, asked: Authority, held: Authority): OAuthRefusal | null {
  const { narrower } = visit.parts.authority
  const inScope = narrower({ ...held, scopes: asked.scopes }, held)
  if (inScope !== null) return oauthRefusal('invalid_scope', 'The scope asked for is wider than that held', inScope)
  const inDetail = narrower({ ...held, details: asked.details }, held)
  const sentence = 'The authorization_details asked for are wider than those held'
  return inDetail === null ? null : oauthRefusal('invalid_authorization_details', sentence, inDetail)
}

/** A ceiling that is not asked for is inherited; one that is asked for fits under that of the subject and into the run. */
function budgetOf({ budget }: TokenRequest, { delegation, run }: Ground): BudgetCeiling | null | OAuthRefusal {
  const parent = delegation?.budget ?? null
  if (!budget) return parent
  const fits = (['cost_micros', 'tokens'] as const).every((unit) => {
    const ceiling = Math.min(parent?.[unit] ?? Number.POSITIVE_INFINITY, run?.left[unit] ?? Number.POSITIVE_INFINITY)
    return (budget[unit] ?? 0) <= ceiling
  })
  if (fits) return { ...parent, ...budget }
  return oauthRefusal('invalid_request', 'The budget asked for is larger than what is left')
}
