/** The story Weir must win, four times: the same loop, each time with one more line of defence taken away. */
import { expect, test } from 'vitest'
import { type Loop, policyOpen, runLoop } from '../support/loop.ts'

function refusals(loop: Loop): readonly (string | null)[] {
  return loop.onward.map((call) => call.refusal)
}

test('policy alone refuses the first re-invocation, at hop 1 of the loop', async () => {
  const { loop, run } = await runLoop({ limits: {} })
  expect(loop.onward).toEqual([
    { from: 'research', to: 'orchestrator', refusal: 'policy_denied' },
    { from: 'orchestrator', to: 'research', refusal: null },
  ])
  expect(run).toMatchObject({ state: 'active', calls: 2, refused: 1, halt: null })
})

test('with an open policy the depth limit halts the run', async () => {
  const { loop, run } = await runLoop({ policy: policyOpen, limits: { run: { depth_max: 5 } } })
  expect(refusals(loop)).toContain('depth_exceeded')
  expect(run).toMatchObject({
    state: 'halted',
    calls: 5,
    depth_max: 5,
    halt: { code: 'depth_exceeded', actor: 'weir' },
  })
  expect(run.cycles[0]).toMatchObject({ from: 'agent:research', to: 'agent:orchestrator', depth: 3 })
})

test('with policy and depth out of the way the invoke rate stops it', async () => {
  const { loop, run } = await runLoop({ policy: policyOpen, limits: { agent: { invokes_per_minute: 3 } } })
  expect(refusals(loop)).toContain('rate_limited')
  expect(run.calls).toBeLessThanOrEqual(8)
})

test('with policy, depth and rate out of the way the budget halts the run, to the micro-dollar', async () => {
  const { loop, run } = await runLoop({ policy: policyOpen, limits: { run: { cost_micros_max: 65_000 } } })
  expect(refusals(loop)).toContain('run_budget_exhausted')
  expect(run).toMatchObject({ state: 'halted', calls: 6, halt: { code: 'run_budget_exhausted' } })
  expect(run.spent.cost_micros).toBe(60_000)
})

test('a loop in shadow mode is only seen: the cycle is named, nothing is refused', async () => {
  const { run } = await runLoop({ policy: policyOpen, limits: { mode: 'shadow', run: { depth_max: 5, laps_max: 1 } } })
  expect(run).toMatchObject({ state: 'active', refused: 0 })
  expect(run.calls).toBeGreaterThan(20)
  expect(run.laps).toBeGreaterThan(10)
  expect(run.shadow).toEqual(expect.arrayContaining(['run.depth_max', 'run.laps_max']))
})
