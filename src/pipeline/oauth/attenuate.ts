/**
 * What the token may carry: never more than its subject, than what the registry lets the client have, or than what is
 * left. More than that is refused and never quietly cut down, so that a client knows what it holds.
 */
import type { Authority } from '../../domain/authority.ts'
import { intersect } from '../../domain/authority/intersect.ts'
import { isWider, requested } from '../../domain/authority/narrower.ts'
import { type BudgetAmounts, ceilings_max } from '../../domain/ceilings.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import type { Ground } from './ground.ts'
import type { TokenRequest } from './request.ts'
import type { Known } from './visit.ts'

export interface Carried {
  readonly kind: 'carried'
  readonly authority: Authority
  /** The ceiling it was asked for with. */
  readonly budget: BudgetAmounts | null
}

export function attenuate(known: Known, request: TokenRequest, ground: Ground): Carried | OAuthRefusal {
  const held = heldBy(known, ground)
  const authority = requested(request.asked, held)
  if (isWider(authority)) {
    const { error, sentence } = refusals[authority.member]
    return oauthRefusal(error, sentence, authority.sentence)
  }
  const budget = budgetOf(known, request, ground)
  return isOAuthRefusal(budget) ? budget : { kind: 'carried', authority, budget }
}

/** What the subject and the client's row in the registry allow together. */
function heldBy({ visit, client }: Known, { authority }: Ground): Authority {
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

/**
 * Ceilings of the subject are inherited. One that is asked for stands beside them, for this token and what follows from
 * it alone, and is no larger than what is left under all of them and in the run.
 */
function budgetOf({ visit }: Known, { budget }: TokenRequest, ground: Ground): BudgetAmounts | null | OAuthRefusal {
  if (!budget) return null
  const { delegation, run } = ground
  const ceilings = delegation?.budget ?? []
  if (ceilings.length >= ceilings_max)
    return oauthRefusal('invalid_request', `No more than ${ceilings_max} budgets may lie within each other`)
  const left = run && visit.road.limits.grants.left(run, ceilings)
  const fits = units.every((unit) => (budget[unit] ?? 0) <= (left?.[unit] ?? Number.POSITIVE_INFINITY))
  return fits ? budget : oauthRefusal('invalid_request', 'The budget asked for is larger than what is left')
}

const units = ['cost_micros', 'tokens'] as const
