/** What models used inside of an agent is paid for by its caller, at the price the row of the agent names. */
import { expect, test } from 'vitest'
import { noUsage, tokensOf, type Usage } from '../../../src/domain/usage.ts'
import type { Price, PriceBook } from '../../../src/pricing/contract.ts'
import { outcomeOf, pave, type TestRoad } from '../../support/road.ts'

/** Three micro-dollars a token. */
const price: Price = {
  source: 'test',
  bill: (usage) => ({
    cost_micros: 3 * tokensOf(usage),
    input_micros: 3 * usage.input_tokens,
    output_micros: 3 * usage.output_tokens,
  }),
  bound: (input, output) => 3 * (input + output),
  afford: () => null,
}
const prices: PriceBook = { find: ({ provider, model }) => (`${provider}/${model}` === 'p/m' ? price : null) }

async function paved(row: object): Promise<TestRoad> {
  const agents = {
    console: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: { url: 'http://127.0.0.1:9/', driver: { kind: 'langgraph', assistant_id: 'x' }, price: row },
  }
  const models = { providers: { p: { api: 'fake' } } }
  const trial = await pave({ agents, models, limits: { run: { cost_micros_max: 1000, tokens_max: 1000 } } })
  trial.road.snapshot = { ...trial.road.snapshot, prices }
  return trial
}

async function answered(trial: TestRoad, usage: Usage): Promise<void> {
  const before = trial.sent.length
  void trial.call('console', 'orchestrator')
  await expect.poll(() => trial.sent.length).toBe(before + 1)
  trial.sent[before]?.done(outcomeOf('answered', { usage: [{ model: 'x', usage }] }))
  await expect.poll(() => trial.lastRecord()?.rid).toBe(trial.sent[before]?.hop.id)
}

const usage = { ...noUsage, input_tokens: 30, output_tokens: 12 }

test('tokens become cost at the price of the model that is named', async () => {
  const trial = await paved({ call_micros: 5, tokens_as: 'p/m', reported: { max_tokens: 100, max_micros: 300 } })
  await answered(trial, usage)
  expect(trial.lastRecord()).toMatchObject({
    reserved: { tokens: 100, cost_micros: 305 },
    outcome: {
      spent: { tokens: 42, cost_micros: 131 },
      metered: { model: 'p/m', usage, cost_micros: 131, input_micros: 90, output_micros: 36, prices: 'test' },
      used: { source: 'provider' },
    },
  })
  expect(trial.sent[0]?.hop.run.spent).toEqual({ tokens: 42, cost_micros: 131 })
})

test('a model nobody knows the price of is counted in tokens, and its cost is unknown', async () => {
  const trial = await paved({ tokens_as: 'p/other' })
  await answered(trial, usage)
  expect(trial.lastRecord()?.outcome).toMatchObject({
    spent: { tokens: 42, cost_micros: 0, unpriced: 1 },
    metered: { model: 'p/other', cost_micros: null, prices: null },
  })
})

test('a call that never left has no bill', async () => {
  const trial = await paved({ call_micros: 5, reported: { max_tokens: 100 } })
  void trial.call('console', 'orchestrator')
  await expect.poll(() => trial.sent.length).toBe(1)
  trial.sent[0]?.done(outcomeOf('gone', { sent: false }))
  await expect.poll(() => trial.lastRecord()?.outcome.status).toBe('aborted')
  expect(trial.lastRecord()?.outcome.spent).toEqual({ tokens: 0, cost_micros: 0 })
  expect(trial.lastRecord()?.outcome).not.toHaveProperty('used')
})
