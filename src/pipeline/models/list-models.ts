/** The models a caller may use, by the names it can ask for; agents that it may call are among them. */
import { familyOf } from '../../domain/call.ts'
import { slugOf } from '../../domain/ids.ts'
import { deny } from '../../domain/verdict.ts'
import { authorityHash } from '../../domain/authority/hash.ts'
import { covers } from '../../domain/authority/covers.ts'
import { mayBe } from '../../policy/decide.ts'
import { sendWritten } from '../../protocol/jsonrpc.ts'
import type { ModelRoute } from '../../protocol/llm/contract.ts'
import { type ListedModel, writeModel, writeModelList } from '../../protocol/llm/list.ts'
import { idHeaders } from '../../protocol/run-headers.ts'
import { alternativesMax, callableBy, neutral, refuse } from '../refuse.ts'
import { agentOf } from '../serve.ts'
import { leaveRecord, unsent } from '../visit.ts'
import { bridgePrefix } from './bridged.ts'
import { type ModelVisit, type ReceivedModel, smallestCall } from './model-road.ts'
import { findModel, knownPlaces, type NamedModel, outputMaxOf, placeName } from './names.ts'
import { modelName } from '../../config/settings-models.ts'

/** Answers `GET /v1/models` and `GET /v1/models/{id}`; a model the caller may not use answers like one that is not there. */
export async function serveModelList({ visit }: ReceivedModel, route: ModelRoute): Promise<void> {
  const { reply, call } = visit
  const names = route.one === null ? await visibleModels(visit) : await one(visit, route.one)
  if (names === null) return await refuse(visit, deny('not_found', 'no such model'))
  const listed = names.map((name) => listedModel(visit, name))
  const [first] = listed
  const written = route.one !== null && first ? writeModel(call.dialect, first) : writeModelList(call.dialect, listed)
  sendWritten(reply, written, idHeaders({ hop: call.id, run: null, isOfModel: true }))
  leaveRecord(visit, null, { ...unsent(visit, 'answered', Buffer.byteLength(written.body)) })
}

/** Models that no row lists can be asked for one by one, where policy lets them be used. */
async function one(visit: ModelVisit, name: string): Promise<readonly string[] | null> {
  const agent = visit.principal?.proof.agent
  if (agent === undefined) return null
  if (name.startsWith(bridgePrefix)) {
    const all = await visibleModels(visit)
    return all.includes(name) ? [name] : null
  }
  const named = findModel(visit.snapshot.settings.models, name, familyOf(visit.call.dialect))
  return named && (await mayUse(visit, named)) ? [name] : null
}

/** By the names it can ask for: routes first, then places, then agents. */
async function visibleModels(visit: ModelVisit): Promise<readonly string[]> {
  const agent = visit.principal?.proof.agent
  if (agent === undefined) return []
  const { snapshot, call } = visit
  const { models } = snapshot.settings
  const family = familyOf(call.dialect)
  const listed = [...new Set([...models.routes.keys(), ...knownPlaces(models).map(modelName)])]
  const named = listed.map((name) => ({ name, found: findModel(models, name, family) }))
  const may = await Promise.all(named.map(async ({ found }) => found !== null && (await mayUse(visit, found))))
  const names = named.filter((_, at) => may[at]).map(({ name }) => name)
  if (family !== 'openai') return names
  return [...names, ...callableBy(snapshot, agent).map((id) => `${bridgePrefix}${slugOf(id)}`)]
}

/**
 * What a refusal names instead: asked of policy once for a caller and its tokens, as long as the snapshot is in force. Null
 * where so many are configured that looking through them would cost more than the refusal.
 */
export async function modelsInstead(visit: ModelVisit): Promise<readonly string[] | null> {
  const { snapshot, principal, authority, call } = visit
  const { models } = snapshot.settings
  if (principal === null) return null
  if (models.routes.size + knownPlaces(models).length + snapshot.agents.size > alternativesMax) return null
  const key = `${principal.proof.agent} ${familyOf(call.dialect)} ${authorityHash(authority) ?? ''}`
  const known = snapshot.usableModels.get(key)
  if (known) return known
  const names = await visibleModels(visit)
  snapshot.usableModels.set(key, names)
  return names
}

/** Whether any of its places may be used by this caller. */
async function mayUse({ snapshot, authority, principal }: ModelVisit, { tiers }: NamedModel): Promise<boolean> {
  const agent = principal?.proof.agent
  if (agent === undefined) return false
  const context = { ...neutral(agent, snapshot), ...smallestCall, scopes: authority.scopes ?? [] }
  const places = tiers.flatMap(({ candidates }) => candidates)
  const may = await Promise.all(
    places.map(async (candidate) => {
      const id = placeName(candidate)
      if (covers(authority, { kind: 'model', model: id, maxOutputTokens: 0, costMicros: 0 }) !== null) return false
      return await mayBe(snapshot.policy, {
        action: 'useModel',
        principal: agent,
        resource: { kind: 'model', id },
        context,
      })
    }),
  )
  return may.includes(true)
}

function listedModel({ snapshot, call }: ModelVisit, name: string): ListedModel {
  const { models } = snapshot.settings
  const [candidate] = findModel(models, name, familyOf(call.dialect))?.tiers[0]?.candidates ?? []
  const agent = name.startsWith(bridgePrefix) ? agentOf(name.slice(bridgePrefix.length)) : null
  const described = agent ? snapshot.agents.get(agent)?.settings.description : models.routes.get(name)?.description
  const owner = candidate && !models.routes.has(name) ? candidate.provider.id : 'weir'
  const row = candidate?.provider.models.get(candidate.model)
  const description = described ?? row?.description ?? null
  return { id: name, owner, description, output_tokens_max: candidate ? outputMaxOf(candidate) : null }
}
