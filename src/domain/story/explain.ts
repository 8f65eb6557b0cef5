/**
 * A run, explained: who started it, where it went round, what that cost, what allowed it, what stopped it, what would have.
 * A pure function over what the index keeps, linear in the hops of the run.
 */
import type { EdgeRow, ToldStory } from '../story.ts'
import { cutsOf, shadowsOf } from './cuts.ts'
import { cyclesOf, type FoundCycle, wouldClose } from './cycles.ts'
import type { Explanation, Refused, Retries, Started, Stopped, StoryFacts, Subtree } from './explanation.ts'
import { allowedBy, lapsBelow, loopOf, markOf } from './laps.ts'
import { costOfHop, costOfRun, type Plot, plotOf } from './plot.ts'

/** Loops that are told lap by lap: the ones with most laps. */
const loops_max = 8
const rows_max = 8
/** As many calls of one edge from one hop are worth a line. */
const retries_min = 5
/** A branch that is worth a line costs at least this part of the run, and is not nearly all of what its caller's costs. */
const branchShare_min = 0.01
const branchOfParent_max = 0.9

export function explain(story: ToldStory, facts: StoryFacts): Explanation {
  const plot = plotOf(story)
  const { run } = story
  const cycles = cyclesOf(plot)
  const closing = new Set(cycles.map(({ edge }) => edge))
  const lapOf = lapsBelow(plot, (edge) => closing.has(edge))
  const lapsOf = (cycle: FoundCycle): Int32Array =>
    cycles.length === 1 ? lapOf : lapsBelow(plot, (edge) => edge === cycle.edge)
  const loops = cycles
    .toSorted((a, b) => b.laps - a.laps)
    .slice(0, loops_max)
    .map((cycle) => loopOf(plot, cycle, lapsOf(cycle), facts))
    .toSorted((a, b) => b.cost_micros - a.cost_micros || b.laps - a.laps)
  return {
    schema: 'weir.explanation/v1',
    run,
    complete: story.complete,
    hops: plot.hops.length,
    depth_max: plot.hops.reduce((most, hop) => (hop.decision === 'allow' ? Math.max(most, hop.depth) : most), 0),
    lasted_ms: Math.max(0, (run.halt?.at ?? run.last_at) - run.started_at),
    started: startedOf(plot),
    loops,
    retries: retriesOf(plot, closing),
    edges: edgesOf(plot, closing),
    subtrees: subtreesOf(plot, lapOf),
    allowed: loops[0]?.allowed ?? allowedDearest(plot, facts),
    stopped: stoppedOf(plot, facts),
    refused: refusedOf(plot, facts),
    shadow: shadowsOf(plot, facts),
    would_cut: cutsOf(plot, cycles, loops, lapOf),
    audit: { seq_first: run.seq_first, seq_last: run.seq_last },
  }
}

function startedOf(plot: Plot): Started {
  const { run, complete } = plot.story
  const at = plot.hops.findIndex((hop) => hop.parent === null && hop.decision === 'allow')
  const hop = plot.hops[at]
  const first = hop && (complete || hop.depth <= 1) ? hop : null
  return {
    at: run.started_at,
    by: run.root,
    for: run.person,
    with: first && { hop: markOf(plot, at), method: first.method, target: first.target, origin: first.origin },
  }
}

function edgesOf(plot: Plot, closing: ReadonlySet<number>): Explanation['edges'] {
  const { story } = plot
  const closes = new Map<string, Set<string>>()
  for (const place of closing) {
    const { from = '', to = '' } = plot.edges[place] ?? {}
    closes.set(from, (closes.get(from) ?? new Set()).add(to))
  }
  const total = costOfRun(story)
  const held = heldOf(plot)
  return story.edges
    .map((edge: EdgeRow) => {
      const cost_micros = edge.cost_micros + (held.get(`${edge.from}>${edge.to}`) ?? 0)
      const share = total > 0 ? cost_micros / total : 0
      return { ...edge, cost_micros, share, closes: closes.get(edge.from)?.has(edge.to) === true }
    })
    .toSorted((a, b) => b.cost_micros - a.cost_micros || b.calls - a.calls)
}

/** By edge: what calls under way hold, which rows of edges leave out. */
function heldOf({ hops }: Plot): ReadonlyMap<string, number> {
  const held = new Map<string, number>()
  for (const { held_micros, agent, target } of hops)
    if (held_micros) held.set(`${agent}>${target}`, (held.get(`${agent}>${target}`) ?? 0) + held_micros)
  return held
}

