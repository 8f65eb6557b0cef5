/** What went on in a loop: its laps one by one, what they cost, what went before each, and how they differ. */
import type { Allowed, Cause, HopMark, Lap, LapStep, Loop, PolicyPlace, StoryFacts } from './explanation.ts'
import type { FoundCycle } from './cycles.ts'
import { costOfHop, costOfRun, type Plot } from './plot.ts'
import { resultOf, Tally, wentWrong } from './result.ts'
import { addSpread, spread, StepNames } from './steps.ts'

/** Steps of a lap that are named. */
const steps_max = 8
const policies_max = 8

export function markOf({ hops }: Plot, at: number): HopMark {
  const hop = hops[at]
  if (!hop) throw new RangeError('a mark is of a hop of the plot')
  return { number: at + 1, id: hop.id, depth: hop.depth, at: hop.at }
}

/** For each hop the hop that began the lap it belongs to: itself or the nearest above it that took the closing edge; else -1. */
export function lapsBelow(plot: Plot, closes: (edge: number) => boolean): Int32Array {
  const { hops, parent, preorder, edge } = plot
  const lapOf = new Int32Array(hops.length).fill(-1)
  for (const at of preorder) {
    const above = parent[at] ?? -1
    if (hops[at]?.decision === 'allow' && closes(edge[at] ?? -1)) lapOf[at] = at
    else if (above >= 0) lapOf[at] = lapOf[above] ?? -1
  }
  return lapOf
}

/** `lapOf`: as `lapsBelow` has it for the edge of this cycle. */
export function loopOf(plot: Plot, cycle: FoundCycle, lapOf: Int32Array, facts: StoryFacts): Loop {
  const sums = sumsOf(plot, lapOf)
  const total = costOfRun(plot.story)
  const { from, to, path, laps } = cycle
  const at = (place: number): number => plot.hops[place]?.at ?? 0
  return {
    from,
    to,
    path,
    first: markOf(plot, cycle.first),
    laps,
    calls: sums.calls,
    cost_micros: sums.cost_micros,
    share: total > 0 ? sums.cost_micros / total : 0,
    lap_micros: Math.round(sums.cost_micros / laps),
    lap_ms: laps > 1 ? Math.round((at(cycle.last) - at(cycle.first)) / (laps - 1)) : null,
    first_lap: lapAt(plot, lapOf, cycle.first, 1),
    last_lap: lapAt(plot, lapOf, cycle.last, laps),
    alike: sums.alike(cycle.first),
    steps: sums.steps,
    cause: causeOf(plot, cycle),
    allowed: allowedBy(plot, cycle.edge, facts),
  }
}

interface LapSums {
  readonly calls: number
  readonly cost_micros: number
  readonly steps: readonly LapStep[]
  alike(first: number): number
}

/** One pass: everything in laps summed up, and for each lap a number that says of which steps it was made. */
function sumsOf(plot: Plot, lapOf: Int32Array): LapSums {
  const names = new StepNames(plot)
  const made = new Float64Array(lapOf.length)
  const tally = new Tally<number>()
  let [calls, cost_micros] = [0, 0]
  for (let at = 0; at < lapOf.length; at += 1) {
    const lap = lapOf[at] ?? -1
    const hop = plot.hops[at]
    if (lap < 0 || !hop) continue
    if (hop.decision === 'allow') calls += 1
    cost_micros += costOfHop(hop)
    const step = names.of(at)
    tally.add(step)
    made[lap] = addSpread(made[lap] ?? 0, spread(step))
  }
  const alike = (first: number): number => {
    let count = 0
    for (let at = 0; at < lapOf.length; at += 1) if (lapOf[at] === at && made[at] === made[first]) count += 1
    return count
  }
  return { calls, cost_micros, steps: tally.most(steps_max).map(([step, hops]) => names.write(step, hops)), alike }
}

function lapAt(plot: Plot, lapOf: Int32Array, begin: number, number: number): Lap {
  const names = new StepNames(plot)
  const tally = new Tally<number>()
  let [calls, cost_micros] = [0, 0]
  for (let at = begin; at < lapOf.length; at += 1) {
    const hop = plot.hops[at]
    if (lapOf[at] !== begin || !hop) continue
    if (hop.decision === 'allow') calls += 1
    cost_micros += costOfHop(hop)
    tally.add(names.of(at))
  }
  const steps = tally.most(steps_max).map(([step, hops]) => names.write(step, hops))
  return { number, hop: markOf(plot, begin), calls, cost_micros, steps }
}

/** What most often went wrong, in the hop that then closed the loop, before it did. */
function causeOf(plot: Plot, cycle: FoundCycle): Cause | null {
  const { hops, parent, edge } = plot
  const names = new StepNames(plot)
  const wrong = new Int32Array(hops.length).fill(-1)
  const tally = new Tally<number>()
  const example = new Map<number, number>()
  for (let at = 0; at < hops.length; at += 1) {
    const above = parent[at] ?? -1
    const hop = hops[at]
    if (above < 0 || !hop) continue
    const before = wrong[above] ?? -1
    if (edge[at] === cycle.edge && hop.decision === 'allow' && before >= 0 && isOver(plot, before, hop.at)) {
      const step = names.of(before)
      tally.add(step)
      if (!example.has(step)) example.set(step, before)
    }
    if (wentWrong(hop)) wrong[above] = at
  }
  const [step, laps] = tally.most(1)[0] ?? []
  const at = step === undefined ? undefined : example.get(step)
  const hop = at === undefined ? undefined : hops[at]
  if (at === undefined || !hop || laps === undefined) return null
  return { hop: markOf(plot, at), target: hop.target, result: resultOf(hop), detail: hop.detail, laps }
}

/** Clocks of two machines are not asked here: both times are the gateway's, to the millisecond. */
function isOver({ hops }: Plot, at: number, by: number): boolean {
  const hop = hops[at]
  return hop !== undefined && hop.at + hop.ms <= by + 1
}

/** Who let an edge through, as the records of its calls say. */
export function allowedBy(plot: Plot, edge: number, facts: StoryFacts): Allowed {
  const { hops, edges } = plot
  const ids = new Tally<string>()
  let calls = 0
  let pol_hash: string | null = null
  hops.forEach((hop, at) => {
    if (plot.edge[at] !== edge || hop.decision !== 'allow') return
    calls += 1
    pol_hash ??= hop.pol_hash
    for (const id of hop.policies) ids.add(id)
  })
  const { from = '', to = '' } = edges[edge] ?? {}
  const placeOf = (id: string): PolicyPlace | null => facts.places.get(id) ?? null
  const policies = ids.most(policies_max).map(([id]) => ({ id, place: placeOf(id) }))
  return { from, to, calls, policies, pol_hash, current: pol_hash !== null && pol_hash === facts.pol_hash }
}
