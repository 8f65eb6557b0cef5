/** The demo's configuration and its arithmetic, without starting anything. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { countingDice } from '../../../src/base/dice.ts'
import { type Act, acts, configOf, mintKeys, type Setting } from '../../../src/cli/demo/acts.ts'
import type { Played } from '../../../src/cli/demo/play.ts'
import { explainAct, explainedWords } from '../../../src/cli/demo/explained.ts'
import { reportOf, tell } from '../../../src/cli/demo/report.ts'
import { paintWith } from '../../../src/cli/paint.ts'
import { explain } from '../../../src/domain/story/explain.ts'
import { nothingKnown } from '../../../src/domain/story/explanation.ts'
import { askingBack, storyOfSketch } from '../../support/stories.ts'
import { sampleHop, sampleRun } from './sample-run.ts'

const setting: Setting = {
  root: '/weir',
  agents: { orchestrator: 'http://127.0.0.1:1/', research: 'http://127.0.0.1:2/' },
  keys: mintKeys(countingDice()),
  webhook: { url: 'http://127.0.0.1:3/', secret: 's' },
}
const [watched, limited, governed] = acts as [Act, Act, Act]

function playedWith(act: Act, run: Played['run']): Played {
  const admin = { url: '', token: '', tokenFile: '' }
  const gateway = { ready: {}, tell: () => undefined, stop: () => Promise.resolve() }
  return { act, run, alert: null, answer: { refused: false, text: 'partial answer' }, admin, gateway, configPath: '' }
}

test('an act has its policy and limits, and keys appear as digests only', () => {
  const text = configOf(governed, setting, '/tmp/state')
  expect(JSON.parse(text)).toMatchObject({
    gateway: { listen: '127.0.0.1:0', environment: 'dev' },
    state: { dir: '/tmp/state' },
    policy: { dir: '/weir/config/policy' },
    limits: { mode: 'shadow' },
    agents: {
      console: { groups: ['entrypoints'] },
      research: { groups: ['subagents'], price: { call_micros: 20_000 } },
    },
  })
  for (const key of [setting.keys.console, setting.keys.orchestrator, setting.keys.research]) {
    expect(text).not.toContain(key)
    expect(text).toContain(createHash('sha256').update(key).digest('hex'))
  }
})

test('only the middle act enforces, and the first two differ in nothing else', () => {
  expect(limited.limits).toEqual({ ...watched.limits, mode: 'enforce' })
  expect(watched.policy).toBe(limited.policy)
})

test('a month of the first act is its rate for thirty days', () => {
  const text = tell(playedWith(watched, sampleRun()), paintWith(false))
  expect(text).toBe(
    '2 laps of agent:research → agent:orchestrator in 1.2 s cost $0.13.\n' +
      'A month of this would cost $280,800. Somebody happened to look and halted it.\n',
  )
})

test('the refused call back is counted among the calls back, and its rule is the reason', () => {
  const refused = { state: 'refused', code: 'policy_denied', rule: 'graph.no-back-edge' } as const
  const run = sampleRun({
    state: 'active',
    halt: null,
    cycles: [],
    laps: 0,
    hops: [sampleHop(1), sampleHop(2), sampleHop(3, refused)],
  })
  expect(reportOf(playedWith(governed, run))).toMatchObject({
    refused_at_hop: 1,
    reason: 'graph.no-back-edge',
    edge: { from: 'agent:research', to: 'agent:orchestrator' },
  })
})

test('a call back refused because the run was halted is no judgement of its own', () => {
  const late = sampleHop(7, { state: 'refused', code: 'run_halted', rule: null })
  const run = sampleRun({ hops: [...sampleRun().hops, late] })
  expect(reportOf(playedWith(limited, run))).toMatchObject({ refused_at_hop: null, reason: 'depth 6 of 5' })
})

test('it ends with the page of the explanation, and that its figures are those of the demo', () => {
  const story = storyOfSketch(askingBack(20))
  const text = explainedWords(explain(story, nothingKnown), paintWith(false), 0)
  for (const answer of ['started ', 'loop ', 'allowed ', 'stopped ', 'would cut ', 'audit '])
    expect(text).toMatch(new RegExp(`^${answer}`, 'm'))
  expect(text).toMatch(/✔ The ledger tells what the demo counted: 62 hops, depth 42, 20 laps on agent:research/)
})

test('an explanation that does not add up fails the demo', async () => {
  const played = { ...playedWith(watched, sampleRun()), configPath: 'weir.yaml' }
  const stories = {
    explanation: () => Promise.resolve(explain(storyOfSketch(askingBack(3)), nothingKnown)),
  }
  const told = await explainAct(played, stories, { looks_max: 1 })
  expect(told).toMatchObject({ exit: 'failed', text: expect.stringContaining('does not add up') as string })
})
