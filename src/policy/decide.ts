/** The only place where a Permit comes from. Default is no. */
import { targetName } from '../domain/call.ts'
import type { AgentId } from '../domain/ids.ts'
import { type Denial, deny, issuePermit, type Permit, shadowOfDefault } from '../domain/verdict.ts'
import { judge, type Judgement, mayBeAllowed } from './judge.ts'
import type { PolicyAction, PolicyRequest } from './question.ts'
import type { PolicySnapshot } from './snapshot.ts'
import type { PolicyContext } from './world.ts'

/** A detail names this many policies at most. */
const namedMax = 5

const verbs: Readonly<Record<PolicyAction, string>> = {
  invoke: 'invoke',
  callTool: 'call',
  useServer: 'use',
  useModel: 'use',
  startRun: 'start a run by calling',
  exchange: 'have a token for',
}

/**
 * Whether policy allows a request. Answers at once unless a policy that covers it is outside the compiled subset.
 * Refuses with `policy_denied` (the rule is the first policy that decided, or `default`), or with `busy` where the
 * oracle was needed and could not be asked. Never rejects.
 */
export function decide(policy: PolicySnapshot, request: PolicyRequest): Permit | Denial | Promise<Permit | Denial> {
  const judgement = judge(policy, request)
  if (!(judgement instanceof Promise)) return conclude(policy, request, judgement)
  return judgement.then(
    (answer) => conclude(policy, request, answer),
    (error: unknown) => deny('busy', `the policy oracle did not answer: ${String(error)}`, { rule: 'policy.oracle' }),
  )
}

/**
 * Whether a call could be allowed with some arguments, where nobody knows them: for what is shown, never for what is done.
 * A no too where the oracle was needed and could not be asked. Never rejects.
 */
export function mayBe(policy: PolicySnapshot, request: PolicyRequest): boolean | Promise<boolean> {
  const answer = policy.observes ? mayBeObserved(policy, request) : mayBeAllowed(policy, request)
  return answer instanceof Promise ? answer.catch(() => false) : answer
}

/** With no arguments where nobody knows them: what a list shows is judged for itself when it is called. */
function mayBeObserved(policy: PolicySnapshot, request: PolicyRequest): boolean | Promise<boolean> {
  const shown = (judgement: Judgement): boolean => judgement.allowed || isObserved(policy, judgement)
  const judgement = judge(policy, { args: null, ...request })
  return judgement instanceof Promise ? judgement.then(shown) : shown(judgement)
}

/** The agents this one may invoke as things stand, without those about which only the oracle could tell. */
export function visibleTo(policy: PolicySnapshot, principal: AgentId, context: PolicyContext): readonly AgentId[] {
  const visible: AgentId[] = []
  for (const id of policy.world.agents) {
    const judgement = judge(policy, { action: 'invoke', principal, resource: { kind: 'agent', id }, context })
    if (judgement instanceof Promise) judgement.catch(() => undefined)
    else if (judgement.allowed || isObserved(policy, judgement)) visible.push(id)
  }
  return visible
}

function conclude(policy: PolicySnapshot, request: PolicyRequest, judgement: Judgement): Permit | Denial {
  const { allowed, policies, errors } = judgement
  if (isObserved(policy, judgement))
    return issuePermit({ policies, policyHash: policy.hash, shadow: [shadowOfDefault] })
  if (allowed) return issuePermit({ policies, policyHash: policy.hash })
  const rule = (errors.length > 0 ? errors[0]?.id : policies[0]) ?? 'default'
  const edge = `${request.principal} may not ${verbs[request.action]} ${targetName(request.resource)}`
  return deny('policy_denied', `${edge}: ${reasonOf(judgement)}`, { rule })
}

/**
 * Whether a call goes through though nothing permits it: only where the operator said that policies are to observe. What a
 * policy forbids, what could not be evaluated and what is not registered stays refused.
 */
function isObserved({ observes }: PolicySnapshot, judgement: Judgement): boolean {
  const { allowed, policies, errors, unknown } = judgement
  return observes && !allowed && policies.length === 0 && errors.length === 0 && unknown === null
}

function reasonOf({ policies, errors, nearest, unknown }: Judgement): string {
  if (unknown !== null) return `${unknown} is not registered`
  if (errors.length > 0) return `could not evaluate ${named(errors.map(({ id, message }) => `${id} (${message})`))}`
  if (policies.length > 0) return `forbidden by ${named(policies)}`
  return nearest === null ? 'no policy permits it' : `no policy permits it; the condition of ${nearest} does not hold`
}

function named(names: readonly string[]): string {
  const more = names.length - namedMax
  return names.slice(0, namedMax).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
