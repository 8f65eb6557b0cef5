/** What would have stopped a run earlier: rules that only watched it, and the smallest rule or limit that would have cut its loops. */
import type { FoundCycle } from './cycles.ts'
import type { Cut, Loop, Shadow, StoryFacts } from './explanation.ts'
import { markOf } from './laps.ts'
import { costOfHop, costOfRun, type Plot } from './plot.ts'
import { Tally } from './result.ts'

/** Limits of a run that halt it where they are broken, unless `limits.on_breach` says otherwise. */
const halting: ReadonlySet<string> = new Set([
  'run.depth_max',
  'run.laps_max',
  'run.calls_max',
  'run.wall_clock_ms',
  'run.tokens_max',
  'run.cost_micros_max',
])

/** What had been spent by hops before each; one more for the end. */
function costBefore({ hops }: Plot): Float64Array {
  const before = new Float64Array(hops.length + 1)
  hops.forEach((hop, at) => {
    before[at + 1] = (before[at] ?? 0) + costOfHop(hop)
  })
  return before
}

/** The earliest first. */
export function shadowsOf(plot: Plot, facts: StoryFacts): readonly Shadow[] {
  const total = costOfRun(plot.story)
  const byRule = new Map<string, number[]>()
  plot.hops.forEach(({ shadow }, at) => {
    for (const rule of shadow) {
      const known = byRule.get(rule)
      if (known) known.push(at)
      else byRule.set(rule, [at])
    }
  })
  const spent = costBefore(plot)
  const rows = [...byRule].map(([rule, hops]): Shadow => {
    const first = hops[0] ?? 0
    const halts = facts.on_breach === 'halt' && halting.has(rule)
    const saved_micros = halts ? (spent.at(-1) ?? 0) - (spent[first] ?? 0) : costOf(plot, hops)
    const limit = facts.limits.get(rule) ?? null
    return {
      rule,
      limit,
      hops: hops.length,
      first: markOf(plot, first),
      cost_micros: total - saved_micros,
      saved_micros,
    }
  })
  return rows.toSorted((a, b) => a.first.number - b.first.number)
}

/** What these hops cost with everything they set off. */
function costOf(plot: Plot, hops: readonly number[]): number {
  const { parent, preorder } = plot
  const within = new Uint8Array(plot.hops.length)
  for (const at of hops) within[at] = 1
  let sum = 0
  for (const at of preorder) {
    if (within[at] !== 1 && (parent[at] ?? -1) >= 0) within[at] = within[parent[at] ?? 0] ?? 0
    const hop = plot.hops[at]
    if (hop && within[at] === 1) sum += costOfHop(hop)
  }
  return sum
}

/** The one that saves most first, and of two that save the same the one that refuses less. */
export function cutsOf(
  plot: Plot,
  cycles: readonly FoundCycle[],
  loops: readonly Loop[],
  lapOf: Int32Array,
): readonly Cut[] {
  const dearest = loops[0]
  if (!dearest) return []
  const closing = new Set(cycles.map(({ edge }) => edge))
  const spent = costBefore(plot)
  const total = costOfRun(plot.story)
  const at = (max: number | null, place: number): Omit<Cut, 'by' | 'write'> => {
    const saved_micros = (spent.at(-1) ?? 0) - (spent[place] ?? 0)
    return { max, first: markOf(plot, place), cost_micros: total - saved_micros, saved_micros }
  }
  const limit = (by: Exclude<Cut['by'], 'deny'>, max: number, place: number): readonly Cut[] =>
    place < 0 ? [] : [{ by, write: `limits.${by}: ${max}`, ...at(max, place) }]
  const depth = depthOutside(plot, lapOf)
  const cost = costOutside(plot, lapOf)
  const laps = dearest.laps > 1 ? 1 : 0
  const cuts: readonly Cut[] = [
    denyOf(dearest, total),
    ...limit('run.laps_max', laps, lapBeyond(plot, closing, laps)),
    ...limit('run.depth_max', depth, depth < 1 ? -1 : plot.hops.findIndex((hop) => isIn(hop) && hop.depth > depth)),
    ...limit('run.cost_micros_max', cost, cost < 1 ? -1 : spent.findIndex((sum) => sum > cost) - 1),
  ]
  return cuts.toSorted((a, b) => b.saved_micros - a.saved_micros)
}

function isIn({ decision }: Plot['hops'][number]): boolean {
  return decision === 'allow'
}

function denyOf({ from, to, first, cost_micros }: Loop, total: number): Cut {
  const [principal, resource] = [from, to].map((id) => `Weir::Agent::"${id.slice(id.indexOf(':') + 1)}"`)
  const write = `forbid(principal == ${principal}, action == Weir::Action::"invoke", resource == ${resource});`
  return { by: 'deny', max: null, write, first, cost_micros: total - cost_micros, saved_micros: cost_micros }
}

/** The first call that closes a cycle more often than that. One lap is asking back once, which agents may have to. */
function lapBeyond(plot: Plot, closing: ReadonlySet<number>, max: number): number {
  const laps = new Tally<number>()
  return plot.hops.findIndex((hop, at) => {
    const edge = plot.edge[at] ?? -1
    if (!isIn(hop) || !closing.has(edge)) return false
    laps.add(edge)
    return laps.get(edge) > max
  })
}

/** The smallest limit that lets everything pass that was in no lap. */
function depthOutside({ hops }: Plot, lapOf: Int32Array): number {
  return hops.reduce((most, hop, at) => (isIn(hop) && lapOf[at] === -1 ? Math.max(most, hop.depth) : most), 0)
}

function costOutside({ hops }: Plot, lapOf: Int32Array): number {
  return hops.reduce((sum, hop, at) => (lapOf[at] === -1 ? sum + costOfHop(hop) : sum), 0)
}
