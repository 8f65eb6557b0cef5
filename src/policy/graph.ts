/** The graph of calls that policies could allow: its cycles, what each agent can set in motion, and whom nobody can reach. */
import type { AgentId } from '../domain/ids.ts'
import type { Edge } from './surface.ts'

export interface PolicyGraph {
  readonly schema: 'weir.policy-graph/v1'
  readonly agents: readonly AgentId[]
  readonly edges: readonly (Omit<Edge, 'when'> & { readonly effect: string; readonly external: boolean })[]
  /** One shortest cycle for each group of agents that can call each other in a circle, by its edges. */
  readonly cycles: readonly (readonly CycleEdge[])[]
  readonly reach: readonly Reach[]
  /** Agents that nobody may call and that start no runs. */
  readonly unreachable: readonly AgentId[]
}

export type CycleEdge = Pick<Edge, 'from' | 'to' | 'certain' | 'permits'>

/** What one agent can set in motion, by itself or through others. */
export interface Reach {
  readonly agent: AgentId
  readonly agents: number
  readonly tools: number
  readonly models: number
  /** What of it changes something or may do so, and what belongs to somebody else. */
  readonly writes: readonly string[]
  readonly external: readonly string[]
}

export interface GraphParts {
  readonly agents: readonly AgentId[]
  readonly starters: ReadonlySet<AgentId>
  readonly edges: readonly Edge[]
  effectOf(target: string): { readonly effect: string; readonly external: boolean }
}

export function graphOf({ agents, starters, edges, effectOf }: GraphParts): PolicyGraph {
  const next = adjacency(edges)
  const called = new Set(edges.filter(({ from, to }) => from !== to).map(({ to }) => to))
  const shown = edges.map(({ from, to, action, certain, permits, forbids }) => {
    return { from, to, action, certain, permits, forbids, ...effectOf(to) }
  })
  return {
    schema: 'weir.policy-graph/v1',
    agents,
    edges: shown,
    cycles: cyclesIn(agents, edges),
    reach: agents.map((agent) => reachOf(agent, next, effectOf)),
    unreachable: agents.filter((agent) => !called.has(agent) && !starters.has(agent)),
  }
}

type Next = ReadonlyMap<string, readonly string[]>

function adjacency(edges: readonly Edge[]): Next {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) {
    const known = next.get(from)
    if (known) known.push(to)
    else next.set(from, [to])
  }
  return next
}

function reachOf(agent: AgentId, next: Next, effectOf: GraphParts['effectOf']): Reach {
  const seen = new Set<string>()
  const waiting: string[] = [agent]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const to of next.get(at) ?? [])
      if (!seen.has(to)) {
        seen.add(to)
        waiting.push(to)
      }
  const all = [...seen].toSorted()
  const kinds = (prefix: string): number => all.filter((name) => name.startsWith(prefix) && name !== agent).length
  return {
    agent,
    agents: kinds('agent:'),
    tools: kinds('tool:'),
    models: kinds('model:'),
    writes: all.filter((name) => !name.startsWith('model:') && effectOf(name).effect !== 'read'),
    external: all.filter((name) => effectOf(name).external),
  }
}

/** A shortest cycle through the first agent of each strongly connected group, and every edge from an agent to itself. */
function cyclesIn(agents: readonly AgentId[], edges: readonly Edge[]): readonly (readonly CycleEdge[])[] {
  const among = edges.filter(({ action, to }) => action === 'invoke' && to.startsWith('agent:'))
  const next = adjacency(among)
  const byPair = new Map(among.map((edge) => [`${edge.from} ${edge.to}`, edge]))
  const seen = new Set<string>()
  const cycles: (readonly CycleEdge[])[] = []
  for (const agent of agents) {
    const path = shortestCycle(agent, next)
    if (path === null) continue
    if (path.length > 2 && path.every((name) => seen.has(name))) continue
    for (const name of path) seen.add(name)
    cycles.push(
      path
        .slice(1)
        .map((to, at) => shownEdge(byPair.get(`${path[at] ?? ''} ${to}`)))
        .filter((edge) => edge !== null),
    )
  }
  return cycles
}

function shownEdge(edge: Edge | undefined): CycleEdge | null {
  if (!edge) return null
  const { from, to, certain, permits } = edge
  return { from, to, certain, permits }
}

/** From the agent back to itself, both ends included; null where there is no way. Breadth first, so none is shorter. */
function shortestCycle(agent: string, next: Next): readonly string[] | null {
  const before = new Map<string, string>()
  let front = [agent]
  while (front.length > 0) {
    const further: string[] = []
    for (const at of front)
      for (const to of next.get(at) ?? []) {
        if (to === agent) return wayTo(at, before, agent)
        if (before.has(to)) continue
        before.set(to, at)
        further.push(to)
      }
    front = further
  }
  return null
}

function wayTo(last: string, before: ReadonlyMap<string, string>, agent: string): readonly string[] {
  const way = [agent]
  for (let at = last; at !== agent; at = before.get(at) ?? agent) way.unshift(at)
  return [agent, ...way]
}
