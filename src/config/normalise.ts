/** From a file that was found right to the settings: prefixes, default modes, merged limits, absolute paths. */
import { resolve } from 'node:path'
import { assert } from '../base/assert.ts'
import { type AgentId, isAgentId, isPersonId, isTeamId, type PersonId, type TeamId } from '../domain/ids.ts'
import { type Address, prefixed, readAddress } from './fields.ts'
import type { ConfigFile } from './schema.ts'
import { shownSettings, withFacets } from './normalise-card.ts'
import { clientSettings, credentialSettings, identitySettingsOf, tlsSettings } from './normalise-identity.ts'
import { driverSettings } from './normalise-drivers.ts'
import { Secret } from './secret.ts'
import { modelsSettings } from './settings-models.ts'
import { telemetrySettings } from './settings-telemetry.ts'
import { toolServers, toolSets } from './settings-tools.ts'
import type {
  AgentLimits,
  AgentSettings,
  Limit,
  LimitMode,
  PersonLimits,
  RunLimits,
  Settings,
  TeamLimits,
  TeamSettings,
} from './settings.ts'

/** `base` is the directory of the configuration file; relative paths start there. */
export function normalise(file: ConfigFile, base: string, credentials_dir: string | null): Settings {
  const mode = file.limits.mode
  const run: RunLimits = withMode(file.limits.run, mode)
  const agent: AgentLimits = withMode(file.limits.agent, mode)
  const team: TeamLimits = withMode(file.limits.team, mode)
  const listen = addressOf(file.gateway.listen)
  const public_url = publicUrl(file, listen)
  const rows = Object.entries(file.agents).map(([slug, row]) => agentSettings(slug, row, { mode, shared: agent, base }))
  const agents = withFacets(rows)
  const teams = Object.entries(file.teams).map(([slug, row]): TeamSettings => {
    return { id: teamId(slug), limits: { ...team, ...withMode(row.limits, mode) } }
  })
  const settings: Settings = {
    gateway: {
      ...file.gateway,
      listen,
      admin_listen: addressOf(file.gateway.admin_listen),
      public_url,
      tls: tlsSettings(file.gateway.tls, base),
      admin_tokens: file.gateway.admin_tokens.map((row) => ({ ...row, secret: new Secret(row.secret) })),
    },
    state: { dir: resolve(base, file.state.dir), credentials_dir },
    identity: identitySettingsOf(file, { base, public_url, agentId, personId }),
    agents: new Map(agents.map((row) => [row.id, row])),
    tools: {
      ...file.tools,
      lock_file: resolve(base, file.tools.lock_file),
      servers: new Map(toolServers(file, { base, teamId, personId }).map((row) => [row.id, row])),
      sets: new Map(toolSets(file).map((row) => [row.id, row])),
    },
    models: modelsSettings(file),
    teams: new Map(teams.map((row) => [row.id, row])),
    policy: { dir: resolve(base, file.policy.dir), mode: file.policy.mode },
    limits: { on_breach: file.limits.on_breach, run, agent, team, ...personLimits(file) },
    timeouts: file.timeouts,
    maximums: file.maximums,
    ledger: file.ledger,
    telemetry: telemetrySettings(file.telemetry),
    alerts: {
      webhooks: file.alerts.webhooks.map((row) => ({
        url: row.url,
        secret: row.secret === undefined ? null : new Secret(row.secret),
        shape: row.shape,
        routingKey: row.routing_key === undefined ? null : new Secret(row.routing_key),
      })),
      anomalies: file.alerts.anomalies,
    },
  }
  return deepFreeze(settings)
}

type WrittenLimit = number | { readonly max: number; readonly mode?: LimitMode | undefined } | undefined

function withMode<Section extends object>(
  section: Section & Readonly<Record<string, WrittenLimit>>,
  mode: LimitMode,
): { readonly [Name in keyof Section]?: Limit } {
  const limits: Record<string, Limit> = {}
  for (const [name, written] of Object.entries<WrittenLimit>(section)) {
    if (written === undefined) continue
    limits[name] =
      typeof written === 'number' ? { max: written, mode } : { max: written.max, mode: written.mode ?? mode }
  }
  return limits
}

function personLimits({ limits }: ConfigFile): Pick<Settings['limits'], 'person' | 'people'> {
  const person: PersonLimits = withMode(limits.person, limits.mode)
  const people = Object.entries(limits.people).map(([name, row]): [PersonId, PersonLimits] => [
    personId(name),
    { ...person, ...withMode(row, limits.mode) },
  ])
  return { person, people: new Map(people) }
}

function agentSettings(
  slug: string,
  row: ConfigFile['agents'][string],
  { mode, shared, base }: { readonly mode: LimitMode; readonly shared: AgentLimits; readonly base: string },
): AgentSettings {
  return {
    ...row,
    id: agentId(slug),
    ...instancesOf(row),
    fallback: row.fallback === undefined ? null : agentId(row.fallback),
    team: row.team === undefined ? null : teamId(row.team),
    owner: row.owner === undefined ? null : personId(row.owner),
    headers: Object.entries(row.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const),
    client: clientSettings(row.client, base),
    credential: { mode: row.credential.mode, ...credentialSettings(row.credential, base) },
    driver: driverSettings(row.driver),
    limits: { ...shared, ...withMode(row.limits, mode) },
    ...shownSettings(row, base, agentId),
  }
}

function instancesOf(row: ConfigFile['agents'][string]): Pick<AgentSettings, 'url' | 'instances'> {
  const first = row.url === undefined ? [] : [{ url: row.url, drain: false }]
  const further = row.instances.map((each) => (typeof each === 'string' ? { url: each, drain: false } : each))
  const instances = [...first, ...further]
  return { url: instances[0]?.url ?? null, instances }
}

function publicUrl(file: ConfigFile, listen: Address): string | null {
  if (file.gateway.public_url !== undefined) return new URL(file.gateway.public_url).origin
  if (listen.port === 0) return null
  return new URL(`${file.gateway.tls ? 'https' : 'http'}://${file.gateway.listen}`).origin
}

function addressOf(text: string): Address {
  const address = readAddress(text)
  assert(address !== null, 'the table lets only addresses pass')
  return address
}

function agentId(slug: string): AgentId {
  const id = prefixed('agent:', slug)
  assert(isAgentId(id), 'the table lets only slugs of agents pass')
  return id
}

function teamId(slug: string): TeamId {
  const id = prefixed('team:', slug)
  assert(isTeamId(id), 'the table lets only slugs of teams pass')
  return id
}

function personId(name: string): PersonId {
  const id = prefixed('user:', name)
  assert(isPersonId(id), 'the table lets only names of persons pass')
  return id
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
