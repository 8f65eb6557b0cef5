/**
 * The configuration of a gateway that lives for one replay: agents, teams, limits and policies as in the one that is tried, and
 * nothing of it that leads outside or proves anything there. It is put together from what may be in it, so whatever is new in
 * the configuration stays out until somebody lets it in.
 */
import type { AgentSettings, Settings } from '../../../config/settings.ts'
import { slugOf } from '../../../domain/ids.ts'
import type { CallRecord } from '../../../domain/record.ts'
import type { Spend } from '../../../domain/spend.ts'

export interface StandInParts {
  /** Where every agent answers: a loopback URL without a trailing slash. */
  readonly upstream: string
  readonly stateDir: string
  /** Null for the folder of the settings. */
  readonly policyDir: string | null
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
  const { environment } = settings.gateway
  const { run, agent, team, person, people, on_breach } = limits
  const file = {
    gateway: { listen: '127.0.0.1:0', admin_listen: '127.0.0.1:0', public_url: publicUrl, environment },
    state: { dir: stateDir },
    agents: Object.fromEntries(agents) as object,
    teams: Object.fromEntries(teams) as object,
    policy: { dir: policyDir ?? settings.policy.dir, mode: settings.policy.mode },
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
  const about = { groups, effect, external, may_start_runs, price: priceOf(price), limits: timeless(limits) }
  const owned = { ...(team && { team: slugOf(team) }), ...(owner && { owner: slugOf(owner) }) }
  if (facet_of !== null) return { ...about, ...owned, facet_of: slugOf(facet_of), ...(skills && { skills }) }
  const place = url === null ? {} : { url: `${upstream}/${slugOf(id)}`, versions: ['1.0', '0.3'] }
  return { ...about, ...owned, ...place }
}

/** Members of the metadata of an answer. */
export const toldMembers = { cost_micros: 'weirReplayCostMicros', tokens: 'weirReplayTokens' } as const

type Price = AgentSettings['price']

/** Whatever an answer was read for, here it says what was recorded; the most that is reserved stays what it was. */
function priceOf({ call_micros, call_tokens, units, reported }: Price): object {
  if (!units && !reported) return { call_micros, call_tokens }
  const at = { cost_micros: `/metadata/${toldMembers.cost_micros}`, tokens: `/metadata/${toldMembers.tokens}` }
  const max_micros = (reported?.max_micros ?? 0) + (units ? units.max * units.micros : 0)
  return { call_micros, call_tokens, reported: { ...at, max_micros, max_tokens: reported?.max_tokens ?? 0 } }
}

/** What an answer has to say of its cost; null where that is known before. */
export function toldCost({ call_micros, call_tokens, units, reported }: Price, { outcome }: CallRecord): Spend | null {
  if (!units && !reported) return null
  const { cost_micros, tokens } = outcome.spent
  return { cost_micros: Math.max(0, cost_micros - call_micros), tokens: Math.max(0, tokens - call_tokens) }
}

/** A replay takes no time, so nothing that is counted by the clock can hold in it. */
function timeless<Limits extends object>(limits: Limits): object {
  return Object.fromEntries(
    Object.entries(limits).filter(([name]) => name !== 'wall_clock_ms' && name !== 'invokes_per_minute'),
  )
}
