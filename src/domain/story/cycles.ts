/**
 * Where a run walks in circles, found as the gateway found it while it ran (`RunGraph`): hop after hop by time, a cycle is the
 * edge that first led back to somebody who was on the way, and every further call of that edge is one more lap.
 */
import { nobodyKnown, type Plot } from './plot.ts'

export interface FoundCycle {
  /** Place of its closing edge among the edges of the plot. */
  readonly edge: number
  readonly from: string
  readonly to: string
  /** Agents on the way, from `to` back to `from`. */
  readonly path: readonly string[]
  /** The hop that closed it first. */
  readonly first: number
  readonly last: number
  readonly laps: number
}

type Found = { -readonly [Name in keyof FoundCycle]: FoundCycle[Name] }

/** Whoever sends more targets in circles than this is shown the first of them. */
const cycles_max = 1024

/** Oldest first. A refused call closes nothing. */
export function cyclesOf(plot: Plot): readonly FoundCycle[] {
  const { hops, edge, edges } = plot
  const walked = new Uint8Array(edges.length)
  const byEdge = new Map<number, Found>()
  const next = new Map<string, string[]>()
  for (let at = 0; at < hops.length; at += 1) {
    const place = edge[at] ?? 0
    if (hops[at]?.decision !== 'allow') continue
    const known = byEdge.get(place)
    if (known) {
      known.laps += 1
      known.last = at
      continue
    }
    if (walked[place]) continue
    walked[place] = 1
    const { from = '', to = '' } = edges[place] ?? {}
    const path = from === nobodyKnown ? null : wayBetween(next, to, from)
    if (path && byEdge.size < cycles_max)
      byEdge.set(place, { edge: place, from, to, path, first: at, last: at, laps: 1 })
    const targets = next.get(from)
    if (targets) targets.push(to)
    else next.set(from, [to])
  }
  return [...byEdge.values()]
}

/** Whether a refused call would have closed a cycle, by what had been let through before it: its edges, as a set. */
export function wouldClose(plot: Plot): ReadonlySet<number> {
  const { hops, edge, edges } = plot
  const refused = new Set<number>()
  const allowed = new Set<number>()
  hops.forEach(({ decision }, at) => {
    const place = edge[at] ?? 0
    if (decision === 'allow') allowed.add(place)
    else refused.add(place)
  })
  const next = new Map<string, string[]>()
  for (const place of allowed) {
    const { from = '', to = '' } = edges[place] ?? {}
    const targets = next.get(from)
    if (targets) targets.push(to)
    else next.set(from, [to])
  }
  return new Set(
    [...refused].slice(0, cycles_max).filter((place) => {
      const { from = '', to = '' } = edges[place] ?? {}
      return wayBetween(next, to, from) !== null
    }),
  )
}

/** The shortest way over what was walked, both ends included; null if there is none. */
function wayBetween(
  next: ReadonlyMap<string, readonly string[]>,
  start: string,
  goal: string,
): readonly string[] | null {
  if (start === goal) return [start]
  if (!next.has(start)) return null
  const cameFrom = new Map<string, string | null>([[start, null]])
  // A map is walked in the order in which it is filled, also while it is filled.
  for (const node of cameFrom.keys()) {
    for (const to of next.get(node) ?? []) {
      if (cameFrom.has(to)) continue
      cameFrom.set(to, node)
      if (to === goal) return walkBack(cameFrom, goal)
    }
  }
  return null
}

function walkBack(cameFrom: ReadonlyMap<string, string | null>, goal: string): readonly string[] {
  const path: string[] = []
  for (let node: string | null = goal; node !== null; node = cameFrom.get(node) ?? null) path.push(node)
  return path.toReversed()
}
