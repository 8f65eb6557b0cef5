/** An approval lets one call through: not twice, not another one, not somebody else's. */
import { describe, expect, test } from 'vitest'
import { isPersonId } from '../../src/domain/ids.ts'
import { deny } from '../../src/domain/verdict.ts'
import { canonicalArguments } from '../../src/protocol/a2a/arguments.ts'
import { decideApproval } from '../../src/pipeline/approve.ts'
import { haltRun } from '../../src/pipeline/halt.ts'
import { restore, revoke } from '../../src/pipeline/revoke.ts'
import { agentId } from '../support/hop.ts'
import { MemoryReply } from '../support/reply.ts'
import { outcomeOf } from '../support/road.ts'
import { asking, codeOf, pay, riskyRoad, type RiskyRoad } from '../support/risky-road.ts'

/** A tainted run in which the payment was asked for and granted. */
async function granted(): Promise<RiskyRoad> {
  const trial = await riskyRoad(true)
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  trial.grant()
  return trial
}

test('threat 41: the second use is refused, and waits for a person again', async () => {
  const trial = await granted()
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  expect(trial.approval().state).toBe('pending')
})

test('of many calls at once exactly one gets through', async () => {
  const trial = await granted()
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => trial.call('orchestrator', 'payer', { body: pay })),
  )
  expect(replies.filter((reply) => codeOf(reply) === 'ok')).toHaveLength(1)
  expect(trial.sent).toHaveLength(2)
})

describe('a call that differs is another call', () => {
  const part = (cents: unknown) => [{ data: { pay: { to: 'acme', cents } } }]
  test.each([
    ['the amount', asking(part(4201))],
    ['the type of the amount', asking(part('4200'))],
    ['one more part', asking([...part(4200), { text: 'and hurry' }])],
    ['the configuration', asking(part(4200), { configuration: { blocking: true } })],
    ['metadata', asking(part(4200), { metadata: { a: 1 } })],
    ['the context', pay.replace('"messageId":"m1"', '"messageId":"m1","contextId":"c2"')],
  ])('%s', async (_what, body) => {
    const trial = await granted()
    expect(codeOf(await trial.tryCall('payer', body))).toBe('approval_required')
    expect(trial.road.approvals.list().map((approval) => approval.state)).toEqual(['pending', 'granted'])
  })

  test('a number that only some readers can tell apart cannot be approved at all', async () => {
    const trial = await riskyRoad(true)
    for (const cents of ['9007199254740993', '0.1000000000000000055511151231257827', '1e400']) {
      const body = pay.replace('4200', cents)
      expect(codeOf(await trial.tryCall('payer', body))).toBe('policy_denied')
    }
    expect(trial.road.approvals.list()).toEqual([])
  })
})

test('the same call with another message id and another order of members is the same call', async () => {
  const trial = await granted()
  const again = asking([{ data: { pay: { cents: 4200, to: 'acme' } } }], {}, 'm2').replace('"id":1', '"id":"again"')
  expect(codeOf(await trial.tryCall('payer', again))).toBe('ok')
})

test('another run has no part in it', async () => {
  const trial = await granted()
  trial.sent[0]?.done(outcomeOf('answered'))
  await trial.call('console', 'orchestrator')
  await trial.tryCall('partner')
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
})

describe('the approval of the same words is another one', () => {
  const mallory = 'user:mallory'
  const params = canonicalArguments({ dialect: 'a2a-1.0-jsonrpc', body: Buffer.from(pay) }) ?? ''
  test.each([
    ['for another agent', { agent: agentId('agent:critic') }],
    ['for another person', { person: isPersonId(mallory) ? mallory : null }],
    ['for another target', { target: 'agent:reader' }],
    ['for another method', { method: 'SendStreamingMessage' }],
  ])('%s', async (_for, change) => {
    const trial = await granted()
    const { rid, run, agent, person, target, method, at, rule } = trial.approval()
    const same = { rid, run, agent, person, target, method, at, rule, params }
    expect(trial.road.approvals.ask(same)).toMatchObject({ isNew: false, approval: { state: 'granted' } })
    expect(trial.road.approvals.ask({ ...same, ...change })).toMatchObject({
      isNew: true,
      approval: { state: 'pending' },
    })
  })
})

test('another person has no part in it', async () => {
  const trial = await granted()
  trial.sent[0]?.done(outcomeOf('answered'))
  const mallory = 'user:mallory'
  if (!isPersonId(mallory)) throw new Error(mallory)
  await trial.call('console', 'orchestrator', { person: mallory })
  await trial.tryCall('partner')
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
})

test('another method has no part in it', async () => {
  const trial = await granted()
  const streamed = await trial.call('orchestrator', 'payer', { body: pay, method: 'SendStreamingMessage' })
  expect(streamed.text).toContain('[weir:approval_required]')
})

test('it ends with its run', async () => {
  const trial = await granted()
  const approval = trial.approval()
  const halt = { code: 'operator', reason: 'enough', actor: 'ana', at: trial.clock.now(), hop: null } as const
  haltRun(trial.road, approval.run, halt, null)
  expect(trial.road.approvals.list()).toEqual([])
  expect(trial.road.approvals.take(approval)).toBe(false)
  trial.road.approvals.sweep()
  expect(trial.road.approvals.size).toBe(0)
})