/** The same call again and again from one hop: what a retry without an end looks like, and no circle. */
function retriesOf(plot: Plot, closing: ReadonlySet<number>): readonly Retries[] {
  interface Found {
    first: number
    calls: number
    failed: number
    cost_micros: number
  }
  const found = new Map<number, Found>()
  const siblings = siblingsOf(plot)
  plot.hops.forEach((hop, at) => {
    const edge = plot.edge[at] ?? 0
    const above = (plot.parent[at] ?? -1) + 1
    if (hop.decision !== 'allow' || closing.has(edge) || (siblings[above] ?? 0) < retries_min) return
    const key = above * plot.edges.length + edge
    const row = found.get(key) ?? { first: at, calls: 0, failed: 0, cost_micros: 0 }
    row.calls += 1
    if (hop.status === 'failed') row.failed += 1
    row.cost_micros += plot.cost_micros[at] ?? 0
    found.set(key, row)
  })
  return [...found.values()]
    .filter(({ calls }) => calls >= retries_min)
    .toSorted((a, b) => b.cost_micros - a.cost_micros || b.calls - a.calls)
    .slice(0, rows_max)
    .map(({ first, ...sums }) => {
      const above = plot.parent[first] ?? -1
      const { from = '', to = '' } = plot.edges[plot.edge[first] ?? 0] ?? {}
      return { from, to, within: above < 0 ? null : markOf(plot, above), first: markOf(plot, first), ...sums }
    })
}

/** Calls of each hop, counted from 1; at 0 those of nobody. */
function siblingsOf({ parent }: Plot): Int32Array {
  const siblings = new Int32Array(parent.length + 1)
  for (const above of parent) siblings[above + 1] = (siblings[above + 1] ?? 0) + 1
  return siblings
}

/** Where the money went, from the root down: hops outside of laps that branch off, and the first lap of each loop. */
function subtreesOf(plot: Plot, lapOf: Int32Array): readonly Subtree[] {
  const total = costOfRun(plot.story)
  const cost = (at: number): number => plot.cost_micros[at] ?? 0
  const isBranch = (at: number): boolean => {
    const above = plot.parent[at] ?? -1
    if (cost(at) <= 0 || cost(at) < total * branchShare_min) return false
    if (above < 0) return true
    if (lapOf[at] === -1) return cost(at) < cost(above) * branchOfParent_max
    return lapOf[at] === at && lapOf[above] === -1
  }
  const branches: number[] = []
  for (const at of plot.preorder) if (isBranch(at)) branches.push(at)
  return branches
    .toSorted((a, b) => cost(b) - cost(a))
    .slice(0, rows_max)
    .map((at) => {
      const { from = '', to = '' } = plot.edges[plot.edge[at] ?? 0] ?? {}
      const share = total > 0 ? cost(at) / total : 0
      return { hop: markOf(plot, at), from, to, calls: plot.calls[at] ?? 0, cost_micros: cost(at), share }
    })
}

function allowedDearest(plot: Plot, facts: StoryFacts): Explanation['allowed'] {
  const sums = new Float64Array(plot.edges.length)
  let dearest = -1
  plot.hops.forEach((hop, at) => {
    const edge = plot.edge[at] ?? 0
    if (hop.decision !== 'allow') return
    sums[edge] = (sums[edge] ?? 0) + costOfHop(hop)
    if (dearest < 0 || (sums[edge] ?? 0) > (sums[dearest] ?? 0)) dearest = edge
  })
  return dearest < 0 ? null : allowedBy(plot, dearest, facts)
}

const ruleForm = /^([a-z]+\.[a-z_]+): /

function stoppedOf(plot: Plot, facts: StoryFacts): Stopped | null {
  const { halt } = plot.story.run
  if (!halt) return null
  const at = plot.hops.findIndex((hop) => hop.decision === 'deny' && hop.code === halt.code)
  const rule = plot.hops[at]?.rule ?? ruleForm.exec(halt.reason)?.[1] ?? null
  let [cancelled, refused_after] = [0, 0]
  for (const hop of plot.hops) {
    if (hop.status === 'halted') cancelled += 1
    if (hop.code === 'run_halted' && hop.decision === 'deny') refused_after += 1
  }
  const limit = rule === null ? null : (facts.limits.get(rule) ?? null)
  return { ...halt, rule, limit, hop: at < 0 ? null : markOf(plot, at), cancelled, refused_after }
}

function refusedOf(plot: Plot, facts: StoryFacts): readonly Refused[] {
  const rows = new Map<string, { first: number; hops: number }>()
  plot.hops.forEach((hop, at) => {
    if (hop.decision !== 'deny' || hop.code === 'run_halted') return
    const key = `${plot.edge[at]} ${hop.code} ${hop.rule}`
    const row = rows.get(key)
    if (row) row.hops += 1
    else rows.set(key, { first: at, hops: 1 })
  })
  const closes = rows.size === 0 ? new Set<number>() : wouldClose(plot)
  return [...rows.values()]
    .toSorted((a, b) => b.hops - a.hops)
    .slice(0, rows_max)
    .map(({ first, hops }) => {
      const { code = null, rule = null } = plot.hops[first] ?? {}
      const edge = plot.edge[first] ?? 0
      const { from = '', to = '' } = plot.edges[edge] ?? {}
      const place = rule === null ? null : (facts.places.get(rule) ?? null)
      return { from, to, code, rule, place, hops, first: markOf(plot, first), closes: closes.has(edge) }
    })
}
