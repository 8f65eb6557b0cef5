/** `weir runs explain|tree|show|ls|diff|export`: pages for people, objects for programs, and an exit code for each answer. */
import { expect, test } from 'vitest'
import { problem } from '../../../src/cli/exit-codes.ts'
import { paintWith } from '../../../src/cli/paint.ts'
import type { StoryTools } from '../../../src/cli/story/deps.ts'
import { explainPage } from '../../../src/cli/story/explain-page.ts'
import { treePage } from '../../../src/cli/story/tree-page.ts'
import { explain } from '../../../src/domain/story/explain.ts'
import type { StoryFacts } from '../../../src/domain/story/explanation.ts'
import { foldTree } from '../../../src/domain/story/fold-tree.ts'
import type { RunStory } from '../../../src/domain/story.ts'
import { askingBack, type HopSketch, startedAt, storyOfSketch, storyRun } from '../../support/stories.ts'
import { type Ran, run } from './fake-deps.ts'

const plain = paintWith(false)
const facts: StoryFacts = {
  places: new Map([['may-call.orchestrator', { file: 'graph.cedar', line: 12 }]]),
  pol_hash: 'ab'.repeat(32),
  limits: new Map([['run.depth_max', { max: 5, mode: 'shadow' }]]),
  on_breach: 'halt',
}

/** A loop that its budget ended in the tenth lap. */
function night(): RunStory {
  const hops = askingBack(10).map((hop, at) => (at > 8 ? { ...hop, shadow: ['run.depth_max'] } : hop))
  const cut = { decision: 'deny', code: 'run_budget_exhausted', rule: 'run.cost_micros_max' } as const
  const refused: HopSketch = { in: hops.length, from: 'research', to: 'orchestrator', ...cut }
  const late: HopSketch = { ...refused, code: 'run_halted', rule: null }
  const at = startedAt + hops.length * 100
  const halt = { code: cut.code, reason: 'run.cost_micros_max: 440000 of 430000', actor: 'weir', at }
  return storyOfSketch([...hops, refused, late], { state: 'halted', halt })
}

test('the page answers who, where, how deep, how often, how much, why, what allowed, what stopped, what would have', () => {
  const page = explainPage(explain(night(), facts), plain, startedAt)
  expect(page.split('\n\n')[0]?.split('\n')).toEqual([
    `${storyRun}  HALTED   run_budget_exhausted   3.2 s   $0.44   32 hops   2 refused   max depth 22`,
    'started   2026-11-28T02:00:14Z by agent:app for user:tomas   SendMessage agent:orchestrator',
    'loop      agent:research → agent:orchestrator   first at hop 4, depth 3 (02:00:14Z)   10 laps   $0.40 (90.9 %)',
    expect.stringContaining('$0.04 a lap, one every 300 ms, 9 of 10 went like the first') as string,
    'cause     tool:web_search failed bad_answer at hop 3, then agent:research asked back; the same before 10 of 10 laps',
    'allowed   agent:research → agent:orchestrator   may-call.orchestrator  graph.cedar:12',
    expect.stringMatching(
      /^stopped {3}run.cost_micros_max: \$0.44 of \$0.43 at 02:00:17Z, by weir, at hop 33/,
    ) as string,
    'shadow    run.depth_max 5 would have stopped it at hop 10 ($0.12 spent, $0.32 saved); it only watches',
    'would cut deny agent:research → agent:orchestrator   at hop 4, saving $0.40',
    '          limits.run.cost_micros_max: 40000 ($0.04)   at hop 4, saving $0.40',
    '          limits.run.depth_max: 3   at hop 5, saving $0.38',
    '          limits.run.laps_max: 1   at hop 7, saving $0.36',
    expect.stringContaining('forbid(principal == Weir::Agent::"research"') as string,
    expect.stringContaining('seq 1000-') as string,
  ])
})

test('what is on the page of a run cannot steer the terminal', () => {
  const halt = { code: 'operator', reason: 'x\u001b[2J', actor: 'ana', at: startedAt }
  const story = storyOfSketch([{ in: 0, from: 'app', to: 'a\u001b[2J' }], { state: 'halted', halt })
  for (const page of [explainPage(explain(story, facts), plain, 0), treePage(foldTree(story), plain, 0)])
    expect(page).not.toContain('\u001b')
})

test('a loop under way is told from what its open calls hold, and says how to stop it', () => {
  const open = askingBack(6).map((hop): HopSketch => ({
    ...hop,
    status: 'open',
    cost_micros: 0,
    held_micros: 20_000,
    policies: [],
    method: '',
  }))
  const story = storyOfSketch(open, { state: 'active', held_micros: open.length * 20_000 })
  // Intents say from whom a call came, and not from which of its hops.
  const told = explain({ ...story, hops: story.hops.map((hop) => ({ ...hop, parent: null })) }, facts)
  expect(told.loops[0]).toMatchObject({ laps: 6, first: { number: 4, depth: 3 } })
  expect(told.loops[0]?.cost_micros).toBeGreaterThan(300_000)
  const page = explainPage(told, plain, startedAt)
  expect(page).toContain(`weir runs halt ${storyRun}`)
  expect(page).toContain('no policy is on record for it yet')
})

