/** Every question of a tired operator has its answer in the explanation of a run, and none is made up. */
import { expect, test } from 'vitest'
import { explain } from '../../../../src/domain/story/explain.ts'
import { nothingKnown, type StoryFacts } from '../../../../src/domain/story/explanation.ts'
import type { HopRow } from '../../../../src/domain/story.ts'
import { askingBack, hopId, type HopSketch, startedAt, storyOfHops, storyOfSketch } from '../../../support/stories.ts'

const facts: StoryFacts = {
  places: new Map([['may-call.orchestrator', { file: '10-graph.cedar', line: 12 }]]),
  pol_hash: 'ab'.repeat(32),
  limits: new Map([['run.depth_max', { max: 5, mode: 'shadow' }]]),
  on_breach: 'halt',
}

const cut = { code: 'run_budget_exhausted', rule: 'run.cost_micros_max' } as const

/** A loop of research and orchestrator of so many laps that a budget then halts. */
function halted(laps: number) {
  const sketch = askingBack(laps, () => ({})).map((hop, at) => {
    const depth = at < 2 ? at + 1 : 0
    return at > 8 && depth === 0 ? { ...hop, shadow: ['run.depth_max'] } : hop
  })
  const last = sketch.length
  const refused: HopSketch = { in: last, from: 'research', to: 'orchestrator', decision: 'deny', ...cut }
  const after: HopSketch = { ...refused, code: 'run_halted', rule: null }
  const at = startedAt + last * 100
  const halt = { code: cut.code, reason: 'run.cost_micros_max: 9 of 8', actor: 'weir', at }
  return storyOfSketch([...sketch, refused, after, after], { state: 'halted', halt })
}

test('who started it, for whom and how, and how long it lasted', () => {
  const { started, lasted_ms } = explain(halted(10), facts)
  expect(started).toMatchObject({ by: 'agent:app', for: 'user:tomas', at: startedAt })
  expect(started.with).toMatchObject({ method: 'SendMessage', target: 'agent:orchestrator', origin: 'new' })
  expect(lasted_ms).toBe(3200)
})

test('where the cycle formed, at which depth, how often, and what it cost', () => {
  const { loops, run } = explain(halted(10), facts)
  expect(loops).toHaveLength(1)
  const [loop] = loops
  expect(loop).toMatchObject({
    from: 'agent:research',
    to: 'agent:orchestrator',
    path: ['agent:orchestrator', 'agent:research'],
    first: { number: 4, id: hopId(4), depth: 3, at: startedAt + 300 },
    laps: 10,
    calls: 10 * 3 - 1,
    cost_micros: 400_000,
    lap_micros: 40_000,
    lap_ms: 300,
  })
  expect(loop?.share).toBeCloseTo(400_000 / run.cost_micros)
})

test('the likely cause is what failed right before the loop was closed, each time', () => {
  const [loop] = explain(halted(10), facts).loops
  expect(loop?.cause).toMatchObject({
    target: 'tool:web_search',
    result: 'failed bad_answer',
    laps: 10,
    hop: { number: 3 },
  })
})

test('laps are compared: what each did, and how many went like the first', () => {
  const [loop] = explain(halted(10), facts).loops
  expect(loop?.first_lap).toMatchObject({ number: 1, calls: 3, cost_micros: 40_000 })
  // The last lap was refused the call that would have begun the next.
  expect(loop?.last_lap).toMatchObject({ number: 10, calls: 2 })
  expect(loop?.alike).toBe(9)
})

test('which policies allowed the closing edge, and where they stand', () => {
  const { allowed } = explain(halted(3), facts)
  expect(allowed).toMatchObject({
    from: 'agent:research',
    to: 'agent:orchestrator',
    calls: 3,
    current: true,
    policies: [{ id: 'may-call.orchestrator', place: { file: '10-graph.cedar', line: 12 } }],
  })
  expect(explain(halted(3), nothingKnown).allowed).toMatchObject({ current: false, policies: [{ place: null }] })
})

test('what stopped it: the limit, the call that broke it, and what was tried afterwards', () => {
  const { stopped } = explain(halted(10), facts)
  expect(stopped).toMatchObject({
    code: cut.code,
    actor: 'weir',
    rule: cut.rule,
    hop: { number: 33 },
    refused_after: 2,
  })
})

test('what a rule that only watched would have saved', () => {
  const { shadow, run } = explain(halted(10), facts)
  expect(shadow).toMatchObject([{ rule: 'run.depth_max', limit: { max: 5 }, first: { number: 10 }, hops: 23 }])
  // Before hop 10 there were 9, of which 3 were searches without a price.
  expect(shadow[0]).toMatchObject({ cost_micros: 120_000, saved_micros: run.cost_micros - 120_000 })
})

