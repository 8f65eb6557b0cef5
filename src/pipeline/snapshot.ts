/** Makes the snapshot the road serves from, out of settings and compiled policies. Never on the way of a call. */
import { BoundedMap } from '../base/bounded-map.ts'
import type { Loaded } from '../config/load.ts'
import type { ToolServerSettings } from '../config/settings-tools.ts'
import { toolRowOf } from '../config/tool-row.ts'
import type { AgentSettings, Settings } from '../config/settings.ts'
import { targetName } from '../domain/call.ts'
import type { RotationSettings } from '../identity/keys/key-rotation.ts'
import type { KeyPlaces } from '../identity/keys/keyring-open.ts'
import type { IdentitySettings } from '../identity/settings.ts'
import type { Limit, LimitSettings } from '../limits/settings.ts'
import type { AgentFacts, ModelProviderFacts, ToolServerFacts } from '../policy/world.ts'
import type { CompiledApi } from '../protocol/openapi/contract.ts'
import { upstreamAt } from '../relay/wire/upstream.ts'
import { readUpstreamTls, type UpstreamTls } from '../relay/wire/upstream-tls.ts'
import { type DriverWorld, driverOf } from './drivers.ts'
import type { AgentEntry, Snapshot, ToolServerEntry } from './road.ts'

/** What a snapshot is made of beside the settings. */
export type SnapshotParts = Pick<
  Snapshot,
  'publicUrl' | 'policy' | 'identity' | 'outbound' | 'toolCredentials' | 'signals' | 'oauth' | 'alerts' | 'prices'
> & {
  readonly upstreamTls: UpstreamTlsTable
  readonly drivers: DriverWorld
  /** Compiled descriptions by the slug of their server. */
  readonly apis: ReadonlyMap<string, CompiledApi>
}

/** Callers differ in their tokens too, and those that asked least lately are forgotten. */
const usableModels_max = 1024

/** The agents and, by slug, the tool servers whose rows name TLS files. */
export type UpstreamTlsTable = ReadonlyMap<string, UpstreamTls>

export function makeSnapshot(loaded: Loaded, { upstreamTls, drivers, apis, ...parts }: SnapshotParts): Snapshot {
  const agents = new Map(
    [...loaded.settings.agents].map(([id, row]) => [id, entryOf(row, upstreamTls.get(id) ?? null, drivers)] as const),
  )
  const { settings, hash } = loaded
  const fresh: Pick<Snapshot, 'alternatives' | 'usableModels' | 'cards'> = {
    alternatives: new Map(),
    usableModels: new BoundedMap({ max: usableModels_max }),
    cards: new Map(),
  }
  const servers = new Map(
    [...settings.tools.servers].map(
      ([id, row]) => [id, { ...toolServer(row, upstreamTls.get(id) ?? null), api: apis.get(id) ?? null }] as const,
    ),
  )
  return { settings, configHash: hash, agents, servers, ...fresh, ...parts }
}

function entryOf(settings: AgentSettings, tls: UpstreamTls | null, drivers: DriverWorld): AgentEntry {
  return { settings, driver: driverOf(settings, tls, drivers), speaksA2a: settings.driver.kind === 'a2a' }
}

/** The secrets of the operator's headers are read here, once. */
function toolServer(settings: ToolServerSettings, tls: UpstreamTls | null): Omit<ToolServerEntry, 'api'> {
  const headers = settings.headers.map(([name, secret]) => [name, secret.reveal()] as const)
  const { place } = settings
  return { settings, upstream: place.kind === 'process' ? null : upstreamAt(place.url, headers, undefined, tls) }
}

/** Reads the TLS files of every agent and tool server; one sentence a line if any of them cannot be used. */
export async function readAllTls({ agents, tools }: Settings): Promise<UpstreamTlsTable | string> {
  const read = await Promise.all(
    [...agents.values(), ...tools.servers.values()].map(
      async ({ id, credential }) => [id, await readUpstreamTls(credential)] as const,
    ),
  )
  const problems = read.flatMap(([id, tls]) => (typeof tls === 'string' ? [`${id}: ${tls}`] : []))
  if (problems.length > 0) return problems.join('\n')
  return new Map(read.flatMap(([id, tls]) => (tls === null || typeof tls === 'string' ? [] : [[id, tls] as const])))
}

export function agentFacts(settings: Settings): readonly AgentFacts[] {
  return [...settings.agents.values()].map(({ id, team, groups, external, effect }) => ({
    id,
    team,
    groups,
    external,
    effect,
    contained: false,
  }))
}

/** Tool servers as policies know them. */
export function serverFacts({ tools }: Settings): readonly ToolServerFacts[] {
  return Array.from(tools.servers.values(), (server) => {
    const { id, effect } = server
    return {
      id,
      effect,
      effects: new Map(Array.from(server.tools.keys(), (name) => [name, toolRowOf(server, name).effect])),
    }
  })
}

/** Providers of models as policies know them. */
export function providerFacts({ models }: Settings): readonly ModelProviderFacts[] {
  return Array.from(models.providers.values(), ({ id, region, models: rows }) => ({
    id,
    region,
    groups: new Map(Array.from(rows, ([name, { groups }]) => [name, groups] as const)),
  }))
}

/** How many calls of a tool may be open at once, by the name of the target. */
function toolLimits({ tools }: Pick<Settings, 'tools'>): ReadonlyMap<string, Limit> {
  const limits = new Map<string, Limit>()
  for (const server of tools.servers.values())
    for (const [name, { concurrency_max }] of server.tools)
      if (concurrency_max !== undefined)
        limits.set(targetName({ kind: 'tool', id: `${server.id}/${name}` }), { max: concurrency_max, mode: 'enforce' })
  return limits
}

export function limitSettings({ limits, agents, teams, tools }: Settings): LimitSettings {
  return {
    tools: toolLimits({ tools }),
    on_breach: limits.on_breach,
    run: limits.run,
    agent: limits.agent,
    team: limits.team,
    person: limits.person,
    people: limits.people,
    agents: new Map([...agents].map(([id, agent]) => [id, agent.limits])),
    teams: new Map([...teams].map(([id, team]) => [id, team.limits])),
  }
}

/** Where the keys of these settings are and when they take turns. */
export function keyPlaces(settings: Settings): KeyPlaces {
  const { dir: stateDir, credentials_dir } = settings.state
  return { stateDir, credentials_dir, rotation: rotationOf(settings) }
}

export function rotationOf({ identity }: Settings): RotationSettings {
  return { ...identity.keys, delivery_ttl_s: identity.tokens.delivery_ttl_s }
}

export function identitySettings({ identity, agents, maximums }: Settings, publicUrl: string): IdentitySettings {
  const clients = new Map([...agents].map(([id, { client }]) => [id, client]))
  return { public_url: publicUrl, ...identity, clients, maximums }
}
