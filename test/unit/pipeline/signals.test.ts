import { beforeEach, expect, test } from 'vitest'
import type { Signal, SignalRefusal } from '../../../src/identity/revocation/signals.ts'
import { openSignalDesk } from '../../../src/pipeline/signals.ts'
import { personId } from '../policy/fixtures.ts'
import { MemoryReply } from '../../support/reply.ts'
import { pave, type TestRoad } from '../../support/road.ts'

let trial: TestRoad
let answer: Signal | SignalRefusal
let desk: ReturnType<typeof openSignalDesk>

beforeEach(async () => {
  trial = await pave({ maximums: { revocations: 64 } })
  answer = told({ person: personId('tomas'), endsAt: trial.clock.now() })
  Object.assign(trial.road.snapshot.signals, { verifySignal: () => Promise.resolve(answer) })
  desk = openSignalDesk(trial.road)
})

function told(event: Partial<Signal['events'][number]>, jti = 's1'): Signal {
  const events = [{ uri: 'https://events.example/session-revoked', person: null, endsAt: null, ...event }]
  return { kind: 'signal', issuer: 'https://idp.example', jti, events }
}

async function push(type = 'application/secevent+jwt'): Promise<MemoryReply> {
  const reply = new MemoryReply()
  const rest = { method: 'POST', path: '/ssf/events', query: '', receivedAt: 0, startedAt: 0, clientCert: null }
  await desk({ ...rest, headers: new Map([['content-type', type]]), body: Buffer.from('set'), peer: '::1' }, reply)
  return reply
}

test('the end of a session revokes the person, ends what is open for them, and tells somebody', async () => {
  await trial.call('console', 'orchestrator', { person: personId('tomas') })
  expect((await push()).status).toBe(202)
  expect(trial.road.exchanges.open).toBe(0)
  expect(trial.lastRecord()).toMatchObject({ code: 'unauthenticated', outcome: { status: 'halted' } })
  const next = await trial.call('console', 'orchestrator', { person: personId('tomas') })
  expect(next.status).toBe(401)
  expect(next.text).not.toContain('revoked')
  expect(trial.lastRecord()).toMatchObject({ agent: 'agent:console', rule: 'revoked.person' })
  const kinds = trial.entries.map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'signal' || kind === 'revocation')).toEqual(['signal', 'revocation'])
  expect(trial.alerts).toMatchObject([{ kind: 'revoked', name: 'user:tomas', source: 'caep', ended: 1 }])
})

test('the same SET is answered again and acted on once', async () => {
  await push()
  trial.road.revocations.lift('user:tomas')
  expect((await push()).status).toBe(202)
  expect(trial.road.revocations.list()).toEqual([])
  answer = told({ person: personId('tomas'), endsAt: trial.clock.now() }, 's2')
  await push()
  expect(trial.road.revocations.list()).toHaveLength(1)
})

test.each([{ person: null, endsAt: 1 }, { person: personId('tomas') }])(
  '%j is acknowledged, recorded and ignored',
  async (event) => {
    answer = told(event)
    expect((await push()).status).toBe(202)
    expect(trial.entries).toMatchObject([{ kind: 'signal', outcome: 'ignored' }])
    expect(trial.road.revocations.list()).toEqual([])
  },
)

test('a refused SET is answered as RFC 8935 says, and one of another type is not even looked at', async () => {
  answer = { kind: 'signal_refusal', error: 'invalid_issuer', description: 'No.' }
  const refused = await push()
  expect([refused.status, JSON.parse(refused.text)]).toEqual([400, { err: 'invalid_issuer', description: 'No.' }])
  expect((await push('application/jwt')).text).toContain('invalid_request')
})

test('where the table is full nothing is acknowledged, so that it is delivered again', async () => {
  for (let n = 0; n < 64; n += 1) {
    const why = { reason: 'r', actor: 'a', source: 'operator', at: 0, until: null } as const
    trial.road.revocations.revoke({ what: 'person', name: `user:p${n}`, epoch: 1, contained: false, ...why })
  }
  expect((await push()).status).toBe(503)
  trial.road.revocations.lift('user:p1')
  expect((await push()).status).toBe(202)
})
