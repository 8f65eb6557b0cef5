/** What rests on a revoked token ends with it: whoever drops that token or holds one made after it gains nothing. */
import { describe, expect, test } from 'vitest'
import type { Delegation } from '../../src/domain/principal.ts'
import { nameOfToken, type Revocable } from '../../src/domain/revocation.ts'
import { revoke } from '../../src/pipeline/revoke.ts'
import { outcomeOf, pave, type Sent, type TestRoad } from '../support/road.ts'

const open = { limits: { run: { depth_max: 5 } } }

function newest({ sent }: TestRoad): Sent {
  const last = sent.at(-1)
  if (!last) throw new Error('there is a hop')
  return last
}

/** `console` has called `orchestrator` with the credential `console`, and the call is open. */
async function underWay(): Promise<{ trial: TestRoad; delivered: Delegation }> {
  const trial = await pave(open, 'policy-open')
  await trial.call('console', 'orchestrator')
  return { trial, delivered: newest(trial).delegation }
}

async function withdraw({ road }: TestRoad, what: Revocable, name: string): Promise<number> {
  const done = await revoke(road, { what, name, reason: 'stolen', actor: 'ana', source: 'operator' })
  if (done.kind !== 'revoked') throw new Error('there is room')
  return done.ended
}

describe('a delivery token that was revoked', () => {
  test('counts no more for whoever does not show it', async () => {
    const { trial, delivered } = await underWay()
    await withdraw(trial, 'token', nameOfToken('weir', delivered.tokenId))
    const hops = trial.sent.length
    await trial.call('orchestrator', 'research', { delegation: delivered })
    await trial.call('orchestrator', 'research')
    await trial.call('orchestrator', 'research', { headers: { 'weir-run-id': delivered.run } })
    expect(trial.sent).toHaveLength(hops)
    expect(trial.lastRecord()).toMatchObject({ code: 'unauthenticated', rule: 'revoked.token' })
  })

  test('ends the calls that its holder made without showing it', async () => {
    const { trial, delivered } = await underWay()
    await trial.call('orchestrator', 'research')
    expect(await withdraw(trial, 'token', nameOfToken('weir', delivered.tokenId))).toBe(1)
  })

  test('does not go out again', async () => {
    const { trial, delivered } = await underWay()
    newest(trial).done(outcomeOf('answered'))
    await withdraw(trial, 'token', nameOfToken('weir', delivered.tokenId))
    await trial.call('console', 'orchestrator', { headers: { 'weir-run-id': delivered.run } })
    expect(newest(trial).delegation.run).toBe(delivered.run)
    expect(newest(trial).delegation.tokenId).not.toBe(delivered.tokenId)
  })
})

describe('a credential that was revoked', () => {
  test('takes with it every token that was made for calls with it, and the calls made with those', async () => {
    const { trial, delivered } = await underWay()
    await trial.call('orchestrator', 'research', { delegation: delivered })
    const below = newest(trial).delegation
    expect(await withdraw(trial, 'token', nameOfToken('weir', 'console'))).toBe(2)
    const hops = trial.sent.length
    await trial.call('research', 'orchestrator', { delegation: below })
    await trial.call('orchestrator', 'research', { delegation: delivered })
    expect(trial.sent).toHaveLength(hops)
  })

  test('leaves the work of other credentials alone', async () => {
    const { trial, delivered } = await underWay()
    expect(await withdraw(trial, 'token', nameOfToken('weir', 'another'))).toBe(0)
    await trial.call('orchestrator', 'research', { delegation: delivered })
    expect(trial.sent).toHaveLength(2)
  })
})

test('an agent whose credentials were revoked does not go on in an old place with a new one', async () => {
  const { trial, delivered } = await underWay()
  await withdraw(trial, 'agent', 'agent:orchestrator')
  trial.clock.advance(5000)
  const proof = { issuedAt: trial.clock.now() }
  await trial.call('orchestrator', 'research', { proof, delegation: delivered })
  await trial.call('orchestrator', 'research', { proof })
  expect(trial.sent).toHaveLength(1)
  expect(trial.lastRecord()).toMatchObject({ code: 'unauthenticated', rule: 'revoked.agent' })
})
