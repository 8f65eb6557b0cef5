/** Everything policies could be asked about: what the configuration registers, and what policies name beside it. */
import type { Target } from '../../domain/call.ts'
import type { Universe } from '../../policy/surface.ts'
import type { PolicyIr } from '../../policy/source.ts'
import type { StandingFacts } from './facts.ts'

/** Targets in all; a registry that is larger is looked at as far as that. */
const targets_max = 20_000

/** `policies`: their tools and models are looked at too, whether or not they have rows. */
export function universeOf(facts: StandingFacts, policies: readonly PolicyIr[]): Universe {
  const agents = facts.agents.filter(({ callable }) => callable).map(({ id }): Target => ({ kind: 'agent', id }))
  const servers = facts.servers.map(({ id }): Target => ({ kind: 'server', id }))
  const rows = facts.servers.flatMap(({ id, effects }) => [...effects.map(([name]) => `${id}/${name}`), `${id}/*`])
  const models = facts.providers.flatMap(({ id, groups }) => [...groups.map(([name]) => `${id}/${name}`), `${id}/*`])
  const mentions = policies.flatMap((policy) => policy.mentions)
  const named = (type: string): readonly string[] => mentions.filter((each) => each.type === type).map(({ id }) => id)
  const tools = unique([...rows, ...named('Weir::Tool')]).map((id): Target => ({ kind: 'tool', id }))
  const known = unique([...models, ...facts.routes.flatMap(([, places]) => places), ...named('Weir::Model')])
  const targets = [...agents, ...servers, ...tools, ...known.map((id): Target => ({ kind: 'model', id }))]
  return {
    environment: facts.environment,
    agents: facts.agents.map(({ id }) => id),
    targets: targets.slice(0, targets_max),
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted()
}
