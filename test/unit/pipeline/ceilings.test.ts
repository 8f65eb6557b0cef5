import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import type { Delegation } from '../../../src/domain/principal.ts'
import { outcomeOf, pave, type TestRoad } from '../../support/road.ts'

const config = join(import.meta.dirname, '../../../config')

/** The delivery to the orchestrator, as a token that was exchanged for it with these ceilings. */
async function orchestratorsToken(trial: TestRoad, ...budget: Delegation['budget']): Promise<Delegation> {
  await trial.call('console', 'orchestrator')
  const delivered = trial.sent[0]?.delegation
  if (!delivered) throw new Error('the orchestrator was called')
  return { ...delivered, budget }
}

const refusal = '[weir:budget_exhausted]'

test('an agent below spends from the ceiling above it, with its token or without', async () => {
  const row = { url: 'http://127.0.0.1:9/', price: { call_tokens: 10 } }
  const agents = { console: { may_start_runs: true }, orchestrator: row, research: row, vault: row }
  const trial = await pave({ agents }, 'policy-open')
  const ceiling = { grant: 'g1', tokens: 30 }
  const delegation = await orchestratorsToken(trial, ceiling)
  await trial.call('orchestrator', 'research', { delegation })
  const below = trial.sent[1]?.delegation
  expect(below?.budget).toEqual([ceiling])
  await trial.call('research', 'vault', below ? { delegation: below } : {})
  await trial.call('research', 'vault')
  expect(trial.sent.slice(2).map((sent) => sent.delegation.budget)).toEqual([[ceiling], [ceiling]])
  expect((await trial.call('research', 'vault')).text).toContain(refusal)
  expect((await trial.call('orchestrator', 'vault', { delegation })).text).toContain(refusal)
  expect(trial.lastRecord()).toMatchObject({ code: 'budget_exhausted', rule: 'token.tokens', grants: ['g1'] })
  expect(trial.entries.filter((entry) => entry.kind === 'intent').map((entry) => entry.grants)).toEqual([
    [],
    ['g1'],
    ['g1'],
    ['g1'],
  ])
  expect(trial.page()).toContain('weir_limit_hits_total{limit="token.tokens",mode="enforce"} 2')
})

test('a call token beside a delivery counts as well as the delivery', async () => {
  const trial = await pave({}, 'policy-open')
  const [one, two] = [
    { grant: 'g1', tokens: 100 },
    { grant: 'g2', cost_micros: 1000 },
  ]
  const delegation = await orchestratorsToken(trial, one)
  const beside = { delegation, proof: { delegation: { ...delegation, budget: [two] } } }
  await trial.call('orchestrator', 'research', beside)
  expect(trial.sent[1]?.delegation.budget).toEqual([two, one])
  expect((await trial.call('orchestrator', 'research', beside)).text).toContain(refusal)
})

test('a token lent to a call under other ceilings is another token', async () => {
  const trial = await pave({}, 'policy-open')
  const delegation = await orchestratorsToken(trial, { grant: 'g1', tokens: 100 })
  await trial.call('orchestrator', 'research', { delegation })
  trial.sent[1]?.done(outcomeOf('answered'))
  const beside = { ...delegation, budget: [{ grant: 'g2', tokens: 100 }] }
  await trial.call('orchestrator', 'research', { delegation, proof: { delegation: beside } })
  expect(trial.sent[2]?.delegation.budget).toHaveLength(2)
  trial.sent[2]?.done(outcomeOf('answered'))
  await trial.call('orchestrator', 'research', { delegation })
  expect(trial.sent[3]?.delegation.budget).toHaveLength(1)
})

test('a call under more ceilings than a token may carry is refused', async () => {
  const trial = await pave({}, 'policy-open')
  const ceilings = ['g1', 'g2', 'g3', 'g4', 'g5'].map((grant) => ({ grant, tokens: 100 }))
  const delegation = await orchestratorsToken(trial, ...ceilings.slice(0, 4))
  const beside = { ...delegation, budget: ceilings.slice(3) }
  const reply = await trial.call('orchestrator', 'research', { delegation, proof: { delegation: beside } })
  expect(reply.text).toContain(refusal)
  expect(trial.lastRecord()).toMatchObject({ rule: 'token.ceilings_max' })
})

test('policy sees the least that is left under any ceiling', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-policy-'))
  cpSync(join(config, 'policy-open'), dir, { recursive: true })
  const poor = '@id("poor") forbid (principal, action, resource) when { context.budgetLeftMicros < 1500 };'
  writeFileSync(join(dir, 'poor.cedar'), poor)
  const trial = await pave({ limits: { run: { cost_micros_max: 100_000 } } }, relative(config, dir))
  const delegation = await orchestratorsToken(trial, { grant: 'g1', cost_micros: 2000 }, { grant: 'g2', tokens: 5000 })
  await trial.call('orchestrator', 'research', { delegation })
  expect((await trial.call('orchestrator', 'research', { delegation })).text).toContain('[weir:policy_denied]')
  expect(trial.lastRecord()).toMatchObject({ rule: 'poor' })
})

test('the depth of a call token holds beside a delivery that says nothing of it', async () => {
  const trial = await pave({}, 'policy-open')
  const delegation = await orchestratorsToken(trial)
  const shallow = { delegation, proof: { delegation: { ...delegation, depthMax: 1 } } }
  expect((await trial.call('orchestrator', 'research', shallow)).text).toContain('[weir:depth_exceeded]')
  expect(trial.lastRecord()).toMatchObject({ rule: 'token.depth_max' })
})
