/** However a run went and whatever was lost of it: what is told of it adds up, and nothing of it is told twice or not at all. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RunGraph } from '../../src/domain/run-graph.ts'
import { cyclesOf } from '../../src/domain/story/cycles.ts'
import { diffRuns } from '../../src/domain/story/diff-runs.ts'
import { explain } from '../../src/domain/story/explain.ts'
import { nothingKnown } from '../../src/domain/story/explanation.ts'
import { foldTree } from '../../src/domain/story/fold-tree.ts'
import { plotOf } from '../../src/domain/story/plot.ts'
import type { AgentId } from '../../src/domain/ids.ts'
import type { RunStory } from '../../src/domain/story.ts'
import { type HopSketch, storyOfSketch } from '../support/stories.ts'

const agent = fc.constantFrom('app', 'a', 'b', 'c')
const target = fc.constantFrom('a', 'b', 'c', 'tool:web/search', 'model:openai/gpt')
const ends = fc.constantFrom<Partial<HopSketch>>(
  { status: 'answered' },
  { status: 'failed', fault: 'reset' },
  { status: 'halted' },
  { status: 'open', cost_micros: 0, held_micros: 700 },
  { decision: 'deny', code: 'policy_denied', rule: 'default' },
  { decision: 'deny', code: 'run_halted' },
  { shadow: ['run.depth_max'] },
)
const sketch = fc
  .array(fc.record({ above: fc.nat(), from: agent, to: target, more: ends, cost: fc.nat(100_000) }), { maxLength: 60 })
  .map((rows) =>
    rows.map(({ above, from, to, more, cost }, at): HopSketch => {
      const paid = more.decision === 'deny' || more.status === 'open' ? {} : { cost_micros: cost }
      return { in: above % (at + 1), from, to, ...paid, ...more }
    }),
  )

function story(hops: readonly HopSketch[]): RunStory {
  const whole = storyOfSketch(hops)
  const held_micros = whole.hops.reduce((sum, hop) => sum + (hop.held_micros ?? 0), 0)
  return { ...whole, run: { ...whole.run, held_micros } }
}

function total({ run }: RunStory): number {
  return run.cost_micros + run.held_micros
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, number) => all + number, 0)

test('edges add up to the run, and so do the trees below its roots', () => {
  fc.assert(
    fc.property(sketch.map(story), (run) => {
      const plot = plotOf(run)
      expect(sum(explain(run, nothingKnown).edges.map(({ cost_micros }) => cost_micros))).toBe(total(run))
      expect(sum(plot.roots.map((root) => plot.cost_micros[root] ?? 0))).toBe(total(run))
      expect(sum(plot.roots.map((root) => plot.calls[root] ?? 0))).toBe(run.run.calls)
    }),
  )
})

test('a folded tree has every hop once, shown or counted, and costs what the run cost', () => {
  fc.assert(
    fc.property(sketch.map(story), (run) => {
      const { rows } = foldTree(run)
      expect(sum(rows.map((row) => (row.kind === 'hop' ? 1 : row.hops)))).toBe(run.hops.length)
      expect(sum(rows.map(({ cost_micros }) => cost_micros))).toBe(total(run))
    }),
  )
})

test('loops are those that the graph of the gateway found while the run was alive', () => {
  fc.assert(
    fc.property(sketch.map(story), (run) => {
      const graph = new RunGraph(1000)
      const plot = plotOf(run)
      for (const hop of plot.hops)
        if (hop.decision === 'allow') graph.admit(hop.agent as AgentId, hop.target, hop.depth)
      const found = cyclesOf(plot).map(({ from, to, path, laps, first }) => {
        return { from, to, path, lap: laps, depth: plot.hops[first]?.depth }
      })
      expect(found).toEqual(graph.cycles)
    }),
  )
})

test('no loop costs more than the run, and no cut saves more than was spent', () => {
  fc.assert(
    fc.property(sketch.map(story), (run) => {
      const { loops, would_cut, shadow } = explain(run, nothingKnown)
      for (const { cost_micros } of loops) expect(cost_micros).toBeLessThanOrEqual(total(run))
      for (const { cost_micros, saved_micros } of [...would_cut, ...shadow])
        expect([cost_micros + saved_micros, saved_micros >= 0, cost_micros >= 0]).toEqual([total(run), true, true])
    }),
  )
})

test('whatever is lost of a story, it is still explained, folded and compared', () => {
  fc.assert(
    fc.property(sketch.map(story), fc.infiniteStream(fc.boolean()), (run, keep) => {
      const hops = run.hops.filter(() => keep.next().value)
      const part = { ...run, hops, complete: false }
      expect(explain(part, nothingKnown).hops).toBe(hops.length)
      expect(foldTree(part).complete).toBe(false)
      expect(diffRuns(part, part).alike).toBe(true)
    }),
  )
})
