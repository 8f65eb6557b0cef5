/**
 * The configuration of a gateway that lives for one replay: agents, teams, limits and policies as in the one that is tried, and
 * nothing of it that leads outside or proves anything there. It is put together from what may be in it, so whatever is new in
 * the configuration stays out until somebody lets it in.
 */
import { toolRowOf } from '../../../config/tool-row.ts'
import type { ToolServerSettings } from '../../../config/settings-tools.ts'
import { modelName, type ModelsSettings } from '../../../config/settings-models.ts'
import type { AgentSettings, Settings } from '../../../config/settings.ts'
import { slugOf } from '../../../domain/ids.ts'
import type { CallRecord } from '../../../domain/record.ts'
import type { Spend } from '../../../domain/spend.ts'
import { listedProvider } from '../../../pricing/list.ts'
import { toolIn } from './mcp-words.ts'
import { places, toldMembers } from './said.ts'

export interface StandInParts {
  /** Where every agent answers: a loopback URL without a trailing slash. */
  readonly upstream: string
  readonly stateDir: string
  /** Absolute. */
  readonly policyDir: string
  /** Whose limits hold; those of the settings where none others are tried. */
  readonly limits: Settings['limits']
}

/** What a token of the stand-in is issued for; nobody goes there. */
const publicUrl = 'http://weir-replay.invalid'

/** Calls above others wait while those are played. */
const patience_ms = 3_600_000

/** As JSON, which is YAML too. */
export function standInFile(settings: Settings, { upstream, stateDir, policyDir, limits }: StandInParts): string {
  const agents = Array.from(settings.agents.values(), (agent) => [slugOf(agent.id), rowOf(agent, upstream)])
  const teams = Array.from(settings.teams.values(), ({ id, limits: own }) => [slugOf(id), { limits: own }])
  const servers = Array.from(settings.tools.servers.values(), (server) => [server.id, serverOf(server, upstream)])
  const { environment } = settings.gateway
  const { run, agent, team, person, people, on_breach } = limits
  const file = {
    gateway: { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0', public_url: publicUrl, environment },
    state: { dir: stateDir },
    agents: Object.fromEntries(agents) as object,
    teams: Object.fromEntries(teams) as object,
    tools: { approval: 'off', servers: Object.fromEntries(servers) as object },
    models: modelsOf(settings.models, upstream),
    policy: { dir: policyDir, mode: settings.policy.mode },
    limits: {
      on_breach,
      run: timeless(run),
      agent: timeless(agent),
      team,
      person,
      people: Object.fromEntries(Array.from(people, ([id, own]) => [slugOf(id), own])),
    },
    timeouts: { first_byte_ms: patience_ms, idle_ms: patience_ms, stall_ms: patience_ms, drain_ms: 1000 },
    maximums: settings.maximums,
  }
  return `${JSON.stringify(file)}\n`
}

function rowOf(agent: AgentSettings, upstream: string): object {
  const { team, owner, groups, effect, external, may_start_runs, price, limits, facet_of, skills, url, id } = agent
  const paid = priceOf(price, 'metadata')
  const about = { groups, effect, external, may_start_runs, price: paid, limits: timeless(limits) }
  const owned = { ...(team && { team: slugOf(team) }), ...(owner && { owner: slugOf(owner) }) }
  if (facet_of !== null) return { ...about, ...owned, facet_of: slugOf(facet_of), ...(skills && { skills }) }
  const place = url === null ? {} : { url: `${upstream}${places.agents}${slugOf(id)}`, versions: ['1.0', '0.3'] }
  return { ...about, ...owned, ...place }
}

type Price = AgentSettings['price']

/** Whatever an answer was read for, here it says what was recorded; the most that is reserved stays what it was. */
function priceOf({ call_micros, call_tokens, units, reported }: Price, member: 'metadata' | '_meta'): object {
  if (!units && !reported) return { call_micros, call_tokens }
  const at = { cost_micros: `/${member}/${toldMembers.cost_micros}`, tokens: `/${member}/${toldMembers.tokens}` }
  const max_micros = (reported?.max_micros ?? 0) + (units ? units.max * units.micros : 0)
  return { call_micros, call_tokens, reported: { ...at, max_micros, max_tokens: reported?.max_tokens ?? 0 } }
}

/** What an answer has to say of its cost; null where that is known before. */
export function toldCost({ call_micros, call_tokens, units, reported }: Price, { outcome }: CallRecord): Spend | null {
  if (!units && !reported) return null
  const { cost_micros, tokens } = outcome.spent
  return { cost_micros: Math.max(0, cost_micros - call_micros), tokens: Math.max(0, tokens - call_tokens) }
}

/** Of an agent or a tool; null for whatever has none here. */
export function priceIn({ agents, tools }: Settings, target: string): Price | null {
  const agent = [...agents.values()].find(({ id }) => id === target)
  if (agent) return agent.price
  const { server: slug, name } = toolIn(target)
  const server = tools.servers.get(slug)
  return server ? toolRowOf(server, name).price : null
}

function serverOf(server: ToolServerSettings, upstream: string): object {
  const { id, effect, external, price, tools, team, owner } = server
  const rows = Array.from(tools, ([name, row]) => {
    const { effect: own, external: taints, price: paid, concurrency_max } = row
    return [name, { effect: own, external: taints, concurrency_max, ...(paid && { price: priceOf(paid, '_meta') }) }]
  })
  return {
    url: `${upstream}${places.tools}${id}`,
    eras: 'legacy',
    watch: false,
    output_schema: 'off',
    effect,
    external,
    price: priceOf(price, '_meta'),
    tools: Object.fromEntries(rows) as object,
    ...(team && { team: slugOf(team) }),
    ...(owner && { owner: slugOf(owner) }),
  }
}

/** Prices that go by the address of a provider go by its name here, for its address is another. */
function modelsOf({ providers, routes, unknown_price, media_tokens_max }: ModelsSettings, upstream: string): object {
  const rows = Array.from(providers.values(), (provider) => {
    const { id, api, region, output_tokens_max, models, prices_as, url } = provider
    const about = { api, region, output_tokens_max, models: Object.fromEntries(models) }
    if (api === 'fake') return [id, about]
    const listed = prices_as ?? listedProvider({ name: null, url })
    const place = `${upstream}${places.models}${id}${api === 'openai' ? '/v1' : ''}`
    return [id, { ...about, url: place, keys: [{ key: 'weir-replay' }], ...(listed && { prices_as: listed }) }]
  })
  const names = Array.from(routes.values(), ({ name, to, fallback, choose }) => {
    const ways = to.map(({ weight, ...place }) => ({ model: modelName(place), weight }))
    return [name, { to: ways, choose, fallback: fallback.map(modelName) }]
  })
  return {
    providers: Object.fromEntries(rows) as object,
    routes: Object.fromEntries(names) as object,
    unknown_price,
    media_tokens_max,
  }
}

/** A replay takes no time, so nothing that is counted by the clock can hold in it. */
function timeless(limits: object): object {
  return Object.fromEntries(
    Object.entries(limits).filter(([name]) => name !== 'wall_clock_ms' && name !== 'invokes_per_minute'),
  )
}
