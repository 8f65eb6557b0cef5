/** Whether policy and registry let this client have a token for that target, and open a run with it where one is needed. */
import type { Target } from '../../domain/call.ts'
import { worseTaint } from '../../domain/taint.ts'
import { type Denial, isDenial, type Permit } from '../../domain/verdict.ts'
import { decide } from '../../policy/decide.ts'
import type { PolicyAction } from '../../policy/question.ts'
import type { PolicyContext } from '../../policy/world.ts'
import { isOAuthRefusal, oauthRefusal, type OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { grantTypes } from '../../protocol/oauth/words.ts'
import { modelName } from '../../config/settings-models.ts'
import { serversAt } from '../mcp/address.ts'
import { knownPlaces } from '../models/names.ts'
import { smallestCall } from '../models/model-road.ts'
import { neutral } from '../refuse.ts'
import type { Ground } from './ground.ts'
import { invalidTarget, type TokenRequest } from './request.ts'
import { busy, type Known, refusalFor } from './visit.ts'

/** The permit under which a token may be issued, or why none may. */
export async function judgeGrant(
  known: Known,
  request: TokenRequest,
  ground: Ground,
): Promise<readonly Permit[] | OAuthRefusal> {
  const barred = ground.run ? null : mayStart(known, request)
  if (barred) return barred
  const context = contextOf(known, request, ground)
  const { policy } = known.visit.snapshot
  const ask: Ask = async (action, resource) =>
    await decide(policy, { action, principal: known.client.agent, resource, context })
  const seen = await visible(known, request, ask)
  if (isOAuthRefusal(seen)) return seen
  const { permits, resource } = seen
  if (ground.run) return permits
  const start = await ask('startRun', resource)
  // It may call the target, so it learns nothing about it by hearing that it may not begin with it.
  if (isDenial(start)) return refusalFor(start, 'unauthorized_client', noStart)
  return [...permits, start]
}

const noStart = 'This client may not start a run'

type Ask = (action: PolicyAction, resource: Target) => Promise<Permit | Denial>

/** What a token may be had for, and by which permits. */
interface Seen {
  readonly kind: 'seen'
  readonly resource: Target
  readonly permits: readonly Permit[]
}

/** Registered, callable, and both to be called and to be had a token for. Every no is one and the same answer. */
async function visible({ visit }: Known, { target }: TokenRequest, ask: Ask): Promise<Seen | OAuthRefusal> {
  const { snapshot } = visit
  if (target.kind === 'tools') {
    const servers = serversAt(snapshot, target.address).map((id) => ({ kind: 'server', id }) as const)
    return await anyOf('useServer', servers, ask)
  }
  if (target.kind === 'models') {
    const models = knownPlaces(snapshot.settings.models).map(
      (place) => ({ kind: 'model', id: modelName(place) }) as const,
    )
    return await anyOf('useModel', models, ask)
  }
  const seen = await both('invoke', target, ask)
  if (isOAuthRefusal(seen) || snapshot.agents.get(target.id)?.driver) return seen
  return invalidTarget(`${target.id} cannot be called`)
}

/** A token for several of them is to be had by whoever may use one: every call is judged for itself. */
async function anyOf(action: PolicyAction, resources: readonly Target[], ask: Ask): Promise<Seen | OAuthRefusal> {
  let refusal = invalidTarget('there is nothing there')
  for (const resource of resources) {
    const seen = await both(action, resource, ask)
    if (!isOAuthRefusal(seen)) return seen
    refusal = seen
  }
  return refusal
}

async function both(action: PolicyAction, resource: Target, ask: Ask): Promise<Seen | OAuthRefusal> {
  const permits: Permit[] = []
  for (const each of [action, 'exchange'] as const) {
    const verdict = await ask(each, resource)
    if (!isDenial(verdict)) permits.push(verdict)
    else return verdict.code === 'busy' ? busy(verdict.detail) : invalidTarget(`${verdict.rule}: ${verdict.detail}`)
  }
  return { kind: 'seen', resource, permits }
}

/** A new root needs an agent that may start runs, and one without a person an agent that may act for itself. */
function mayStart({ visit, client }: Known, { grant }: TokenRequest): OAuthRefusal | null {
  const settings = visit.snapshot.agents.get(client.agent)?.settings
  if (settings?.may_start_runs !== true)
    return oauthRefusal('unauthorized_client', noStart, 'agents.may_start_runs is not set')
  if (grant !== grantTypes.clientCredentials || settings.client.autonomous) return null
  return oauthRefusal('unauthorized_client', 'This client may not act for itself', 'client.autonomous is not set')
}

/**
 * What policy is told of a request for a token, as if a person had approved it: the token grants nothing, and the call it
 * is for is asked about once it is made.
 */
export function contextOf(
  { visit, client }: Known,
  { target }: Pick<TokenRequest, 'target'>,
  ground: Pick<Ground, 'run' | 'depth' | 'chain' | 'person' | 'delegation' | 'authority'>,
): PolicyContext {
  const { snapshot } = visit
  const { run, depth, chain, person, delegation, authority } = ground
  const { limits } = snapshot.settings
  const left = run && visit.road.limits.grants.left(run, delegation?.budget ?? [])
  return {
    ...neutral(client.agent, snapshot),
    ...(target.kind === 'models' ? smallestCall : {}),
    depth,
    chain,
    human: person,
    runState: run?.state ?? 'active',
    budgetLeftMicros: left?.cost_micros ?? limits.run.cost_micros_max?.max ?? Number.POSITIVE_INFINITY,
    tokensLeft: left?.tokens ?? limits.run.tokens_max?.max ?? Number.POSITIVE_INFINITY,
    calls: run?.calls ?? 0,
    taint: worseTaint(run?.taint ?? 'none', delegation?.taint ?? 'none'),
    scopes: authority.scopes ?? [],
    laps: (target.kind === 'agent' && run?.graph.closes(client.agent, target.id, depth)?.lap) || 0,
  }
}
