/** Ten thousand calls at once want the rest of one budget. What is spent in the end is the budget, to the last call that fits. */
import { expect, test } from 'vitest'
import { Chance } from '../property/authority-maker.ts'
import { agentId } from '../support/hop.ts'
import { outcomeOf, pave, type TestRoad } from '../support/road.ts'

const calls = 10_000
/** Micro-dollars; the target of the trial costs 1000 a call. */
const price = 1000
const cap = 1_234_567
const fitting = Math.floor(cap / price)

const limits = { on_breach: 'refuse', run: { cost_micros_max: cap, concurrency_max: 100_000 } }

/** Everything that waits at the target is answered or lost, in any order. */
function answerSome(road: TestRoad, chance: Chance, share: number): void {
  const waiting = road.sent.splice(0).map((sent) => ({ done: sent.done, place: chance.below(1e6) }))
  for (const { done } of waiting.toSorted((a, b) => a.place - b.place)) {
    if (chance.below(100) < share) done(outcomeOf('answered'))
    else done(outcomeOf('fault', { sent: false }))
  }
}

test('threat 42: of 10,000 calls at once exactly those are let through that the budget of the run pays for', async () => {
  const trial = await pave({ limits })
  const run = trial.road.runs.open(agentId('agent:console'), null, trial.clock.now())
  if (run.kind === 'denial') throw new Error(run.detail)
  const headers = { 'weir-run-id': run.id }
  const replies = await Promise.all(
    Array.from({ length: calls }, async () => await trial.call('console', 'orchestrator', { headers })),
  )
  expect(trial.sent).toHaveLength(fitting)
  expect(run.reserved.cost_micros).toBe(fitting * price)
  const refused = replies.filter((reply) => reply.text.includes('[weir:'))
  expect(refused).toHaveLength(calls - fitting)
  expect(new Set(refused.map(({ text }) => /\[weir:(\w+)\]/.exec(text)?.[1]))).toEqual(
    new Set(['run_budget_exhausted']),
  )
  answerSome(trial, new Chance(1), 100)
  expect([run.spent.cost_micros, run.reserved.cost_micros, run.overshoot.cost_micros]).toEqual([fitting * price, 0, 0])
})

test('threat 42: what never reached its target is given back once, and spent again by others, never twice', async () => {
  const trial = await pave({ limits })
  const run = trial.road.runs.open(agentId('agent:console'), null, trial.clock.now())
  if (run.kind === 'denial') throw new Error(run.detail)
  const headers = { 'weir-run-id': run.id }
  const chance = new Chance(42)
  let answered = 0
  for (let left = calls; left > 0; left -= 500) {
    const wave = Array.from({ length: 500 }, async (_, n) => {
      if (n % 50 === 0) answerSome(trial, chance, 60)
      await trial.call('console', 'orchestrator', { headers })
      expect(run.spent.cost_micros + run.reserved.cost_micros).toBeLessThanOrEqual(cap)
    })
    await Promise.all(wave)
    answered += trial.sent.length
  }
  expect(answered).toBeGreaterThan(0)
  answerSome(trial, chance, 100)
  while (run.spent.cost_micros < fitting * price) {
    await trial.call('console', 'orchestrator', { headers })
    answerSome(trial, chance, 100)
  }
  await trial.call('console', 'orchestrator', { headers })
  expect(trial.sent).toEqual([])
  expect([run.spent.cost_micros, run.reserved.cost_micros, run.overshoot.cost_micros]).toEqual([fitting * price, 0, 0])
})

test('threat 42: ten thousand runs of one agent share the budget of its day', async () => {
  const trial = await pave({ limits: { on_breach: 'refuse', agent: { cost_micros_per_day: cap } } })
  await Promise.all(Array.from({ length: calls }, async () => await trial.call('console', 'orchestrator')))
  expect(trial.sent).toHaveLength(fitting)
  answerSome(trial, new Chance(7), 100)
  await trial.call('console', 'orchestrator')
  expect(trial.sent).toEqual([])
  trial.clock.advance(86_400_000)
  await trial.call('console', 'orchestrator')
  expect(trial.sent).toHaveLength(1)
})