test('one that was refused stays refused, and the caller reads the sentence of policy', async () => {
  const trial = await riskyRoad(true)
  await trial.tryCall('payer', pay)
  const no = { state: 'refused', actor: 'ana', reason: 'never', at: trial.clock.now() } as const
  expect(decideApproval(trial.road, trial.approval(), no)).toMatchObject({ state: 'refused' })
  expect(codeOf(await trial.tryCall('payer', pay))).toBe('policy_denied')
  expect(trial.lastRecord()).toMatchObject({ detail: expect.stringContaining('was refused by ana') as unknown })
  expect(decideApproval(trial.road, trial.approval(), { ...no, state: 'granted' })).toBeNull()
})

describe('a call that never left gives its approval back', () => {
  test('because its caller went away', async () => {
    const trial = await granted()
    const reply = new MemoryReply()
    trial.whileMinting = () => reply.leave()
    await trial.call('orchestrator', 'payer', { body: pay, reply })
    trial.whileMinting = () => undefined
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })

  test('because no token for its target was to be had', async () => {
    const trial = await granted()
    trial.credential = deny('upstream_unavailable', 'no token')
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('upstream_unavailable')
    trial.credential = { headers: [], replacesDelivery: false }
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })

  test('because its target could not be reached', async () => {
    const trial = await granted()
    await trial.call('orchestrator', 'payer', { body: pay })
    trial.sent.pop()?.done(outcomeOf('fault', { sent: false }))
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })

  test('but not where its target may have seen it', async () => {
    const trial = await granted()
    await trial.call('orchestrator', 'payer', { body: pay })
    trial.sent.pop()?.done(outcomeOf('fault', { sent: true }))
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('approval_required')
  })

  test('because a limit refused it', async () => {
    const trial = await granted()
    const { agent } = trial.approval()
    const gauge = trial.road.limits.agent(agent)?.open
    trial.road.limits.use({
      ...trial.road.limits.settings,
      agent: {},
      agents: new Map([[agent, { concurrency_max: { max: gauge?.value ?? 0, mode: 'enforce' } }]]),
    })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('concurrency_limited')
    trial.road.limits.use({ ...trial.road.limits.settings, agents: new Map() })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })

  test('because of a bug of ours', async () => {
    const trial = await granted()
    const { append } = trial.road.ledger
    Object.assign(trial.road.ledger, {
      append(entry: { readonly kind: string }) {
        if (entry.kind === 'intent') throw new Error('a bug')
        return append.call(trial.road.ledger, entry as never)
      },
    })
    await expect(trial.tryCall('payer', pay)).rejects.toThrow('a bug')
    Object.assign(trial.road.ledger, { append })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })
})

describe('where its agent is contained', () => {
  const order = { what: 'agent', name: 'agent:payer', contained: true } as const
  const why = { reason: 'odd', actor: 'ana', source: 'operator' } as const

  test('while the call is under way, the approval is spent: its target may have seen the call', async () => {
    const trial = await granted()
    await trial.call('orchestrator', 'payer', { body: pay })
    expect(trial.road.approvals.size).toBe(1)
    expect(await revoke(trial.road, { ...order, ...why })).toMatchObject({ ended: 1 })
    expect(trial.lastRecord()).toMatchObject({
      decision: 'allow',
      outcome: { status: 'halted' },
      approval: { by: 'ana' },
    })
    expect(trial.road.approvals.size).toBe(0)
  })

  test('before the call left, the approval is as good as before, and of no use until it is released', async () => {
    const trial = await granted()
    const revoked: Promise<unknown>[] = []
    trial.whileMinting = () => void revoked.push(revoke(trial.road, { ...order, ...why }))
    expect(codeOf(await trial.call('orchestrator', 'payer', { body: pay }))).toBe('agent_contained')
    await Promise.all(revoked)
    trial.whileMinting = () => undefined
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('agent_contained')
    expect(trial.approval()).toMatchObject({ state: 'granted' })
    await restore(trial.road, { ...order, ...why })
    expect(codeOf(await trial.tryCall('payer', pay))).toBe('ok')
  })
})

test('where the table is full the answer is that of policy', async () => {
  const trial = await riskyRoad(true, { maximums: { approvals: 2 } })
  const codes: string[] = []
  for (const cents of [1, 2, 3]) codes.push(codeOf(await trial.tryCall('payer', asking([{ data: { cents } }]))))
  expect(codes).toEqual(['approval_required', 'approval_required', 'policy_denied'])
})

test('one run does not fill the table for all', async () => {
  const trial = await riskyRoad(true)
  const codes: string[] = []
  for (let cents = 0; cents < 40; cents += 1)
    codes.push(codeOf(await trial.tryCall('payer', asking([{ data: { cents } }]))))
  expect(codes.filter((code) => code === 'approval_required')).toHaveLength(16)
  expect(codes.at(-1)).toBe('policy_denied')
  expect(trial.alerts).toHaveLength(16)
})

test('no record, no approval', async () => {
  const trial = await riskyRoad(true)
  await trial.tryCall('payer', pay)
  Object.assign(trial.road.ledger, { append: () => false })
  const yes = { state: 'granted', actor: 'ana', reason: 'ok', at: trial.clock.now() } as const
  expect(decideApproval(trial.road, trial.approval(), yes)).toBe('unrecorded')
  expect(trial.approval().state).toBe('pending')
})

test('a call that no approval would let through is not asked about', async () => {
  const trial = await riskyRoad(true)
  expect(codeOf(await trial.tryCall('console', pay))).toBe('not_found')
  expect(trial.road.approvals.list()).toEqual([])
})
