import { describe, expect, test } from 'vitest'
import { type Denial, deny } from '../../../src/domain/verdict.ts'
import type { LiveRun } from '../../../src/limits/live-run.ts'
import { haltRun } from '../../../src/pipeline/halt.ts'
import { MemoryReply } from '../../support/reply.ts'
import { outcomeOf, pave, type TestRoad } from '../../support/road.ts'

const nothing = { tokens: 0, cost_micros: 0 }

function onlyRun({ road }: TestRoad): LiveRun {
  const [run, ...more] = road.runs.list()
  if (!run || more.length > 0) throw new Error(`${more.length} runs too many`)
  return run
}

/** Nothing is held, whatever was: the law that every lease was settled once. */
function held(trial: TestRoad): unknown {
  const run = onlyRun(trial)
  const agent = trial.road.limits.agent(run.root)
  return { open: run.open, reserved: run.reserved, agent: agent?.open.value, exchanges: trial.road.exchanges.open }
}

const nothingHeld = { open: 0, reserved: nothing, agent: 0, exchanges: 0 }

describe('a hop is settled once', () => {
  test('when its target answers', async () => {
    const trial = await pave()
    await trial.call('console', 'orchestrator')
    expect(held(trial)).toMatchObject({ open: 1, exchanges: 1 })
    trial.sent[0]?.done(outcomeOf('answered'))
    expect(held(trial)).toEqual(nothingHeld)
    expect(onlyRun(trial).spent).toEqual({ tokens: 10, cost_micros: 1000 })
    expect(trial.entries.map((entry) => entry.kind)).toEqual(['run', 'intent', 'token', 'call'])
  })

  test('when its caller leaves while the token is signed: nothing is sent, nothing is paid, the record says so', async () => {
    const trial = await pave()
    const reply = new MemoryReply()
    trial.whileMinting = () => reply.leave()
    await trial.call('console', 'orchestrator', { reply })
    expect(trial.sent).toEqual([])
    expect(held(trial)).toEqual(nothingHeld)
    expect(trial.lastRecord()).toMatchObject({ decision: 'allow', outcome: { status: 'aborted', spent: nothing } })
    expect(trial.entries.filter((entry) => entry.kind === 'call')).toHaveLength(1)
  })

  test('when its run is halted while the token is signed', async () => {
    const trial = await pave()
    const halt = { code: 'operator', reason: 'enough', actor: 'ana', hop: null } as const
    trial.whileMinting = () => void haltRun(trial.road, onlyRun(trial), { ...halt, at: trial.clock.now() }, null)
    const reply = await trial.call('console', 'orchestrator')
    expect(reply.text).toContain('[weir:run_halted]')
    expect([trial.sent.length, held(trial)]).toEqual([0, nothingHeld])
    expect(trial.lastRecord()).toMatchObject({ decision: 'allow', code: 'run_halted', outcome: { spent: nothing } })
  })

  test('when the time of its run is over while the token is signed', async () => {
    const trial = await pave({ limits: { run: { wall_clock_ms: 1000 } } })
    trial.whileMinting = () => {
      trial.clock.advance(1000)
      trial.road.runs.sweep(trial.clock.now())
    }
    const reply = await trial.call('console', 'orchestrator')
    expect(reply.text).toContain('[weir:run_time_exceeded]')
    expect([trial.sent.length, held(trial)]).toEqual([0, nothingHeld])
  })

  test.each([
    ['at once', (denial: Denial) => denial],
    ['later', async (denial: Denial) => denial],
  ])('when no token for its target can be had, said %s', async (_when, said) => {
    const trial = await pave()
    trial.credential = said(deny('upstream_unavailable', 'no token for the target'))
    const reply = await trial.call('console', 'orchestrator')
    expect(reply.text).toContain('[weir:upstream_unavailable]')
    expect([trial.sent.length, held(trial)]).toEqual([0, nothingHeld])
    expect(trial.lastRecord()).toMatchObject({ code: 'upstream_unavailable', outcome: { spent: nothing } })
  })

  test('when its run is halted while the token for its target is fetched', async () => {
    const trial = await pave()
    const halt = { code: 'operator', reason: 'enough', actor: 'ana', hop: null } as const
    const slow = Promise.withResolvers<Awaited<TestRoad['credential']>>()
    trial.credential = slow.promise
    const calling = trial.call('console', 'orchestrator')
    await new Promise((resolve) => setImmediate(resolve))
    haltRun(trial.road, onlyRun(trial), { ...halt, at: trial.clock.now() }, null)
    slow.resolve({ headers: [], replacesDelivery: false })
    expect((await calling).text).toContain('[weir:run_halted]')
    expect([trial.sent.length, held(trial)]).toEqual([0, nothingHeld])
  })

  test('when a bug of ours comes between admission and sending', async () => {
    const trial = await pave()
    trial.whileMinting = () => {
      throw new Error('a bug')
    }
    await expect(trial.call('console', 'orchestrator')).rejects.toThrow('a bug')
    expect(held(trial)).toEqual(nothingHeld)
    expect(trial.lastRecord()).toMatchObject({ decision: 'allow', outcome: { status: 'failed', spent: nothing } })
  })

  test('when the record of a hop cannot be packed, before anything was sent', async () => {
    const trial = await pave()
    Object.assign(trial.road.ledger, {
      append(entry: { readonly kind: string }) {
        if (entry.kind === 'intent') throw new Error('a bug')
        return true
      },
    })
    await expect(trial.call('console', 'orchestrator')).rejects.toThrow('a bug')
    expect(held(trial)).toEqual(nothingHeld)
  })
})

