/** The question that policy was asked about a call, put together again from its record, and what it said then. */
import { assert } from '../../base/assert.ts'
import type { LostWhy } from '../../domain/arguments-lost.ts'
import { familyOf, type ModelDialect, type ModelFamily, type Target } from '../../domain/call.ts'
import { isAgentId } from '../../domain/ids.ts'
import type { PolicyAsked } from '../../domain/policy-asked.ts'
import type { CallRecord } from '../../domain/record.ts'
import { shadowOfDefault } from '../../domain/verdict.ts'
import type { PolicyRequest } from '../../policy/question.ts'
import type { PolicyContext } from '../../policy/world.ts'
import type { StandingFacts } from './facts.ts'

/** What a record says that policy decided about. */
export type Recorded =
  | RecordedQuestion
  /** Policy was not asked, or allowed what something else refused: a token, a limit, the state of the run. */
  | { readonly kind: 'elsewhere'; readonly why: string }
  /** The record does not hold all of the question. */
  | { readonly kind: 'unclear'; readonly why: string }

export interface RecordedQuestion {
  readonly kind: 'question'
  /** One for each place its name leads to: it is allowed where one of them is. */
  readonly requests: readonly PolicyRequest[]
  /** Whether a new run would begin with it: then `startRun` is asked too, and both must be allowed. */
  readonly starts: boolean
  readonly was: 'allow' | 'deny'
  /** Why its arguments are not among it; null where they are. */
  readonly lost: LostWhy | null
}

/** Arguments of a call as JSON text (null: it had none), where they were captured; else why nobody knows them. */
export type ArgumentsOf = (record: CallRecord) => string | null | ArgumentsLost

export interface ArgumentsLost {
  readonly lost: LostWhy
}

/** Lists and texts of records are cut at these lengths (`ledger/pack.ts`). */
const chain_max = 64
const cut = '…'

const nothingKept: ArgumentsLost = { lost: 'not_captured' }

export const noArgumentsKept: ArgumentsOf = () => nothingKept

/** The places that a name of a model leads to, for a call in that dialect; undefined for a name that is no route. */
export type Routes = (name: string, dialect: CallRecord['dialect']) => readonly string[] | undefined

/** What a record says of the decision, before its question is put together: what policy said, or why that is not known. */
export function verdictIn(record: CallRecord): 'allow' | 'deny' | Exclude<Recorded, RecordedQuestion> {
  if (!record.asked || record.agent === null) return notAsked(record)
  const was = verdictOf(record)
  const unclear = typeof was === 'string' ? cutIn(record) : null
  return unclear === null ? was : { kind: 'unclear', why: unclear }
}

export function questionOf(record: CallRecord, routes: Routes, argumentsOf: ArgumentsOf = noArgumentsKept): Recorded {
  const was = verdictIn(record)
  if (typeof was !== 'string') return was
  const { asked, agent } = record
  assert(asked !== null && asked !== undefined && agent !== null, 'whoever was judged was asked about and is known')
  const target = readTarget(record.target)
  if (!target) return { kind: 'unclear', why: `${record.target} is no name of a target` }
  const args = target.kind === 'tool' ? argumentsOf(record) : nothingKept
  const isLost = typeof args === 'object' && args !== null
  const known = isLost ? {} : { args }
  const one = { action: asked.action, principal: agent, context: contextOf(record, asked), ...known }
  const places = target.kind === 'model' ? routes(target.id, record.dialect) : undefined
  const targets = places?.map((id): Target => ({ kind: 'model', id })) ?? [target]
  const requests = targets.map((resource): PolicyRequest => ({ ...one, resource }))
  return { kind: 'question', requests, starts: isStart(record), was, lost: isLost ? args.lost : null }
}

/** Whether `startRun` was asked beside it. */
export function isStart({ run_origin, code }: CallRecord): boolean {
  return run_origin === 'new' || code === 'run_context_required'
}

