/** A run looked at again: where its loop would have been cut, what other policies and limits would have left of it. */
import { expect, test } from 'vitest'
import type { CallRecord } from '../../../../src/domain/record.ts'
import { cutOf } from '../../../../src/pipeline/whatif/cut-loop.ts'
import { noArgumentsKept } from '../../../../src/pipeline/whatif/recorded.ts'
import { type ReplayParts, replayRun } from '../../../../src/pipeline/whatif/replay-run.ts'
import { SuggestionTally } from '../../../../src/pipeline/whatif/suggest.ts'
import { asked } from '../../ledger/asked.ts'
import { agent, call, hop, noon, run } from '../../ledger/entries.ts'
import { shippedWith } from './policies.ts'

const outcome = call(hop(0)).outcome
const spent = { tokens: 10, cost_micros: 100 }

/** console -> orchestrator -> research -> orchestrator -> research ...: each call below the one before. */
function loop(calls: number): readonly CallRecord[] {
  const names = ['console', ...Array.from({ length: calls }, (_, at) => (at % 2 === 0 ? 'orchestrator' : 'research'))]
  return Array.from({ length: calls }, (_, at) =>
    call(hop(at + 1), {
      ts: noon + at,
      parent_rid: at === 0 ? null : hop(at),
      run_origin: at === 0 ? 'new' : 'token',
      agent: agent(names[at] ?? ''),
      target: `agent:${names[at + 1] ?? ''}`,
      chain: names.slice(0, at + 1).map(agent),
      depth: at + 1,
      asked: asked({ laps: at < 2 ? 0 : Math.floor((at - 1) / 2) + 1 }),
      outcome: { ...outcome, spent },
    }),
  )
}

const open = `@id("open") permit(principal, action, resource);`
const parts = (text: string, limits: ReplayParts['limits'] = null): ReplayParts => {
  return { policy: shippedWith(text), routes: () => undefined, limits, argumentsOf: noArgumentsKept }
}

test('the edge that closes the loop is found, with the first call of it and what it cost', () => {
  const cut = cutOf(run(1), loop(10))
  // The third call goes back to the orchestrator: it and the seven below it would not have been made.
  expect(cut).toMatchObject({ from: 'agent:research', to: 'agent:orchestrator', count: 4, hop: hop(3), depth: 3 })
  expect(cut?.saved).toEqual({ tokens: 80, cost_micros: 800 })
  expect(shippedWith(cut?.text ?? '').parts.compiled.policies).toMatchObject([{ effect: 'forbid' }])
})

test('what is suggested against a loop cuts it where it says', async () => {
  const calls = loop(10)
  const report = await replayRun(run(1), calls, parts(`${open}\n${cutOf(run(1), calls)?.text ?? ''}`))
  expect(report).toMatchObject({
    same: 2,
    not_reached: 7,
    cut: { hop: hop(3) },
    would: { cost_micros: 200 },
    was: { cost_micros: 1000 },
  })
})

test('a run without a loop has nothing to cut', () => {
  expect(cutOf(run(1), loop(2))).toBeNull()
})

test('the same policies change nothing', async () => {
  expect(await replayRun(run(1), loop(6), parts(open))).toMatchObject({
    same: 6,
    changed: [],
    cut: null,
    not_reached: 0,
  })
})

test.each([
  ['depth_max', 4, 5],
  ['laps_max', 0, 3],
  ['calls_max', 2, 3],
  ['cost_micros_max', 350, 4],
] as const)('%s of %i would have cut it at call %i, and ended the run', async (name, max, at) => {
  const limits = { on_breach: 'halt', run: { [name]: { max, mode: 'enforce' } } } as const
  const report = await replayRun(run(1), loop(8), parts(open, limits))
  expect(report.cut).toMatchObject({ hop: hop(at), rules: [`run.${name}`] })
  expect(report.not_reached).toBe(8 - at)
})

test('what was seen is suggested as permits that compile, whatever callers call their targets', () => {
  const tally = new SuggestionTally(() => undefined)
  const strange = ['tool:web/se"arch\\', 'tool:web/a\u0001b', 'tool:web/a b', 'tool:web/a-b', 'tool:web/é😀']
  for (const [at, target] of strange.entries())
    tally.add(
      call(hop(at), { target, agent: agent('research'), run_origin: 'token', asked: asked({ action: 'callTool' }) }),
    )
  for (const each of loop(4)) tally.add(each)
  tally.add(
    call(hop(99), {
      agent: agent('writer'),
      target: 'agent:critic\n@id',
      decision: 'deny',
      code: 'policy_denied',
      rule: 'default',
      asked: asked(),
    }),
  )
  const { text, edges, refused } = tally.suggestion(['Seen in a test.'])
  expect(shippedWith(text).parts.compiled.policies).toHaveLength(edges.length)
  expect(refused).toHaveLength(1)
  expect(new Set(edges.map(({ id }) => id)).size).toBe(edges.length)
})
