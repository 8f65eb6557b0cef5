import { expect, test } from 'vitest'
import type { ProofTask } from '../../../src/identity/proofs/proof-tasks.ts'
import { openProofRunner } from '../../../src/identity/proofs/verify-batch.ts'
import {
  agent,
  apiKey,
  callFacts,
  codeOf,
  deliveryFacts,
  gatewayUrl,
  headersOf,
  person,
  rawOf,
  World,
} from '../../support/identity-kit.ts'

test('an API key names its agent and person at once', () => {
  expect(new World().authenticate(apiKey)).toMatchObject({
    proof: { kind: 'api_key', agent: agent('orchestrator'), person: person('tomas'), credentialId: 'k1' },
    delegation: null,
  })
})

test.each([
  ['an unknown key', 'Bearer wk_k1_fedcba9876543210'],
  ['no scheme', apiKey],
  ['another scheme', `Basic ${apiKey}`],
  ['two credentials', `Bearer ${apiKey}, Bearer ${apiKey}`],
  ['a trailing newline', `Bearer ${apiKey}\n`],
  ['an empty credential', 'Bearer '],
  ['a credential over 8 KB', `Bearer ${'a'.repeat(8193)}`],
])('%s is unauthenticated', (_what, header) => {
  const outcome = new World().show(new Map([['authorization', header]]))
  expect(outcome).toMatchObject({ code: 'unauthenticated' })
})

test('a caller without credentials is unauthenticated', () => {
  expect(new World().show(new Map())).toMatchObject({ code: 'unauthenticated' })
})

test('a token of a configured issuer stands for the pinned agent and the person it names', async () => {
  const world = new World()
  expect(await world.authenticate(world.idpToken({ act_for: 'tomas' }))).toMatchObject({
    proof: { kind: 'issuer_jwt', agent: agent('orchestrator'), person: person('tomas'), credentialId: 'j1' },
  })
})

test('a token that is known answers synchronously and costs no second verification', async () => {
  const tasks: ProofTask[] = []
  const run = openProofRunner(null)
  const world = new World({
    runProofs: async (batch) => {
      tasks.push(...batch)
      return await run(batch)
    },
  })
  const raw = world.idpToken()
  await world.authenticate(raw)
  expect(world.authenticate(raw)).toMatchObject({ proof: { agent: agent('orchestrator') } })
  expect(tasks).toHaveLength(1)
})

test('callers who come with the same token at once share one verification', async () => {
  const tasks: ProofTask[] = []
  const run = openProofRunner(null)
  const world = new World({
    runProofs: async (batch) => {
      tasks.push(...batch)
      return await run(batch)
    },
  })
  const raw = world.idpToken()
  const outcomes = await Promise.all(Array.from({ length: 50 }, async () => await world.authenticate(raw)))
  expect(outcomes.map(codeOf)).toEqual(Array.from({ length: 50 }, () => 'ok'))
  expect(tasks).toHaveLength(1)
})

test('a verified token is judged again after a minute and a refused one after a second', async () => {
  const world = new World()
  const good = world.idpToken()
  const bad = world.idpToken({ sub: 'workload-8' })
  await world.authenticate(good)
  await world.authenticate(bad)
  world.clock.advance(60_001)
  expect(world.authenticate(good)).toBeInstanceOf(Promise)
  expect(await world.authenticate(bad)).toMatchObject({ code: 'unauthenticated' })
})

test('a token whose time is up is no longer known, and says token_expired', async () => {
  const world = new World()
  const raw = world.idpToken({ exp: world.now_s + 5 })
  await world.authenticate(raw)
  world.clock.advance(35_001)
  expect(await world.authenticate(raw)).toMatchObject({ code: 'token_expired' })
})

test('a forged token never says token_expired, however old it claims to be', async () => {
  const world = new World()
  const [header, claims] = world.idpToken({ iat: world.now_s - 900, exp: world.now_s - 600 }).split('.')
  const forged = `${header}.${claims}.${world.idpToken().split('.')[2]}`
  expect(await world.authenticate(forged)).toMatchObject({ code: 'unauthenticated' })
})

