/**
 * What policies were told of agents, tools and models while a configuration was in force, and the limits beside them: plain
 * data, so that it can be kept and hashed. With it and the policies a decision of long ago can be made again.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../base/jcs.ts'
import type { ModelFamily } from '../../domain/call.ts'
import { modelName } from '../../config/settings-models.ts'
import type { Settings } from '../../config/settings.ts'
import type { LimitSettings } from '../../limits/settings.ts'
import type { AgentFacts, Facts } from '../../policy/world.ts'
import { agentFacts, limitSettings, providerFacts, serverFacts } from '../snapshot.ts'

type Pairs<Value> = readonly (readonly [name: string, value: Value])[]

export interface StandingFacts {
  readonly schema: 'weir.policy-facts/v1'
  readonly environment: string
  readonly agents: readonly (AgentFacts & {
    /** Whether it can be called at all. */
    readonly callable: boolean
    readonly may_start_runs: boolean
  })[]
  readonly servers: readonly { readonly id: string; readonly effect: string; readonly effects: Pairs<string> }[]
  readonly providers: readonly {
    readonly id: string
    readonly region: string
    /** The API it speaks; one that plays models itself speaks both. */
    readonly api: ModelFamily | 'fake'
    readonly groups: Pairs<readonly string[]>
  }[]
  /** Names of models that lead to several places, and those places. */
  readonly routes: Pairs<readonly string[]>
  readonly limits: Pick<LimitSettings, 'on_breach' | 'run'>
}

export function standingFacts(settings: Settings): StandingFacts {
  const { on_breach, run } = limitSettings(settings)
  return {
    schema: 'weir.policy-facts/v1',
    environment: settings.gateway.environment,
    agents: agentFacts(settings).map((facts) => {
      const row = settings.agents.get(facts.id)
      return { ...facts, callable: (row?.url ?? null) !== null, may_start_runs: row?.may_start_runs ?? false }
    }),
    servers: serverFacts(settings).map(({ id, effect, effects }) => ({ id, effect, effects: [...(effects ?? [])] })),
    providers: providerFacts(settings).map(({ id, region, groups }) => {
      const api = settings.models.providers.get(id)?.api ?? 'fake'
      return { id, region, api, groups: [...groups] }
    }),
    routes: Array.from(settings.models.routes.values(), ({ name, to, fallback }) => [
      name,
      [...new Set([...to, ...fallback].map(modelName))],
    ]),
    limits: { on_breach, run: withoutAbsent(run) },
  }
}

/** As the evaluator takes them. */
export function factsFor({ agents, servers, providers }: StandingFacts): Facts {
  return {
    agents,
    servers: servers.map(({ id, effect, effects }) => ({ id, effect, effects: new Map(effects) })),
    providers: providers.map(({ id, region, groups }) => ({ id, region, groups: new Map(groups) })),
  }
}

/** SHA-256 of their canonical text, hexadecimal. */
export function factsHash(facts: StandingFacts): string {
  return createHash('sha256').update(canonicalJson(facts)).digest('hex')
}

function withoutAbsent<Section extends object>(section: Section): Section {
  return Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined)) as Section
}