test('a tree that is cut says how many lines are missing and how to have them', () => {
  const page = treePage(foldTree(storyOfSketch(askingBack(40, (lap) => ({ to: `a${lap}` })))), plain, 5)
  expect(page.split('\n')).toHaveLength(7)
  expect(page).toMatch(/… [\d,]+ more lines; all of them: weir runs tree run_0+1 --limit 0\n$/)
})

const stories: StoryTools = {
  list: ({ filter }) => Promise.resolve({ rows: filter.includes('beef') ? [] : [night().run], next: null }),
  story: ({ run }) => Promise.resolve(run === storyRun ? night() : problem('not_found', `nothing of ${run}`)),
  explanation: ({ run }) =>
    Promise.resolve(run === storyRun ? explain(night(), facts) : problem('not_found', `nothing of ${run}`)),
  tree: () => Promise.resolve(foldTree(night())),
  records: () => Promise.resolve(twoRecords()),
  write: async (out, text) => {
    for await (const piece of text) files.set(out, (files.get(out) ?? '') + piece)
    return null
  },
}
const files = new Map<string, string>()

async function* twoRecords() {
  yield await Promise.resolve({ seq: 7, kind: 'intent' })
  yield { seq: 9, kind: 'call' }
}

const weir = (...args: readonly string[]): Promise<Ran> => run(['runs', ...args], { stories })

test('without a name it is the last run that was halted, and a beginning or a trace id is a name', async () => {
  for (const args of [[], [storyRun], [storyRun.slice(4)], ['run_0000'], ['0000…']])
    expect(await weir('explain', ...args)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^run_0+1 {2}HALTED/) as string,
    })
  expect(await weir('explain', 'run_beef')).toMatchObject({ code: 5 })
  expect(await weir('explain', 'no run')).toMatchObject({ code: 2 })
  expect(await weir('show', `run_${'f'.repeat(32)}`)).toMatchObject({ code: 5 })
})

test.each([
  ['explain', 'weir.explanation/v1'],
  ['tree', 'weir.run_tree/v1'],
  ['show', 'weir.story/v1'],
  ['ls', 'weir.run_rows/v1'],
])('%s --json is one object of schema %s', async (verb, schema) => {
  expect(JSON.parse((await weir(verb, '--json')).stdout)).toMatchObject({ schema })
})

test('runs that differ end with 3, a run and itself with 0', async () => {
  expect(await weir('diff', storyRun, storyRun)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Both went alike') as string,
  })
  const story: StoryTools['story'] = ({ run }) =>
    Promise.resolve(run === storyRun ? night() : storyOfSketch(askingBack(0)))
  const { code, stdout } = await run(['runs', 'diff', storyRun, 'f'.repeat(32)], { stories: { ...stories, story } })
  expect([code, stdout]).toEqual([3, expect.stringMatching(/^laps .*10 and 0$/m)])
})

test('records leave as JSON lines, to stdout or into a file', async () => {
  const lines = '{"seq":7,"kind":"intent"}\n{"seq":9,"kind":"call"}\n'
  expect(await weir('export', storyRun)).toMatchObject({ code: 0, stdout: lines })
  expect(await weir('export', storyRun, '--out', 'night.jsonl')).toMatchObject({ code: 0, stdout: 'night.jsonl\n' })
  expect(files.get('night.jsonl')).toBe(lines)
})

test('the graph leaves in the words of other programs, and names in it are only names', async () => {
  const story: StoryTools['story'] = () => Promise.resolve(storyOfSketch([{ in: 0, from: 'app', to: 'tool:=x","y"' }]))
  const odd = (format: string): Promise<Ran> =>
    run(['runs', 'export', storyRun, '--format', format], { stories: { ...stories, story } })
  expect((await weir('export', storyRun, '--format', 'dot')).stdout).toContain(
    '"agent:research" -> "agent:orchestrator" [label="10 calls, 2 refused, $0.20"];',
  )
  expect((await odd('dot')).stdout).toContain('"tool:=x\\",\\"y\\""')
  expect((await odd('mermaid')).stdout).toContain('n1["tool:=x#34;,#34;y#34;"]')
  expect((await odd('csv')).stdout).toContain('agent:app,"tool:=x"",""y""",1,0,100,20000,1,1,')
  expect(await odd('svg')).toMatchObject({ code: 2, stderr: expect.stringContaining('none of jsonl, dot') as string })
})

test('no name acts on the terminal that a graph is printed to', async () => {
  const evil = storyOfSketch([{ in: 0, from: 'app', to: 'tool:\u001b]0;x\u0007\u202e' }])
  const story: StoryTools['story'] = () => Promise.resolve(evil)
  for (const format of ['dot', 'mermaid', 'csv']) {
    const { stdout } = await run(['runs', 'export', storyRun, '--format', format], { stories: { ...stories, story } })
    expect(stdout).toContain('u001b')
    for (const control of ['\u001b', '\u0007', '\u202e']) expect(stdout).not.toContain(control)
  }
})