test('what would have cut it: the edge, the laps, the smallest depth, the smallest budget', () => {
  const cuts = explain(halted(10), facts).would_cut
  expect(cuts.map(({ by, max, first, saved_micros }) => [by, max, first.number, saved_micros])).toEqual([
    ['deny', null, 4, 400_000],
    ['run.cost_micros_max', 40_000, 4, 400_000],
    ['run.depth_max', 3, 5, 380_000],
    ['run.laps_max', 1, 7, 360_000],
  ])
})

test('a clean run has no loop, nothing to cut and nothing that stopped it', () => {
  const story = storyOfSketch([
    { in: 0, from: 'app', to: 'orchestrator' },
    { in: 1, from: 'orchestrator', to: 'research' },
    { in: 2, from: 'research', to: 'tool:web_search' },
    { in: 1, from: 'orchestrator', to: 'writer' },
  ])
  expect(explain(story, facts)).toMatchObject({ loops: [], retries: [], would_cut: [], shadow: [], stopped: null })
  expect(explain(story, facts).subtrees.map(({ to, cost_micros }) => [to, cost_micros])).toEqual([
    ['agent:orchestrator', 80_000],
    ['agent:research', 40_000],
    ['tool:web_search', 20_000],
    ['agent:writer', 20_000],
  ])
})

test('two interleaved cycles are two loops, each with what it alone accounts for', () => {
  const hops: HopSketch[] = [{ in: 0, from: 'app', to: 'a' }]
  for (let lap = 0; lap < 6; lap += 1) {
    const at = hops.length
    hops.push({ in: at, from: 'a', to: 'b' }, { in: at + 1, from: 'b', to: 'a' })
    hops.push({ in: at + 2, from: 'a', to: 'c' }, { in: at + 3, from: 'c', to: 'a' })
  }
  const { loops } = explain(storyOfSketch(hops), facts)
  expect(loops.map(({ from, to, laps, first }) => [from, to, laps, first.number])).toEqual([
    ['agent:b', 'agent:a', 6, 3],
    ['agent:c', 'agent:a', 6, 5],
  ])
})

test('the same call again and again from one hop is a retry and no cycle', () => {
  const searches = Array.from({ length: 40 }, () => ({
    in: 1,
    from: 'research',
    to: 'tool:web',
    status: 'failed' as const,
  }))
  const { loops, retries } = explain(storyOfSketch([{ in: 0, from: 'app', to: 'research' }, ...searches]), facts)
  expect(loops).toEqual([])
  expect(retries).toMatchObject([
    { to: 'tool:web', within: { number: 1 }, calls: 40, failed: 40, cost_micros: 800_000 },
  ])
})

test('a refused call that would have closed a circle is told as one', () => {
  const back: HopSketch = {
    in: 2,
    from: 'research',
    to: 'orchestrator',
    decision: 'deny',
    code: 'policy_denied',
    rule: 'graph.no-back-edge',
  }
  const { loops, refused } = explain(storyOfSketch([...askingBack(0), back]), facts)
  expect(loops).toEqual([])
  expect(refused).toMatchObject([{ rule: 'graph.no-back-edge', hops: 1, closes: true, first: { number: 3 } }])
})

test('a run in which everything was refused, and one of which nothing is kept, are explained too', () => {
  const no: HopSketch = { in: 0, from: 'app', to: 'writer', decision: 'deny', code: 'policy_denied', rule: 'default' }
  expect(explain(storyOfSketch([no, no]), facts)).toMatchObject({
    allowed: null,
    started: { with: null },
    refused: [{ hops: 2 }],
  })
  expect(explain(storyOfSketch([]), facts)).toMatchObject({ loops: [], edges: [], hops: 0 })
})

test('open calls, lost parents, double rows and parents in a circle cost their place and nothing else', () => {
  const open: HopSketch = { in: 2, from: 'research', to: 'tool:web', status: 'open', cost_micros: 0 }
  const whole = storyOfSketch([...askingBack(3), open])
  const lost = whole.hops.filter(({ id }) => id !== hopId(2) && id !== hopId(4))
  expect(explain({ ...whole, hops: lost, complete: false }, facts).loops[0]?.laps).toBe(2)
  const twice = explain({ ...whole, hops: [...whole.hops, { ...(whole.hops[0] as HopRow), status: 'open' }] }, facts)
  expect(twice.hops).toBe(whole.hops.length)
  const knot = whole.hops.map((hop) => (hop.id === hopId(1) ? { ...hop, parent: hopId(5) } : hop))
  expect(explain(storyOfHops(knot.toReversed()), facts).hops).toBe(whole.hops.length)
})
