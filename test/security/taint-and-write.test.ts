/** Prompt injection that travels: what an agent of somebody else said may not move one of ours to write. */
import { describe, expect, test } from 'vitest'
import { type Delegation, taints } from '../../src/domain/principal.ts'
import { evaluateOracle } from '../../src/policy/oracle.ts'
import type { OracleQuestion } from '../../src/policy/question.ts'
import { outcomeOf } from '../support/road.ts'
import { agentId } from '../support/hop.ts'
import { codeOf, pay, riskyAgents, riskyRoad } from '../support/risky-road.ts'

test('threat 40: after an agent of somebody else answered, a write is refused until a person approves exactly that call', async () => {
  const trial = await riskyRoad(false)
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  expect(trial.lastRecord()).toMatchObject({ taint: 'none', approval: null })

  expect(codeOf(await trial.tryCall('partner'))).toBe('ok')
  expect(trial.lastRecord()).toMatchObject({ target: 'agent:partner', taint: 'external' })
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  const { id, args_hash } = trial.approval()
  expect(trial.lastRecord()).toMatchObject({
    decision: 'deny',
    code: 'approval_required',
    rule: 'guard.taint-write',
    taint: 'external',
    approval: { id, by: null, args_hash },
  })

  trial.grant()
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  expect(trial.lastRecord()).toMatchObject({ decision: 'allow', approval: { id, by: 'ana', args_hash } })
})

test('the refusal says what to wait for, to the model and to the program, and nothing of the arguments', async () => {
  const trial = await riskyRoad(true)
  const reply = await trial.tryCall('payer', pay)
  const { id } = trial.approval()
  const { error } = JSON.parse(reply.text) as { error: { message: string; data: { metadata: unknown }[] } }
  expect(error.message).toContain(`It was asked for as ${id}.`)
  expect(error.data[0]?.metadata).toMatchObject({ approvalId: id, rule: 'guard.taint-write', retryable: 'true' })
  expect(new Map(reply.headers).get('x-should-retry')).toBe('false')
  expect(reply.text).not.toContain('acme')
  expect(JSON.stringify([trial.entries, trial.logged, trial.alerts])).not.toContain('acme')
})

test('one alert tells a person, however often the agent tries', async () => {
  const trial = await riskyRoad(true)
  for (let tries = 0; tries < 5; tries += 1) await trial.tryCall('payer', pay)
  const { id, args_hash } = trial.approval()
  expect(trial.alerts).toEqual([
    expect.objectContaining({
      kind: 'approval_required',
      rule: 'guard.taint-write',
      approval: expect.objectContaining({ id, args_hash, target: 'agent:payer' }) as unknown,
    }),
  ])
})

test.each(['critic', 'reader'])('what does not write may still be called: %s', async (target) => {
  const trial = await riskyRoad(true)
  expect(codeOf(await trial.tryCall(target))).toBe('ok')
})

test('the first byte that is handed on taints, not the end of the stream', async () => {
  const trial = await riskyRoad(false)
  await trial.call('orchestrator', 'partner', { method: 'SendStreamingMessage' })
  expect(codeOf(await trial.call('orchestrator', 'payer', { body: pay }))).toBe('ok')
  trial.sent[1]?.begin()
  expect(codeOf(await trial.call('orchestrator', 'payer', { body: pay }))).toBe('approval_required')
})

test('a partner that never answered taints nothing', async () => {
  const trial = await riskyRoad(false)
  await trial.call('orchestrator', 'partner')
  trial.sent[1]?.done(outcomeOf('fault', { sent: true }))
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
})

test('the taint is of the run: every agent in it is bound by it, and no other run is', async () => {
  const trial = await riskyRoad(true)
  const [run] = trial.road.runs.list()
  expect(run?.taint).toBe('external')
  trial.sent[0]?.done(outcomeOf('answered'))
  await trial.call('console', 'orchestrator')
  expect(trial.road.runs.list().map((each) => each.taint)).toEqual(['none', 'external'])
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
})

test('a clean delivery token that came home is not lent out again once its run was tainted', async () => {
  const trial = await riskyRoad(false)
  const lent = async (): Promise<Delegation | undefined> => {
    await trial.call('orchestrator', 'reader')
    const sent = trial.sent.pop()
    sent?.done(outcomeOf('answered'))
    return sent?.delegation
  }
  const clean = await lent()
  expect(clean).toMatchObject({ taint: 'none' })
  expect((await lent())?.tokenId).toBe(clean?.tokenId)
  await trial.tryCall('partner')
  const tainted = await lent()
  expect(tainted).toMatchObject({ taint: 'external' })
  expect(tainted?.tokenId).not.toBe(clean?.tokenId)
  expect((await lent())?.tokenId).toBe(tainted?.tokenId)
})

test('the token of the invocation a caller stands on counts, also where it shows none', async () => {
  const trial = await riskyRoad(false)
  const [serving] = trial.sent
  const [run] = trial.road.runs.list()
  if (!serving || !run) throw new Error('the orchestrator is being called')
  run.deliver(serving.hop.id, agentId('agent:orchestrator'), { ...serving.delegation, taint: 'untrusted' })
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  expect(codeOf(await trial.tryCall('reader'))).toBe('ok')
  expect(run.taint).toBe('untrusted')
})

describe('a token that says its run was tainted', () => {
  test.each(taints)('is believed where the run itself has forgotten it: %s', async (taint) => {
    const trial = await riskyRoad(false)
    const [run] = trial.road.runs.list()
    const [serving] = trial.sent
    if (!run || !serving) throw new Error('there is a run')
    const delegation = { ...serving.delegation, taint }
    const refused = codeOf(await trial.tryCall('payer', pay, { delegation }))
    expect(refused).toBe(taint === 'none' ? 'ok' : 'approval_required')
    await trial.tryCall('reader', undefined, { delegation })
    expect(run.taint).toBe(taint)
  })
})

test('the words of an agent of somebody else come in by its calls as well, if they were let through', async () => {
  const agents = { ...riskyAgents, console: { ...riskyAgents.console, external: true } }
  const trial = await riskyRoad(false, { agents })
  expect(trial.road.runs.list().map((run) => run.taint)).toEqual(['external'])
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')

  const quiet = await riskyRoad(false)
  await quiet.call('orchestrator', 'partner')
  expect(codeOf(await quiet.call('partner', 'reader'))).toBe('not_found')
  expect(quiet.road.runs.list().map((run) => run.taint)).toEqual(['none'])
})

test('a taint that comes while the oracle thinks is not overlooked', async () => {
  const trial = await riskyRoad(false)
  const { policy } = trial.road.snapshot
  const candidates = policy.candidates.bind(policy)
  let asked = 0
  Object.assign(policy, {
    candidates: (...edge: Parameters<typeof candidates>) => ({ ...candidates(...edge), uncovered: true }),
    oracle: (question: OracleQuestion) => {
      if ((asked += 1) === 1) trial.road.runs.list()[0]?.raiseTaint('external')
      return Promise.resolve(evaluateOracle(question))
    },
  })
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  expect(asked).toBe(3)
})

test('every rise leaves its trace in the ledger, once', async () => {
  const trial = await riskyRoad(true)
  await trial.tryCall('partner')
  expect(trial.entries.filter((entry) => entry.kind === 'run' && entry.event === 'tainted')).toEqual([
    expect.objectContaining({ code: 'external', reason: 'agent:partner answered in it', actor: 'weir' }),
  ])
})
