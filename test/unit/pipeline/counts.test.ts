import { describe, expect, test } from 'vitest'
import { namedModels } from '../../../src/config/settings-models.ts'
import type { Metered } from '../../../src/domain/usage.ts'
import { declareGatewayMetrics } from '../../../src/observe/gateway-metrics.ts'
import { Registry } from '../../../src/observe/metrics.ts'
import { Counts } from '../../../src/pipeline/counts.ts'
import { nothingSpent } from '../../../src/domain/spend.ts'
import { spendOf } from '../../../src/pipeline/models/meter.ts'
import { pave } from '../../support/road.ts'
import { loadedOf } from '../../support/temp-config.ts'
import { call, hop } from '../ledger/entries.ts'
import { agentId } from '../limits/fixture.ts'

describe('a limit that does not enforce', () => {
  test('counts under its own mode and lets the call through', async () => {
    const run = { calls_max: { max: 1, mode: 'shadow' }, fan_out_max: { max: 1, mode: 'warn' } }
    const trial = await pave({ limits: { run } })
    await trial.call('console', 'orchestrator')
    for (let call = 0; call < 2; call += 1) await trial.call('orchestrator', 'research')
    expect(trial.sent).toHaveLength(3)
    expect(trial.page()).toContain('weir_limit_hits_total{limit="run.calls_max",mode="shadow"} 2')
    expect(trial.page()).toContain('weir_limit_hits_total{limit="run.fan_out_max",mode="warn"} 1')
  })

  test('says so in the log once for each run and rule where it warns, and never where it is a shadow', async () => {
    const run = { calls_max: { max: 1, mode: 'shadow' }, fan_out_max: { max: 1, mode: 'warn' } }
    const trial = await pave({ limits: { run } })
    const first = await trial.call('console', 'orchestrator')
    const id = trial.sent[0]?.hop.run.id ?? ''
    for (let call = 0; call < 3; call += 1) await trial.call('orchestrator', 'research')
    expect([first.text, trial.sent.length]).toEqual(['', 4])
    expect(trial.logged).toEqual([`${id} went past run.fan_out_max, which warns: run.fan_out_max: 1 of 1`])
  })
})

test('a policy that refuses is no limit that was hit', async () => {
  const trial = await pave()
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'orchestrator')
  expect(trial.page()).toContain('weir_denials_total{code="policy_denied"} 1')
  expect(trial.page()).not.toMatch(/weir_limit_hits_total\{/)
})

test('a limit that refuses is counted as enforced', async () => {
  const trial = await pave({ limits: { run: { calls_max: 1 } } })
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'research')
  expect(trial.page()).toContain('weir_limit_hits_total{limit="run.calls_max",mode="enforce"} 1')
})

describe('what calls come to', () => {
  const models = { providers: { openai: { api: 'fake', models: { 'gpt-5.5': {} } } } }
  const usage = { input_tokens: 100, cached_tokens: 40, cache_write_tokens: 10, output_tokens: 30, reasoning_tokens: 5 }
  const bill = { cost_micros: 70, input_micros: 40, output_micros: 30, prices: 'config' }
  const priced: Metered = { model: 'openai/gpt-5.5', usage, source: 'provider', ...bill }

  async function paid(...bills: readonly Metered[]): Promise<string> {
    const registry = new Registry()
    registry.knowAgents(['research'])
    registry.knowModels(namedModels((await loadedOf(JSON.stringify({ models }))).settings.models))
    const counts = new Counts(declareGatewayMetrics(registry))
    for (const metered of bills)
      counts.paid(
        { agent: agentId('research'), run: null, kind: 'model' },
        { ...call(hop(1)).outcome, spent: spendOf(metered, nothingSpent), metered },
        0,
      )
    counts.paid({ agent: null, run: null, kind: 'tool' }, call(hop(1)).outcome, 0)
    return registry.render()
  }

  test('is counted by caller and kind, and the tokens of models each once', async () => {
    const page = await paid(priced, priced)
    expect(page).toContain('weir_cost_micros_total{agent="research",kind="model"} 140')
    expect(page).toContain('weir_cost_micros_total{agent="other",kind="tool"} 13000')
    const kinds = { input: 100, cached: 80, cache_write: 20, output: 50, reasoning: 10 }
    for (const [kind, tokens] of Object.entries(kinds))
      expect(page).toContain(`weir_model_tokens_total{provider="openai",model="gpt-5.5",kind="${kind}"} ${tokens}\n`)
  })

  test('an unknown price is counted as that, an estimate not as tokens, and a model nobody configured as other', async () => {
    const unknown = { cost_micros: null, input_micros: null, output_micros: null, prices: null }
    const page = await paid(
      { ...priced, ...unknown },
      { ...priced, source: 'delivered' },
      { ...priced, model: 'openai/gpt-nobody-set' },
    )
    expect(page).toContain('weir_model_unpriced_calls_total{provider="openai",model="gpt-5.5"} 1')
    expect(page).toContain('weir_model_tokens_total{provider="openai",model="gpt-5.5",kind="input"} 50\n')
    expect(page).toContain('weir_model_tokens_total{provider="openai",model="other",kind="input"} 50\n')
    expect(page).toContain('weir_cost_micros_total{agent="research",kind="model"} 140')
  })
})
