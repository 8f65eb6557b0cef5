/** What one run did that another did not: `weir runs diff`. Pairs are of the first run and the second. */
import type { RunRow, RunStory } from '../story.ts'
import { cyclesOf } from './cycles.ts'
import type { HopMark } from './explanation.ts'
import { markOf } from './laps.ts'
import { type Plot, plotOf } from './plot.ts'
import { resultOf, Tally } from './result.ts'

export type Pair<T> = readonly [first: T, second: T]

export interface RunsDiff {
  readonly schema: 'weir.runs_diff/v1'
  readonly runs: Pair<RunRow>
  /** Whether everything below is the same in both. */
  readonly alike: boolean
  /** Edges that only one of them took, or not as often, or not at the same cost; the largest difference of cost first. */
  readonly edges: readonly EdgeDiff[]
  /** How calls ended, where that differs. */
  readonly results: readonly { readonly result: string; readonly hops: Pair<number> }[]
  /** Laps of cycles, by their closing edge, where they differ. */
  readonly loops: readonly { readonly from: string; readonly to: string; readonly laps: Pair<number> }[]
  /** Policies that let calls through in one of them only. */
  readonly policies: Pair<readonly string[]>
  /** Of the policies that were in force, in the order of use. */
  readonly pol_hashes: Pair<readonly string[]>
  /** Hops that went alike from the beginning, and the first that did not. */
  readonly same_hops: number
  readonly parted: Pair<PartedHop | null>
}

export interface EdgeDiff {
  readonly from: string
  readonly to: string
  readonly calls: Pair<number>
  readonly refused: Pair<number>
  readonly cost_micros: Pair<number>
  readonly depth_max: Pair<number>
}

export interface PartedHop {
  readonly hop: HopMark
  readonly from: string
  readonly to: string
  readonly result: string
}

export function diffRuns(a: RunStory, b: RunStory): RunsDiff {
  const plots: Pair<Plot> = [plotOf(a), plotOf(b)]
  const edges = edgeDiffs([a, b])
  const results = resultDiffs(plots)
  const loops = loopDiffs(plots)
  const [mine, theirs] = [policiesOf(plots[0]), policiesOf(plots[1])]
  const policies: Pair<readonly string[]> = [missingIn(mine, theirs), missingIn(theirs, mine)]
  const pol_hashes: Pair<readonly string[]> = [hashesOf(plots[0]), hashesOf(plots[1])]
  const { same_hops, parted } = partingOf(plots)
  const alike =
    [edges, results, loops, ...policies].every(({ length }) => length === 0) &&
    parted.every((hop) => hop === null) &&
    pol_hashes[0].join() === pol_hashes[1].join()
  const runs: Pair<RunRow> = [a.run, b.run]
  return { schema: 'weir.runs_diff/v1', runs, alike, edges, results, loops, policies, pol_hashes, same_hops, parted }
}

function edgeDiffs(stories: Pair<RunStory>): readonly EdgeDiff[] {
  const nothing = { calls: 0, refused: 0, cost_micros: 0, depth_max: 0 }
  const [first, second] = stories.map(({ edges }) => new Map(edges.map((edge) => [`${edge.from}>${edge.to}`, edge])))
  const keys = new Set([...(first?.keys() ?? []), ...(second?.keys() ?? [])])
  const diffs = [...keys].map((key): EdgeDiff => {
    const [one, other] = [first?.get(key), second?.get(key)]
    const { from = '', to = '' } = one ?? other ?? {}
    const [x, y] = [one ?? nothing, other ?? nothing]
    return {
      from,
      to,
      calls: [x.calls, y.calls],
      refused: [x.refused, y.refused],
      cost_micros: [x.cost_micros, y.cost_micros],
      depth_max: [x.depth_max, y.depth_max],
    }
  })
  const gap = ([one, other]: Pair<number>): number => Math.abs(one - other)
  return diffs
    .filter(({ calls, refused, cost_micros }) => gap(calls) + gap(refused) + gap(cost_micros) > 0)
    .toSorted((x, y) => gap(y.cost_micros) - gap(x.cost_micros) || gap(y.calls) - gap(x.calls))
}

function resultDiffs(plots: Pair<Plot>): RunsDiff['results'] {
  const [first, second] = plots.map(({ hops }) => {
    const tally = new Tally<string>()
    for (const hop of hops) tally.add(resultOf(hop))
    return tally
  })
  const words = new Set([first, second].flatMap((tally) => tally?.most(tally.size).map(([word]) => word) ?? []))
  return [...words]
    .map((result) => ({ result, hops: [first?.get(result) ?? 0, second?.get(result) ?? 0] as const }))
    .filter(({ hops }) => hops[0] !== hops[1])
}

function loopDiffs(plots: Pair<Plot>): RunsDiff['loops'] {
  const [first, second] = plots.map(
    (plot) => new Map(cyclesOf(plot).map((cycle) => [`${cycle.from}>${cycle.to}`, cycle])),
  )
  const keys = new Set([...(first?.keys() ?? []), ...(second?.keys() ?? [])])
  return [...keys]
    .map((key) => {
      const [one, other] = [first?.get(key), second?.get(key)]
      const { from = '', to = '' } = one ?? other ?? {}
      return { from, to, laps: [one?.laps ?? 0, other?.laps ?? 0] as const }
    })
    .filter(({ laps }) => laps[0] !== laps[1])
}

function policiesOf({ hops }: Plot): ReadonlySet<string> {
  return new Set(hops.flatMap(({ policies }) => policies))
}

function missingIn(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some].filter((id) => !others.has(id)).toSorted()
}

function hashesOf({ hops }: Plot): readonly string[] {
  return [...new Set(hops.flatMap(({ pol_hash }) => (pol_hash === null ? [] : [pol_hash])))]
}

function partingOf(plots: Pair<Plot>): Pick<RunsDiff, 'same_hops' | 'parted'> {
  const [a, b] = plots
  const key = (plot: Plot, at: number): string => {
    const hop = plot.hops[at]
    return hop ? `${hop.agent}>${hop.target} ${hop.decision} ${hop.depth}` : ''
  }
  let at = 0
  while (at < a.hops.length && key(a, at) === key(b, at)) at += 1
  return { same_hops: at, parted: [partedAt(a, at), partedAt(b, at)] }
}

function partedAt(plot: Plot, at: number): PartedHop | null {
  const hop = plot.hops[at]
  if (!hop) return null
  const { from = '', to = '' } = plot.edges[plot.edge[at] ?? 0] ?? {}
  return { hop: markOf(plot, at), from, to, result: resultOf(hop) }
}