describe('a run that was opened for a call that is refused', () => {
  test('ends with it, and its caller is not told to stay in it', async () => {
    const trial = await pave({ limits: { agent: { invokes_per_minute: 1 } } })
    await trial.call('console', 'orchestrator')
    const reply = await trial.call('console', 'orchestrator')
    expect(reply.text).toContain('[weir:rate_limited]')
    const [refused, first] = trial.road.runs.list()
    expect([refused?.state, first?.state]).toEqual(['ended', 'active'])
    expect(JSON.stringify([reply.headers, reply.text])).not.toContain(refused?.id)
    const ofIt = trial.entries.filter((entry) => 'run' in entry && entry.run === refused?.id)
    expect(ofIt.map((entry) => ('event' in entry ? entry.event : entry.kind))).toEqual(['opened', 'call', 'ended'])
  })

  test('is halted, alerted about and kept where the refusal is a breach', async () => {
    const trial = await pave({ limits: { run: { cost_micros_max: 999 } } })
    const reply = await trial.call('console', 'orchestrator')
    expect(reply.text).toContain('[weir:run_budget_exhausted]')
    expect([onlyRun(trial).state, trial.alerts.length]).toEqual(['halted', 1])
  })

  test('ends as well where its only call never left', async () => {
    const trial = await pave()
    const reply = new MemoryReply()
    trial.whileMinting = () => reply.leave()
    await trial.call('console', 'orchestrator', { reply })
    expect(onlyRun(trial).state).toBe('ended')
  })
})

describe('in prod', () => {
  const prod = { gateway: { public_url: 'http://weir.test', environment: 'prod' } }
  const thumbprint = 'A'.repeat(43)

  test('a credential that anybody could use is refused by the guard, and the record says so', async () => {
    const trial = await pave(prod)
    await trial.call('console', 'orchestrator')
    expect(trial.sent).toEqual([])
    expect(trial.lastRecord()).toMatchObject({ code: 'policy_denied', rule: 'guard.sender-constrained' })
  })

  test.each(['dpop', 'mtls'] as const)('one that is bound to a key of %s goes through', async (kind) => {
    const trial = await pave(prod)
    await trial.call('console', 'orchestrator', { proof: { boundTo: { kind, thumbprint } } })
    expect(trial.sent).toHaveLength(1)
  })
})
