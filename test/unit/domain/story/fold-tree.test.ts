/** A loop is three lines of a tree, however often it went round and however deep, and a fold says how its laps differ. */
import { expect, test } from 'vitest'
import { foldLaps } from '../../../../src/domain/story/fold-laps.ts'
import { foldTree } from '../../../../src/domain/story/fold-tree.ts'
import type { FoldLine, TreeRow } from '../../../../src/domain/story/folded-tree.ts'
import type { RunStory } from '../../../../src/domain/story.ts'
import { askingBack, type HopSketch, storyOfSketch } from '../../../support/stories.ts'

const lines = (story: RunStory): readonly string[] => foldTree(story).rows.map(write)

function write(row: TreeRow): string {
  const text = row.kind === 'fold' ? `x ${row.laps}` : `${row.from} > ${row.to} ${row.result}`
  return `${'  '.repeat(row.level)}${text.replaceAll('agent:', '')}`
}

const folds = (story: RunStory): readonly FoldLine[] => foldTree(story).rows.filter((row) => row.kind === 'fold')

test('a nested loop shows its first lap, how many were left out, and its last, with what each lap called besides', () => {
  expect(lines(storyOfSketch(askingBack(20)))).toEqual([
    'app > orchestrator answered',
    '  orchestrator > research answered',
    '    research > tool:web_search failed bad_answer',
    '    research > orchestrator answered',
    '      x 18',
    '        orchestrator > research answered',
    '          research > tool:web_search failed bad_answer',
    '          research > orchestrator answered',
    '            orchestrator > research answered',
  ])
})

test('a fold says what its laps cost, how far apart they began, and what did not always end alike', () => {
  const story = storyOfSketch(
    askingBack(20, (lap) => (lap === 9 ? { status: 'failed', fault: 'reset', cost_micros: 5 } : {})),
  )
  expect(folds(story)).toMatchObject([
    { laps: 18, period: 2, hops: 54, lap_micros: { min: 20_005, max: 40_000 }, lap_ms: { min: 300, max: 300 } },
  ])
  expect(folds(story)[0]?.changed).toEqual([
    { from: 'agent:research', to: 'tool:web_search', result: 'failed bad_answer', hops: 18 },
    { from: 'agent:research', to: 'agent:orchestrator', result: 'answered', hops: 17 },
    { from: 'agent:research', to: 'agent:orchestrator', result: 'failed reset', hops: 1 },
  ])
})

test('a hundred thousand calls nested in one another need no stack', () => {
  const chain = Array.from({ length: 100_000 }, (_, at): HopSketch => ({
    in: at,
    from: at % 2 ? 'b' : 'a',
    to: at % 2 ? 'a' : 'b',
  }))
  expect(lines(storyOfSketch(chain))).toEqual([
    'a > b answered',
    '  b > a answered',
    '    x 49998',
    '      a > b answered',
    '        b > a answered',
  ])
})

test('calls repeated side by side are folded with all they set off, but not what differs among them', () => {
  const hops: HopSketch[] = [{ in: 0, from: 'app', to: 'planner' }]
  for (let call = 0; call < 9; call += 1) {
    hops.push({ in: 1, from: 'planner', to: 'research' })
    hops.push({ in: hops.length, from: 'research', to: 'tool:web' })
  }
  hops.push({ in: 1, from: 'planner', to: 'critic', decision: 'deny', code: 'policy_denied', rule: 'default' })
  expect(lines(storyOfSketch(hops))).toEqual([
    'app > planner answered',
    '  planner > research answered',
    '    research > tool:web answered',
    '  x 7',
    '  planner > research answered',
    '    research > tool:web answered',
    '  planner > critic refused policy_denied',
  ])
  expect(folds(storyOfSketch(hops))).toMatchObject([{ hops: 14, cost_micros: 280_000 }])
})

test('two laps are shown as they are, and calls whose caller is gone stand at the left edge', () => {
  expect(folds(storyOfSketch(askingBack(2)))).toEqual([])
  const story = storyOfSketch(askingBack(1))
  expect(lines({ ...story, hops: story.hops.filter(({ depth }) => depth > 1) })[0]).toBe(
    'orchestrator > research answered',
  )
  expect(lines(storyOfSketch([]))).toEqual([])
})

test('folding loses nothing: what is shown and what is folded add up', () => {
  for (const text of ['', 'a', 'ababab', 'xababababy', 'aaaa', 'abcabcabcd', 'aabbaabbaabb']) {
    const stretches = foldLaps(text.split(''))
    const count = stretches.reduce((sum, { from, to }) => sum + to - from, 0)
    expect([count, stretches.at(-1)?.to ?? 0]).toEqual([text.length, text.length])
  }
})
