/** Two runs side by side: only what differs is told. */
import { expect, test } from 'vitest'
import { diffRuns } from '../../../../src/domain/story/diff-runs.ts'
import { askingBack, type HopSketch, storyOfSketch } from '../../../support/stories.ts'

test('a run and itself are alike', () => {
  const story = storyOfSketch(askingBack(3))
  expect(diffRuns(story, story)).toMatchObject({ alike: true, edges: [], results: [], loops: [], parted: [null, null] })
})

test('a run that looped and one that was cut part at the call that was refused', () => {
  const back: HopSketch = {
    in: 2,
    from: 'research',
    to: 'orchestrator',
    decision: 'deny',
    code: 'policy_denied',
    rule: 'graph.no-back-edge',
  }
  const [search] = askingBack(1).slice(2)
  const cut = storyOfSketch([...askingBack(0), search as HopSketch, back])
  const diff = diffRuns(storyOfSketch(askingBack(5)), cut)
  expect(diff).toMatchObject({ alike: false, same_hops: 3 })
  expect(diff.parted.map((hop) => hop?.result)).toEqual(['answered', 'refused policy_denied'])
  expect(diff.loops).toEqual([{ from: 'agent:research', to: 'agent:orchestrator', laps: [5, 0] }])
  expect(diff.edges.map(({ to, calls, refused, cost_micros }) => [to, calls, refused, cost_micros])).toEqual([
    ['agent:research', [6, 1], [0, 0], [120_000, 20_000]],
    ['agent:orchestrator', [5, 0], [0, 1], [100_000, 0]],
    ['tool:web_search', [5, 1], [0, 0], [0, 0]],
  ])
  expect(diff.results).toContainEqual({ result: 'refused policy_denied', hops: [0, 1] })
  expect(diff.policies).toEqual([[], []])
})

test('other policies are told even where nothing else differs', () => {
  const one = storyOfSketch(askingBack(1))
  const other = storyOfSketch(askingBack(1).map((hop) => ({ ...hop, policies: ['open.invoke'], pol_hash: 'cd' })))
  expect(diffRuns(one, other)).toMatchObject({
    alike: false,
    edges: [],
    policies: [expect.any(Array), ['open.invoke']],
  })
})
