/** Evaluates the policies that cover a request and says which of them decided, as Cedar would. */
import { targetName } from '../domain/call.ts'
import { writeCedarRequest } from './cedar-request.ts'
import type { Frame } from './closures.ts'
import type { OracleAnswer, PolicyError, PolicyRequest } from './question.ts'
import type { Candidates, PolicySnapshot } from './snapshot.ts'
import { Failure } from './values.ts'

/** What the policies say about one request. */
export interface Judgement {
  readonly allowed: boolean
  /** The forbids that hold; if there are none, the permits that hold. Empty where nothing does. */
  readonly policies: readonly string[]
  /** Cedar skips a policy that cannot be evaluated, even a forbid. Here any error means no. */
  readonly errors: readonly PolicyError[]
  /** The first permit that covers the edge and whose condition does not hold, if nothing else decided. */
  readonly nearest: string | null
  /** The principal or target that is not registered, if one is not; then no policy was evaluated. */
  readonly unknown: string | null
}

/**
 * Judges a request: at once where all policies that cover it are compiled, otherwise by the oracle, which then
 * judges the whole request. Rejects only if the oracle does.
 */
export function judge(policy: PolicySnapshot, request: PolicyRequest): Judgement | Promise<Judgement> {
  const principal = policy.world.agent(request.principal)
  if (!principal) return unknown(request.principal)
  const resource = policy.world.target(request.resource)
  if (!resource) return unknown(targetName(request.resource))
  const candidates = policy.candidates(request.action, principal, resource)
  const action = policy.action(request.action)
  const frame: Frame = { principal, action, resource, context: policy.world.context(request.context) }
  return candidates.uncovered ? askOracle(policy, candidates, frame) : evaluate(candidates, frame)
}

function evaluate(candidates: Candidates, frame: Frame): Judgement {
  const permits: string[] = []
  const forbids: string[] = []
  const errors: PolicyError[] = []
  let nearest: string | null = null
  for (const { id, effect, condition } of candidates.policies) {
    const holds = condition(frame)
    if (holds === true) (effect === 'permit' ? permits : forbids).push(id)
    else if (holds instanceof Failure) errors.push({ id, message: holds.message })
    else if (effect === 'permit') nearest ??= id
  }
  const policies = forbids.length > 0 ? forbids : permits
  const allowed = permits.length > 0 && forbids.length === 0 && errors.length === 0
  return { allowed, policies, errors, nearest: policies.length > 0 ? null : nearest, unknown: null }
}

async function askOracle(policy: PolicySnapshot, candidates: Candidates, frame: Frame): Promise<Judgement> {
  const mentioned = candidates.policies.flatMap((candidate) => candidate.mentions)
  const answer: OracleAnswer = await policy.oracle(policy.question(writeCedarRequest(frame, mentioned)))
  const decided = new Set(answer.policies)
  return {
    allowed: answer.decision === 'allow' && answer.errors.length === 0,
    policies: candidates.policies.filter(({ id }) => decided.has(id)).map(({ id }) => id),
    errors: answer.errors,
    nearest: null,
    unknown: null,
  }
}

function unknown(name: string): Judgement {
  return { allowed: false, policies: [], errors: [], nearest: null, unknown: name }
}
