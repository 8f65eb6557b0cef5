/** A facet is a name with policies and limits of its own; who serves its calls is the agent behind it, in every run. */
import { expect, test } from 'vitest'
import type { Delegation } from '../../../src/domain/principal.ts'
import type { PersonId } from '../../../src/domain/ids.ts'
import { refusalOf, sendMessage } from '../../support/caller.ts'
import type { MemoryReply } from '../../support/reply.ts'
import { outcomeOf, pave, type TestRoad } from '../../support/road.ts'
import { agentId } from '../policy/fixtures.ts'
import { revoke } from '../../../src/pipeline/revoke.ts'

const price = { call_micros: 1000, call_tokens: 10 }
const agents = {
  console: { groups: ['entrypoints'], may_start_runs: true },
  orchestrator: { url: 'http://127.0.0.1:9/', price, may_start_runs: true },
  research: { url: 'http://127.0.0.1:9/', price, groups: ['subagents'] },
  part: { facet_of: 'research', skills: ['search'], groups: ['subagents'] },
}

const codeOf = (reply: MemoryReply): string | null =>
  refusalOf({ status: 0, headers: new Headers(), body: JSON.parse(reply.text || '{}') as never, text: '' })

async function called(trial: TestRoad): Promise<Delegation> {
  void trial.call('orchestrator', 'part')
  await expect.poll(() => trial.sent.length).toBe(1)
  const delegation = trial.sent[0]?.delegation
  if (!delegation) throw new Error('something went out')
  return delegation
}

test('the agent behind a facet holds the token and goes on in the run, at its depth, with the token and without', async () => {
  const trial = await pave({ agents: { ...agents, orchestrator: { ...agents.orchestrator, groups: ['subagents'] } } })
  const delegation = await called(trial)
  expect([delegation.holder, delegation.chain]).toEqual(['agent:research', ['agent:orchestrator', 'agent:research']])
  for (const shown of [{ delegation }, {}]) {
    await trial.call('research', 'orchestrator', shown)
    expect(trial.lastRecord()).toMatchObject({ run: delegation.run, depth: 2, agent: 'agent:research' })
  }
})

test('the record names the facet, and its price is that of the agent', async () => {
  const trial = await pave({ agents })
  await called(trial)
  trial.sent[0]?.done(outcomeOf('answered'))
  await expect.poll(() => trial.lastRecord()?.target).toBe('agent:part')
  expect(trial.lastRecord()?.outcome.spent).toEqual({ tokens: 10, cost_micros: 1000 })
})

test('a loop through a facet is a loop', async () => {
  const limits = { run: { laps_max: 0 } }
  const loop = { ...agents, part: { facet_of: 'orchestrator', groups: ['subagents'] } }
  const trial = await pave({ agents: loop, limits })
  void trial.call('console', 'orchestrator')
  await expect.poll(() => trial.sent.length).toBe(1)
  expect(codeOf(await trial.call('orchestrator', 'part'))).toBe('loop_detected')
})

test.each(['part', 'research'])('whoever contains %s stops the calls to the facet, open ones too', async (slug) => {
  const trial = await pave({ agents })
  await called(trial)
  const order = {
    what: 'agent',
    name: agentId(slug),
    contained: true,
    reason: 'odd',
    actor: 'ops',
    source: 'operator',
  } as const
  expect(await revoke(trial.road, order)).toMatchObject({ kind: 'revoked', ended: 1 })
  expect(codeOf(await trial.call('orchestrator', 'part'))).toBe('agent_contained')
})

test('a conversation with the agent behind a facet is not open to others through the facet', async () => {
  const entry = { groups: ['subagents'], may_start_runs: true }
  const trial = await pave({
    agents: { ...agents, other: entry, orchestrator: { ...agents.orchestrator, groups: ['entrypoints'] } },
  })
  const body = sendMessage('hello').replace('"messageId"', '"contextId":"c1","messageId"')
  void trial.call('orchestrator', 'research', { body })
  await expect.poll(() => trial.sent.length).toBe(1)
  trial.clock.advance(1)
  const foreign = await trial.call('orchestrator', 'part', {
    body,
    person: 'user:eve' as PersonId,
    proof: { credentialId: 'eve' },
  })
  expect(foreign.text).toContain('-32001')
  void trial.call('orchestrator', 'part', { body: body.replace('c1', 'c2') })
  await expect.poll(() => trial.sent.length).toBe(2)
})