test('when the proof queue is full, another unknown token is told that we are busy', async () => {
  const world = new World(
    { runProofs: () => new Promise(() => {}) },
    { maximums: { proofs: 10, proof_queue: 4, chain: 64 } },
  )
  await world.identity.warm()
  for (let n = 0; n < 4; n += 1) void world.authenticate(world.idpToken({ jti: `j${n}` }))
  const fifth = world.idpToken({ jti: 'j5' })
  expect(await world.authenticate(fifth)).toMatchObject({ code: 'busy' })
})

test('a pool that fails makes us busy, and the token is not remembered as bad', async () => {
  let broken = true
  const run = openProofRunner(null)
  const world = new World({ runProofs: (batch) => (broken ? Promise.reject(new Error('gone')) : run(batch)) })
  const raw = world.idpToken()
  expect(await world.authenticate(raw)).toMatchObject({ code: 'busy' })
  broken = false
  expect(codeOf(await world.authenticate(raw))).toBe('ok')
})

test('a peer that keeps sending unknown tokens runs out of budget; others and known tokens do not', async () => {
  const world = new World({ budget: { tokens_per_second: 10, burst: 3 } })
  const known = world.idpToken()
  await world.authenticate(known)
  const flood = Array.from({ length: 4 }, (_, n) => world.authenticate(`a.b.c${n}`, undefined, '10.0.0.1'))
  expect(flood.map((outcome) => outcome instanceof Promise || codeOf(outcome))).toEqual([
    'unauthenticated',
    'unauthenticated',
    'unauthenticated',
    'rate_limited',
  ])
  expect(world.authenticate(known, undefined, '10.0.0.1')).toMatchObject({ delegation: null })
  expect(world.authenticate('a.b.d', undefined, '10.0.0.2')).toMatchObject({ code: 'unauthenticated' })
  world.clock.advance(100)
  expect(world.authenticate('a.b.e', undefined, '10.0.0.1')).toMatchObject({ code: 'unauthenticated' })
})

test('a delivery token we minted is known from its first use on and carries the chain', async () => {
  const world = new World()
  const chain = [agent('planner'), agent('orchestrator')]
  const txn = await rawOf(world.identity.mintDelivery(deliveryFacts(chain)))
  expect(world.show(headersOf(apiKey, txn))).toMatchObject({
    delegation: {
      hop: deliveryFacts(chain).id,
      depth: 1,
      chain,
      holder: agent('orchestrator'),
      person: person('tomas'),
    },
  })
})

test('a delivery token is worth nothing to an agent it was not delivered to', async () => {
  const world = new World()
  const txn = await rawOf(world.identity.mintDelivery(deliveryFacts([agent('orchestrator'), agent('research')])))
  expect(world.authenticate(apiKey, txn)).toMatchObject({ code: 'unauthenticated' })
})

test('a refusal of a token in one role does not touch the same token in the other', async () => {
  const world = new World()
  const call = await rawOf(world.identity.mintCallToken(callFacts('orchestrator')))
  expect(await world.authenticate(apiKey, call)).toMatchObject({ code: 'unauthenticated' })
  expect(world.authenticate(call)).toMatchObject({ proof: { kind: 'call_token', person: null } })
})

test('at a door a token for the door is good, and one for what is reached through it, and no other', async () => {
  const world = new World()
  const [door, behind, other] = ['/v1', '/a2a/writer', '/a2a/vault'].map((path) => `${gatewayUrl}${path}`)
  const shown = async (audience: string | undefined): Promise<unknown> => {
    const raw = await rawOf(world.identity.mintCallToken(callFacts('orchestrator', { audience: audience ?? '' })))
    const presented = {
      method: 'POST',
      path: '/v1/responses',
      headers: headersOf(raw),
      peer: '127.0.0.1',
      clientCert: null,
    }
    return await world.identity.authenticate(presented, door ?? '', () => behind ?? null)
  }
  expect(await shown(door)).toMatchObject({ proof: { audience: door } })
  expect(await shown(behind)).toMatchObject({ proof: { audience: behind } })
  expect(await shown(other)).toMatchObject({
    code: 'unauthenticated',
    challenge: { resource_metadata: `${gatewayUrl}/.well-known/oauth-protected-resource/v1` },
  })
})
