/**
 * Folds the tree of a run. Loops come in two shapes: calls repeated side by side (somebody tries again), and calls nested in
 * one another (somebody asks back), of which each lap may have side calls of its own. So a tree is read as spines: from a hop
 * down to whichever of its calls set off most, as long as one set off more than all others together; what stands beside a
 * spine belongs to the lap. Both sequences are folded by shape alone, and a fold says how its laps differ.
 */
import type { ToldStory } from '../story.ts'
import { foldLaps, type Stretch } from './fold-laps.ts'
import type { FoldedTree, FoldLine, HopLine, Range, TreeRow } from './folded-tree.ts'
import type { LapStep } from './explanation.ts'
import { markOf } from './laps.ts'
import { costOfHop, type Plot, plotOf } from './plot.ts'
import { resultOf, Tally } from './result.ts'
import { type Shapes, shapesOf } from './shapes.ts'
import { StepNames } from './steps.ts'

/** Differences that a fold names. */
const changed_max = 6

export function foldTree(story: ToldStory): FoldedTree {
  const plot = plotOf(story)
  const folding = new Folding(plot)
  return { schema: 'weir.run_tree/v1', run: story.run, complete: story.complete, rows: folding.rows() }
}

/** What is left to be written, the next on top. */
type Task =
  | { readonly kind: 'siblings'; readonly hops: readonly number[]; readonly level: number }
  | { readonly kind: 'spine'; readonly from: number; readonly level: number }
  | { readonly kind: 'row'; readonly row: TreeRow }

class Folding {
  readonly #plot: Plot
  readonly #shapes: Shapes
  readonly #names: StepNames
  readonly #rows: TreeRow[] = []
  readonly #tasks: Task[] = []

  constructor(plot: Plot) {
    this.#plot = plot
    this.#shapes = shapesOf(plot)
    this.#names = new StepNames(plot)
  }

  rows(): readonly TreeRow[] {
    this.#tasks.push({ kind: 'siblings', hops: this.#plot.roots, level: 0 })
    for (let task = this.#tasks.pop(); task; task = this.#tasks.pop()) {
      if (task.kind === 'row') this.#rows.push(task.row)
      else if (task.kind === 'siblings') this.#siblings(task.hops, task.level)
      else this.#spine(task.from, task.level)
    }
    return this.#rows
  }

