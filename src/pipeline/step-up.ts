/**
 * A call that a token lacks a scope for, and that everything else would let through: its client reads which scopes a token
 * must have, all at once, and gets one (RFC 6750 section 3.1; MCP, step-up authorization). Nobody is sent for a token that
 * would not help.
 */
import { type Asked, covers, scopesFor } from '../domain/authority/covers.ts'
import { isBound } from '../domain/principal.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/question.ts'
import { oauthPaths } from '../protocol/oauth/words.ts'
import type { AnyVisit } from './visit.ts'
import { authoritiesBeside, type Standing } from './within-authority.ts'

interface StepUp {
  readonly standing: Standing
  readonly asked: Asked | null
  /** What policy would be asked about the call with these scopes. */
  request(scopes: readonly string[]): PolicyRequest
}

/** The refusal that says so: with a challenge where another token of the caller helps, policy's own where that refuses. */
export async function stepUp(visit: AnyVisit, missing: Denial, { standing, asked, request }: StepUp): Promise<Denial> {
  if (asked?.kind !== 'tool') return missing
  const scopes = scopesToHold(standing, asked)
  if (scopes === null) return missing
  const verdict = await decide(visit.snapshot.policy, request(scopes))
  if (isDenial(verdict)) return verdict
  const challenge = {
    scheme: isBound(standing.principal.proof) ? 'DPoP' : 'Bearer',
    error: 'insufficient_scope',
    algs: null,
    nonce: null,
    resource_metadata: `${visit.snapshot.publicUrl}${oauthPaths.resource}${visit.inbound.path}`,
    scope: scopes.join(' '),
  } as const
  return deny('scope_missing', missing.detail, { ...(missing.rule === null ? {} : { rule: missing.rule }), challenge })
}

/** What the credential has and what the call needs; null where scopes are not what it lacks, or not all of it. */
function scopesToHold(standing: Standing, asked: Asked): readonly string[] | null {
  const { scopes, details } = standing.principal.proof.authority
  const [needed] = scopesFor(asked)
  if (scopes === null || needed === undefined || covers({ scopes: null, details }, asked) !== null) return null
  if (authoritiesBeside(standing).some((authority) => covers(authority, asked) !== null)) return null
  return [...new Set([...scopes, needed])].toSorted()
}
