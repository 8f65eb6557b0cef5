import type { AgentId } from './ids.ts'

/** One (from, to) pair of a run, aggregated over all its hops. */
export interface RunEdge {
  readonly from: AgentId
  /** An agent, tool or model by its target name. */
  readonly to: string
  calls: number
  refused: number
  tokens: number
  cost_micros: number
  /** The smallest depth at which this edge was seen. */
  depth_min: number
  depth_max: number
}

/** A closed walk in the graph of a run: where it closes, how deep, and how often it was walked. */
export interface Cycle {
  readonly from: AgentId
  readonly to: string
  /** The depth of the hop that closed it first. */
  readonly depth: number
  /** How often the closing edge was taken. */
  lap: number
  /** The agents on the way, from `to` back to `from`. */
  readonly path: readonly string[]
}

/**
 * The live graph of a run: agents and targets as nodes, hops aggregated into edges. A cycle is looked for only
 * when a new edge appears, so a hop over a known edge costs one map look-up.
 */
export class RunGraph {
  readonly #edges = new Map<string, RunEdge>()
  readonly #next = new Map<string, Set<string>>()
  readonly #cycles = new Map<string, Cycle>()
  readonly #edgesMax: number

  constructor(edgesMax: number) {
    this.#edgesMax = edgesMax
  }

  get edges(): readonly RunEdge[] {
    return [...this.#edges.values()]
  }

  /** The cycles found so far, oldest first. */
  get cycles(): readonly Cycle[] {
    return [...this.#cycles.values()]
  }

  /** The cycle that a hop over this edge closes or would close, or null. Changes nothing. */
  closes(from: AgentId, to: string, depth: number): Cycle | null {
    const known = this.#cycles.get(edgeKey(from, to))
    if (known) return { ...known, lap: known.lap + 1 }
    if (this.#next.get(from)?.has(to)) return null
    const path = this.#pathBetween(to, from)
    return path ? { from, to, depth, lap: 1, path } : null
  }

  /** Whether a hop over this edge fits: it is known, or there is room for one more edge. */
  fits(from: AgentId, to: string): boolean {
    return this.#edges.size < this.#edgesMax || this.#edges.has(edgeKey(from, to))
  }

  /** Books an admitted hop; returns the cycle it closed, or null. */
  admit(from: AgentId, to: string, depth: number): Cycle | null {
    const cycle = this.closes(from, to, depth)
    if (cycle) this.#cycles.set(edgeKey(from, to), cycle)
    const edge = this.#edge(from, to, depth)
    edge.calls += 1
    edge.depth_min = Math.min(edge.depth_min, depth)
    edge.depth_max = Math.max(edge.depth_max, depth)
    this.#link(from, to)
    return cycle
  }

  /**
   * Books a refused call, so that the page shows what was tried. A refused edge closes no cycle. New ones have half of
   * the room only: anybody can try names, and a full graph halts the run.
   */
  refuse(from: AgentId, to: string, depth: number): void {
    const fits = this.#edges.size < this.#edgesMax / 2 || this.#edges.has(edgeKey(from, to))
    if (fits) this.#edge(from, to, depth).refused += 1
  }

  /** Books what a hop over this edge has cost. */
  spend(from: AgentId, to: string, tokens: number, cost_micros: number): void {
    const edge = this.#edges.get(edgeKey(from, to))
    if (!edge) return
    edge.tokens += tokens
    edge.cost_micros += cost_micros
  }

  #edge(from: AgentId, to: string, depth: number): RunEdge {
    const key = edgeKey(from, to)
    const known = this.#edges.get(key)
    if (known) return known
    const edge: RunEdge = {
      from,
      to,
      calls: 0,
      refused: 0,
      tokens: 0,
      cost_micros: 0,
      depth_min: depth,
      depth_max: depth,
    }
    this.#edges.set(key, edge)
    return edge
  }

  #link(from: string, to: string): void {
    const targets = this.#next.get(from)
    if (targets) targets.add(to)
    else this.#next.set(from, new Set([to]))
  }

  /** The shortest way over admitted edges, both ends included; null if there is none. */
  #pathBetween(start: string, goal: string): readonly string[] | null {
    if (start === goal) return [start]
    const cameFrom = new Map<string, string>([[start, '']])
    const queue = [start]
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      for (const next of this.#next.get(node) ?? []) {
        if (cameFrom.has(next)) continue
        cameFrom.set(next, node)
        if (next === goal) return walkBack(cameFrom, goal)
        queue.push(next)
      }
    }
    return null
  }
}

function edgeKey(from: string, to: string): string {
  return `${from}>${to}`
}

function walkBack(cameFrom: ReadonlyMap<string, string>, goal: string): readonly string[] {
  const path: string[] = []
  for (let node = goal; node !== ''; node = cameFrom.get(node) ?? '') path.unshift(node)
  return path
}