  #siblings(hops: readonly number[], level: number): void {
    const tasks: Task[] = []
    for (const stretch of foldLaps(hops.map((at) => this.#shapes.shape[at] ?? 0))) {
      const some = hops.slice(stretch.from, stretch.to)
      if (stretch.kind === 'folded')
        tasks.push({ kind: 'row', row: this.#fold(stretch, some, level, (at) => [at, -1]) })
      else for (const from of some) tasks.push({ kind: 'spine', from, level })
    }
    for (const task of tasks.toReversed()) this.#tasks.push(task)
  }

  /** Writes the spine downwards; what its hops called after the spine went on waits until all of it is written. */
  #spine(from: number, top: number): void {
    const { spine, spineShape } = this.#shapes
    const hops: number[] = []
    for (let at = from; at >= 0; at = spine[at] ?? -1) hops.push(at)
    let level = top
    const after: Task[] = []
    const before: Task[] = []
    for (const stretch of foldLaps(hops.map((at) => spineShape[at] ?? 0))) {
      const some = hops.slice(stretch.from, stretch.to)
      if (stretch.kind === 'folded') {
        const row = this.#fold(stretch, some, level, (at) => [at, spine[at] ?? -1])
        before.push({ kind: 'row', row })
        level += 1
        continue
      }
      for (const at of some) {
        before.push({ kind: 'row', row: this.#hop(at, level) })
        level += 1
        const [left, right] = this.#beside(at, spine[at] ?? -1)
        if (left.length > 0) before.push({ kind: 'siblings', hops: left, level })
        if (right.length > 0) after.push({ kind: 'siblings', hops: right, level })
      }
    }
    // The deepest first, as the calls ended; on a stack that means: the outermost at the bottom.
    for (const task of after) this.#tasks.push(task)
    for (const task of before.toReversed()) this.#tasks.push(task)
  }

  /** What a hop called before and after the one on the spine; all of it before where nothing goes on. */
  #beside(at: number, spine: number): readonly [readonly number[], readonly number[]] {
    const { firstChild, nextSibling } = this.#plot
    const left: number[] = []
    const right: number[] = []
    let side = left
    for (let child = firstChild[at] ?? -1; child >= 0; child = nextSibling[child] ?? -1) {
      if (child === spine) side = right
      else side.push(child)
    }
    return [left, right]
  }

  #hop(at: number, level: number): HopLine {
    const { hops, calls, cost_micros } = this.#plot
    const mark = markOf(this.#plot, at)
    const hop = hops[at]
    if (!hop) throw new RangeError('a line is of a hop of the plot')
    return {
      kind: 'hop',
      level,
      hop: mark,
      from: this.#plot.edges[this.#plot.edge[at] ?? 0]?.from ?? '',
      to: hop.target,
      result: resultOf(hop),
      rule: hop.rule,
      detail: hop.detail,
      ms: hop.ms,
      cost_micros: costOfHop(hop),
      unpriced: hop.unpriced,
      below: { calls: calls[at] ?? 0, cost_micros: cost_micros[at] ?? 0 },
    }
  }

  /** `partOf`: the hop whose subtree counts, and the one below it whose subtree does not. */
  #fold(
    { laps, period }: Stretch & { readonly kind: 'folded' },
    hops: readonly number[],
    level: number,
    partOf: (at: number) => readonly [number, number],
  ): FoldLine {
    const { place, size } = this.#shapes
    const { preorder, cost_micros } = this.#plot
    const steps = new Tally<number>()
    const lapMicros: number[] = []
    const begins: number[] = []
    let count = 0
    hops.forEach((at, nth) => {
      const [whole, without] = partOf(at)
      const cost = (cost_micros[whole] ?? 0) - (without < 0 ? 0 : (cost_micros[without] ?? 0))
      const lap = Math.floor(nth / period)
      lapMicros[lap] = (lapMicros[lap] ?? 0) + cost
      if (nth % period === 0) begins.push(this.#plot.hops[at]?.at ?? 0)
      const from = place[whole] ?? 0
      const [skip, skipped] = without < 0 ? [-1, 0] : [place[without] ?? 0, size[without] ?? 0]
      for (let p = from; p < from + (size[whole] ?? 0); p += 1) {
        if (p === skip) p += skipped
        if (p >= from + (size[whole] ?? 0)) break
        count += 1
        steps.add(this.#names.of(preorder[p] ?? 0))
      }
    })
    const cost = lapMicros.reduce((sum, micros) => sum + micros, 0)
    const lap_ms = rangeOf(begins.slice(1).map((at, nth) => at - (begins[nth] ?? at)))
    const sums = { laps, period, hops: count, cost_micros: cost, lap_micros: rangeOf(lapMicros), lap_ms }
    return { kind: 'fold', level, ...sums, changed: this.#changed(steps) }
  }

  #changed(steps: Tally<number>): readonly LapStep[] {
    const all = steps.most(steps.size).map(([step, hops]) => this.#names.write(step, hops))
    const ends = new Tally<string>()
    for (const { from, to } of all) ends.add(`${from} ${to}`)
    const differs = ({ from, to, result }: LapStep): boolean => ends.get(`${from} ${to}`) > 1 || result !== 'answered'
    return all.filter(differs).slice(0, changed_max)
  }
}

function rangeOf(values: readonly number[]): Range {
  let [min, max] = [Number.POSITIVE_INFINITY, 0]
  for (const value of values) {
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return values.length === 0 ? { min: 0, max: 0 } : { min, max }
}
