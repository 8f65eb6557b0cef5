/**
 * What the tokens of a caller let it ask for. Every token that stands behind a call narrows it: the credential, the
 * delegation it shows, and the one of the invocation it really stands on, which dropping a token does not widen.
 */
import { anything, type Authority } from '../domain/authority.ts'
import { type Call, type Operation, type Target, targetName } from '../domain/call.ts'
import { type Asked, covers } from '../domain/authority/covers.ts'
import { intersect } from '../domain/authority/intersect.ts'
import { type BudgetCeiling, ceilings_max, joinCeilings } from '../domain/ceilings.ts'
import { slugOf } from '../domain/ids.ts'
import type { Delegation, Principal } from '../domain/principal.ts'
import { type Denial, deny } from '../domain/verdict.ts'
import type { Entry } from './enter.ts'

/** Who asks, and from where. */
export interface Standing {
  readonly principal: Principal
  readonly entry: Pick<Entry, 'depth' | 'delegation'>
}

/** Where a caller stands that has no place in any run. */
export const nowhere: Standing['entry'] = { depth: 0, delegation: null }

/** Authorities name methods in the words of A2A 1.0, whatever the caller speaks. */
const methods: Readonly<Record<Operation, string>> = {
  send: 'SendMessage',
  stream: 'SendStreamingMessage',
  get: 'GetTask',
  list: 'ListTasks',
  cancel: 'CancelTask',
  subscribe: 'SubscribeToTask',
  push_create: 'CreateTaskPushNotificationConfig',
  push_get: 'GetTaskPushNotificationConfig',
  push_list: 'ListTaskPushNotificationConfigs',
  push_delete: 'DeleteTaskPushNotificationConfig',
  card: 'GetExtendedAgentCard',
}

/** A request to an agent as authorities look at it; null where its target is none. */
export function askedOfAgent({ target, operation }: Pick<Call, 'target' | 'operation'>): Asked | null {
  return target.kind === 'agent' ? { kind: 'agent', slug: slugOf(target.id), method: methods[operation] } : null
}

/**
 * Why the caller's tokens do not allow what is asked of the target; null where they do, and where only depth and ceilings
 * are held against them. Policy is asked after it, and only narrows.
 */
export function withinAuthority(standing: Standing, asked: Asked | null, target: Target): Denial | null {
  const { depth } = standing.entry
  const max = depthMaxOf(standing)
  if (max !== null && depth > max)
    return deny('depth_exceeded', `token.depth_max: ${depth} of ${max}`, { rule: 'token.depth_max' })
  const ceilings = ceilingsOf(standing).length
  if (ceilings > ceilings_max)
    return deny('budget_exhausted', `token.ceilings_max: ${ceilings} of ${ceilings_max}`, {
      rule: 'token.ceilings_max',
    })
  if (asked === null) return null
  const what = asked.kind === 'agent' ? asked.method : 'a call'
  for (const authority of authoritiesOf(standing)) {
    const missing = covers(authority, asked)
    if (missing !== null)
      return deny('scope_missing', `${what} of ${targetName(target)}: ${missing}`, { rule: 'token.authority' })
  }
  return null
}

/** What the caller may hand on: never more than any of its tokens. */
export function effectiveAuthority(standing: Standing): Authority {
  return authoritiesOf(standing).reduce(intersect, anything)
}

/** The deepest hop its tokens lead to. */
export function depthMaxOf(standing: Standing): number | null {
  const ceilings = delegationsOf(standing).flatMap((each) => each?.depthMax ?? [])
  return ceilings.length === 0 ? null : Math.min(...ceilings)
}

/** The budget ceilings of all its tokens. */
export function ceilingsOf(standing: Standing): readonly BudgetCeiling[] {
  return joinCeilings(...delegationsOf(standing).map((each) => each?.budget ?? []))
}

/** The chain of its credential, the one it shows and the one it really stands on: none of them frees it of another. */
function delegationsOf({ principal, entry }: Standing): readonly (Delegation | null)[] {
  return [principal.proof.delegation, principal.delegation, entry.delegation]
}

/** Those of everything beside the credential that stands behind the call. */
export function authoritiesBeside(standing: Standing): readonly Authority[] {
  const { credentialId } = standing.principal.proof
  return delegationsOf(standing).flatMap((each) => (each && each.tokenId !== credentialId ? [each.authority] : []))
}

function authoritiesOf({ principal, entry }: Standing): readonly Authority[] {
  const { proof, delegation } = principal
  return [proof.authority, delegation?.authority ?? anything, entry.delegation?.authority ?? anything]
}
