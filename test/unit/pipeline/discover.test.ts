import { expect, test } from 'vitest'
import { serveCard } from '../../../src/pipeline/discover.ts'
import { agentId } from '../policy/fixtures.ts'
import { MemoryReply } from '../../support/reply.ts'
import { pave, type TestRoad } from '../../support/road.ts'

async function card({ road, clock }: TestRoad, from: string, slug: string): Promise<MemoryReply> {
  const reply = new MemoryReply()
  const headers = new Map([['authorization', from]])
  const rest = { method: 'GET', path: '', query: '', body: Buffer.alloc(0), peer: '127.0.0.1', clientCert: null }
  const inbound = { ...rest, headers, receivedAt: clock.now(), startedAt: clock.monotonic() }
  await serveCard(road, agentId(slug), inbound, reply)
  return reply
}

test('a card is shown to who may call the agent or was called by it; every other one looks like a missing one', async () => {
  const trial = await pave()
  await trial.call('console', 'orchestrator')
  await trial.call('orchestrator', 'research')
  await trial.call('research', 'vault')
  const seen = async (from: string, slug: string): Promise<unknown> => {
    const { status, headers, text } = await card(trial, from, slug)
    return [status, headers, text]
  }
  const missing = await seen('research', 'nobody')
  expect((await card(trial, 'research', 'nobody')).status).toBe(404)
  expect(await seen('research', 'vault')).toEqual(missing)
  expect(await seen('research', 'writer')).toEqual(missing)
  expect(await seen('console', 'vault')).toEqual(missing)
  expect((await card(trial, 'research', 'orchestrator')).status).toBe(200)
  expect((await card(trial, 'console', 'orchestrator')).status).toBe(200)
})

test('in prod, a credential that may call nobody sees nobody', async () => {
  const trial = await pave({ gateway: { public_url: 'http://weir.test', environment: 'prod' } })
  await trial.call('console', 'orchestrator')
  expect((await card(trial, 'console', 'orchestrator')).status).toBe(404)
  await trial.call('console', 'orchestrator', { proof: { boundTo: { kind: 'dpop', thumbprint: 'A'.repeat(43) } } })
  expect((await card(trial, 'console', 'orchestrator')).status).toBe(200)
})
