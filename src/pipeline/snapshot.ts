/** Makes the snapshot the road serves from, out of settings and compiled policies. Never on the way of a call. */
import type { Loaded } from '../config/load.ts'
import type { AgentSettings, Settings } from '../config/settings.ts'
import type { AgentId } from '../domain/ids.ts'
import type { IdentitySettings } from '../identity/settings.ts'
import type { LimitSettings } from '../limits/settings.ts'
import type { AgentFacts } from '../policy/world.ts'
import { upstreamAt } from '../relay/exchange.ts'
import type { AgentEntry, Snapshot } from './road.ts'

/** What a snapshot is made of beside the settings. */
export type SnapshotParts = Pick<Snapshot, 'publicUrl' | 'policy' | 'identity' | 'alerts'>

export function makeSnapshot(loaded: Loaded, parts: SnapshotParts): Snapshot {
  const agents = new Map([...loaded.settings.agents].map(([id, settings]) => [id, entryOf(settings)] as const))
  const { settings, hash } = loaded
  return { settings, configHash: hash, agents, alternatives: new Map<AgentId, readonly string[]>(), ...parts }
}

/** The secrets of the operator's headers are read here, once, for the relay that writes them upstream. */
function entryOf(settings: AgentSettings): AgentEntry {
  const headers = settings.headers.map(([name, secret]) => [name, secret.reveal()] as const)
  return { settings, upstream: settings.url === null ? null : upstreamAt(settings.url, headers, settings.versions) }
}

export function agentFacts(settings: Settings): readonly AgentFacts[] {
  return [...settings.agents.values()].map(({ id, team, groups, external }) => ({
    id,
    team,
    groups,
    external,
    contained: false,
  }))
}

export function limitSettings({ limits, agents, teams }: Settings): LimitSettings {
  return {
    on_breach: limits.on_breach,
    run: limits.run,
    agent: limits.agent,
    team: limits.team,
    agents: new Map([...agents].map(([id, agent]) => [id, agent.limits])),
    teams: new Map([...teams].map(([id, team]) => [id, team.limits])),
  }
}

export function identitySettings({ identity, agents, maximums }: Settings, publicUrl: string): IdentitySettings {
  const clients = new Map([...agents].map(([id, { client }]) => [id, client]))
  return { public_url: publicUrl, ...identity, clients, maximums }
}
