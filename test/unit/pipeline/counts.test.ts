import { describe, expect, test } from 'vitest'
import { pave } from '../../support/road.ts'

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
