/** What scripts rely on: the exit codes of the commands about policies, and that data goes to stdout alone. */
import { expect, test } from 'vitest'
import type { PolicyTools } from '../../../src/cli/policy/deps.ts'
import type { RunRerun } from '../../../src/pipeline/whatif/rerun/compare.ts'
import { run } from './fake-deps.ts'
import { hop } from '../ledger/entries.ts'

const unused = () => Promise.reject(new Error('nobody asks'))
const none: PolicyTools = {
  why: unused,
  test: unused,
  lint: unused,
  graph: unused,
  diff: unused,
  preview: unused,
  simulate: unused,
  suggest: unused,
  replay: unused,
  rerun: unused,
}

const flip = {
  agent: 'agent:writer',
  target: 'tool:web/search',
  count: 9,
  hop: hop(1),
  before: ['default'],
  after: ['open'],
}
const counts = { replayed: 20, same: 11, indeterminate: 0, unregistered: 0, elsewhere: 2, unclear: 0, others: 0 }
const report = {
  schema: 'weir.policy-simulation/v1',
  pol_hash: 'h',
  indeterminate_why: {},
  ...counts,
  ms: 12,
  problems: [],
} as const

function simulated(widens: boolean): { policy: PolicyTools } {
  const [allow_to_deny, deny_to_allow] = widens ? [0, 9] : [9, 0]
  const flips = [{ flip: widens ? ('deny_to_allow' as const) : ('allow_to_deny' as const), ...flip }]
  return { policy: { ...none, simulate: () => Promise.resolve({ ...report, allow_to_deny, deny_to_allow, flips }) } }
}

test('a simulation that widens ends in 3, unless that was said to be wanted', async () => {
  const asked = ['policy', 'simulate', 'new', '--since', '7d']
  const widening = await run(asked, simulated(true))
  expect(widening.code).toBe(3)
  expect(widening.stdout).toContain('20 decisions replayed in 12 ms: 11 same · 0 allow→deny · 9 deny→allow ⚠')
  expect(widening.stdout).toContain('agent:writer → tool:web/search')
  expect(widening.stderr).toBe('')
  expect((await run([...asked, '--allow-widening'], simulated(true))).code).toBe(0)
  expect((await run(asked, simulated(false))).code).toBe(0)
  expect(JSON.parse((await run([...asked, '--json'], simulated(true))).stdout)).toMatchObject({ deny_to_allow: 9 })
})

test('a time that is none and a format that is none are mistakes of the caller', async () => {
  expect((await run(['policy', 'simulate', 'new', '--since', 'lately'], simulated(true))).code).toBe(2)
  expect((await run(['policy', 'graph', '--format', 'png'])).code).toBe(2)
})

test('a diff that widens ends in 3', async () => {
  const edge = { from: 'agent:a', to: 'agent:b', action: 'invoke', change: 'added', before: [], after: ['p'] } as never
  const diff = (widens: boolean): PolicyTools['diff'] => {
    return () => Promise.resolve({ schema: 'weir.policy-diff/v1', before: 'x', after: 'y', edges: [edge], widens })
  }
  const widened = await run(['policy', 'diff', 'old', 'new'], { policy: { ...none, diff: diff(true) } })
  expect(widened).toMatchObject({ code: 3, stdout: expect.stringContaining('+ agent:a → agent:b') as unknown })
  expect((await run(['policy', 'diff', 'old', 'new'], { policy: { ...none, diff: diff(false) } })).code).toBe(0)
})

const seen = { decision: 'allow', code: null, rules: ['open'], depth: 1, laps: 0, status: 'answered' } as const
const spent = { cost_micros: 1000, tokens: 0 }
const rerunHop = {
  hop: hop(1),
  at: 1,
  agent: 'agent:writer',
  target: 'agent:research',
  request: 'captured',
  answer: 'made_up',
} as const
const rerunOf = {
  run: 'run_1',
  pol_hash: 'h',
  calls: 4,
  sent: 2,
  same: 1,
  differ: 0,
  not_reached: 1,
  erased: 0,
  unlike: 0,
}

function rerun(deny_to_allow: number, ended: 'complete' | 'timeout' = 'complete'): { policy: PolicyTools } {
  const refused = { ...seen, decision: 'deny', code: 'policy_denied', rules: ['shut\u001b[31m'] } as const
  const [was, now] = deny_to_allow > 0 ? [refused, seen] : [seen, refused]
  const report = {
    schema: 'weir.run-rerun/v1',
    ...rerunOf,
    allow_to_deny: 1 - deny_to_allow,
    deny_to_allow,
    not_sent: [{ why: 'outside', count: 1, hop: hop(2) }],
    made_up: { requests: 0, answers: 1 },
    changed: [{ ...rerunHop, was: { ...was, ...spent }, now: { ...now, ...spent }, differs: ['decision', 'code'] }],
    was: spent,
    would: spent,
    ended,
    ms: 12,
  } as unknown as RunRerun
  return { policy: { ...none, rerun: () => Promise.resolve(report) } }
}

test('a run that is sent again ends in 3 where a refused call would go through, and says what was left out', async () => {
  const asked = ['replay', 'run_1', '--upstream', 'mock']
  const narrowed = await run(asked, rerun(0))
  expect(narrowed).toMatchObject({ code: 0, stderr: '' })
  expect(narrowed.stdout).toContain('2 sent again to a mock')
  expect(narrowed.stdout).toContain('1 call: it was refused by what only the real gateway knows')
  expect(narrowed.stdout).toContain('0 requests and 1 answer, for')
  expect(narrowed.stdout).toContain('allow→deny')
  expect(narrowed.stdout).not.toContain('\u001b')
  expect((await run(asked, rerun(1))).code).toBe(3)
  expect((await run(asked, rerun(0, 'timeout'))).code).toBe(8)
  expect(JSON.parse((await run([...asked, '--json'], rerun(1))).stdout)).toMatchObject({ deny_to_allow: 1 })
})

test.each([
  ['--upstream', 'http://prod.example'],
  ['--upstream', 'mock', '--timeout', '0'],
  ['--upstream', 'mock', '--timeout', 'soon'],
])('nothing but a mock is sent to, and not for ever: %s %s', async (...more) => {
  expect(await run(['replay', 'run_1', ...more], rerun(0))).toMatchObject({ code: 2, stdout: '' })
})