export function routesOf({ routes, providers }: StandingFacts): Routes {
  const byName = new Map(routes)
  const apis = new Map(providers.map(({ id, api }) => [id, api]))
  const speaks = (place: string, family: ModelFamily): boolean => {
    const api = apis.get(place.slice(0, place.indexOf('/')))
    return api === 'fake' || api === family
  }
  return (name, dialect) => byName.get(name)?.filter((place) => speaks(place, familyOf(dialect as ModelDialect)))
}

function notAsked({ agent, code, decision, rule, detail }: CallRecord): Exclude<Recorded, RecordedQuestion> {
  if (agent === null) return { kind: 'elsewhere', why: 'nobody proved who was calling, so policy was not asked' }
  if (code === 'policy_denied')
    return {
      kind: 'unclear',
      why: `policy refused it (${rule ?? 'default'}), but the record does not keep what it was asked`,
    }
  if (decision === 'allow') return { kind: 'elsewhere', why: 'it starts no work, so no question of a hop was asked' }
  return {
    kind: 'elsewhere',
    why: `${rule ?? code ?? 'something'} refused it before policy was asked: ${detail ?? ''}`,
  }
}

/** What policy itself said, whatever became of the call; what else refused it where policy allowed it. */
function verdictOf(record: CallRecord): 'allow' | 'deny' | Exclude<Recorded, RecordedQuestion> {
  const { decision, code, rule, detail, shadow } = record
  if (decision === 'allow') return shadow.includes(shadowOfDefault) ? 'deny' : 'allow'
  if (rule === 'policy.oracle') return { kind: 'unclear', why: 'the policy oracle could not be asked' }
  if (code === 'policy_denied' || code === 'approval_required') return 'deny'
  if (code === 'run_context_required') {
    const ofRegistry = rule === 'agents.may_start_runs'
    return ofRegistry ? { kind: 'elsewhere', why: `the registry refused it (${rule}): ${detail ?? ''}` } : 'deny'
  }
  return {
    kind: 'elsewhere',
    why: `policy allowed it; ${rule ?? code ?? 'something else'} refused it: ${detail ?? ''}`,
  }
}

function cutIn({ target, scope, chain, depth }: CallRecord): string | null {
  if (target.endsWith(cut)) return 'the name of its target was too long to be kept whole'
  if (scope?.endsWith(cut)) return 'the scopes of its token were too long to be kept whole'
  if (chain.length >= chain_max && depth > chain.length) return 'its chain was too long to be kept whole'
  return null
}

function contextOf(record: CallRecord, asked: PolicyAsked): PolicyContext {
  const { depth, chain, human, scope, bound, cred_type, approval, decision } = record
  return {
    depth,
    chain,
    human,
    runState: asked.run_state,
    budgetLeftMicros: asked.budget_left_micros ?? Number.POSITIVE_INFINITY,
    tokensLeft: asked.tokens_left ?? Number.POSITIVE_INFINITY,
    calls: asked.calls,
    laps: asked.laps,
    env: asked.env,
    boundKey: bound !== 'none' || cred_type === 'client_cert',
    taint: asked.taint,
    // The permit of an approved call was given in the knowledge of its approval.
    approved: asked.approved || (approval !== null && decision === 'allow'),
    scopes: scope === null || scope === '' ? [] : scope.split(' '),
    ...(asked.action === 'useModel'
      ? { maxTokens: asked.max_tokens ?? Number.POSITIVE_INFINITY, streaming: asked.streaming ?? false }
      : {}),
  }
}

/** The target that a record names; null for what is none. */
export function readTarget(name: string): Target | null {
  if (isAgentId(name)) return { kind: 'agent', id: name }
  const [, kind, id] = /^(tool|server|model):(.+)$/s.exec(name) ?? []
  return kind !== undefined && id !== undefined ? ({ kind, id } as Target) : null
}
