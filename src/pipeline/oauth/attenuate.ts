/**
 * What the token may carry: never more than its subject, than what the registry lets the client have, or than what is
 * left. More than that is refused and never quietly cut down, so that a client knows what it holds.
 */
import type { Authority } from '../../domain/authority.ts'
import { intersect } from '../../domain/authority/intersect.ts'
import { isWider, requested } from '../../domain/authority/narrower.ts'
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

type Wanted = Pick<TokenRequest, 'asked' | 'budget'>
type Held = Pick<Ground, 'authority' | 'delegation' | 'run'>

export function attenuate(known: Known, request: Wanted, ground: Held): Carried | OAuthRefusal {
  const held = heldBy(known, ground)
  const authority = requested(request.asked, held)
  if (isWider(authority)) {
    const { error, sentence } = refusals[authority.member]
    return oauthRefusal(error, sentence, authority.sentence)
  }
  const budget = budgetOf(request, ground)
  return isOAuthRefusal(budget) ? budget : { kind: 'carried', authority, budget }
}

/** What the subject and the client's row in the registry allow together. */
function heldBy({ visit, client }: Known, { authority }: Held): Authority {
  const details = visit.snapshot.agents.get(client.agent)?.settings.client.authorization_details ?? null
  return intersect(authority, { scopes: null, details })
}

const refusals = {
  scope: { error: 'invalid_scope', sentence: 'The scope asked for is wider than that held' },
  authorization_details: {
    error: 'invalid_authorization_details',
    sentence: 'The authorization_details asked for are wider than those held',
  },
} as const

/** A ceiling that is not asked for is inherited; one that is asked for fits under that of the subject and into the run. */
function budgetOf({ budget }: Wanted, { delegation, run }: Held): BudgetCeiling | null | OAuthRefusal {
  const parent = delegation?.budget ?? null
  if (!budget) return parent
  const fits = (['cost_micros', 'tokens'] as const).every((unit) => {
    const ceiling = Math.min(parent?.[unit] ?? Number.POSITIVE_INFINITY, run?.left[unit] ?? Number.POSITIVE_INFINITY)
    return (budget[unit] ?? 0) <= ceiling
  })
  if (fits) return { ...parent, ...budget }
  return oauthRefusal('invalid_request', 'The budget asked for is larger than what is left')
}
