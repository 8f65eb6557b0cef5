/** A loop is three lines of a tree, however often it went round. */
import { expect, test } from 'vitest'
import type { HopView } from '../../../src/cli/admin-api.ts'
import { foldLaps } from '../../../src/cli/fold.ts'
import { paintWith } from '../../../src/cli/paint.ts'
import { runTree } from '../../../src/cli/run-tree.ts'
import { sampleHop } from './sample-run.ts'

const plain = paintWith(false)
const chain = (length: number): HopView[] => Array.from({ length }, (_, at) => sampleHop(at + 1))

test('a nested loop shows its first lap, how many were left out, and its last', () => {
  expect(runTree(chain(999), plain).split('\n')).toEqual([
    'agent:console → agent:orchestrator  answered  $0.02',
    '  agent:orchestrator → agent:research  answered  $0.02',
    '    agent:research → agent:orchestrator  answered  $0.02',
    '      ⋮ laps × 497',
    '        agent:orchestrator → agent:research  answered  $0.02',
    '          agent:research → agent:orchestrator  answered  $0.02',
    '',
  ])
})

test('two laps are shown as they are', () => {
  expect(runTree(chain(5), plain)).not.toContain('laps ×')
})

test('calls repeated side by side are folded too, but not what differs among them', () => {
  const root = sampleHop(1)
  const side = (at: number, more: Partial<HopView> = {}): HopView => sampleHop(at, { parent: 'hop_1', ...more })
  const searches = [2, 4, 6, 8].map((at) => side(at, { to: 'tool:web_search', state: 'failed' }))
  const refused = side(10, {
    to: 'agent:critic',
    state: 'refused',
    code: 'policy_denied',
    rule: 'default',
    cost_micros: 0,
  })
  expect(runTree([root, ...searches, refused], plain).split('\n')).toEqual([
    'agent:console → agent:orchestrator  answered  $0.02',
    '  agent:orchestrator → tool:web_search  failed  $0.02',
    '  ⋮ laps × 2',
    '  agent:orchestrator → tool:web_search  failed  $0.02',
    '  agent:orchestrator → agent:critic  refused policy_denied (default)',
    '',
  ])
})

test('hops whose parent was cut off stand at the left edge', () => {
  expect(runTree(chain(6).slice(3), plain)).toMatch(/^agent:orchestrator → agent:research/)
  expect(runTree([], plain)).toBe('No calls yet.\n')
})

test('folding loses nothing: what is shown and what is folded add up', () => {
  for (const text of ['', 'a', 'ababab', 'xababababy', 'aaaa', 'abcabcabcd', 'aabbaabbaabb']) {
    const stretches = foldLaps(text.split(''), (letter) => letter)
    const count = stretches.reduce((sum, s) => sum + (s.kind === 'shown' ? s.items.length : s.laps * s.period), 0)
    expect(count).toBe(text.length)
  }
})
