import fc from 'fast-check'
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { isDenial } from '../../../src/domain/verdict.ts'
import type { JsonObject } from '../../../src/base/json.ts'
import { readDelivery, writeDelivery } from '../../../src/identity/delivery.ts'
import { inspectToken } from '../../../src/identity/inspect.ts'
import { agent, deliveryFacts, gatewayUrl, person, World } from '../../support/identity-kit.ts'

function minted(outcome: unknown): string {
  if (typeof outcome !== 'string') throw new Error(JSON.stringify(outcome))
  return outcome
}

const claimsOf = (raw: string): JsonObject => decodeJwt(raw)

test('a call token is an RFC 9068 access token that jose verifies with the published keys', async () => {
  const world = new World()
  const raw = minted(await world.identity.mintCallToken({ agent: agent('research'), person: person('tomas') }))
  await compactVerify(raw, createLocalJWKSet({ keys: [...world.keys.jwks.keys] }))
  expect(decodeProtectedHeader(raw)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: world.keys.kid })
  expect(claimsOf(raw)).toMatchObject({
    iss: gatewayUrl,
    aud: gatewayUrl,
    client_id: 'agent:research',
    sub: 'user:tomas',
    sub_profile: 'user',
    exp: world.now_s + 120,
  })
  expect(claimsOf(raw)).not.toHaveProperty('txn')
})

test('a delivery token names its one holder, the chain, the run and the hop', async () => {
  const world = new World()
  const chain = [agent('planner'), agent('orchestrator'), agent('research')]
  const facts = deliveryFacts(chain, 7)
  const raw = minted(await world.identity.mintDelivery(facts))
  expect(decodeProtectedHeader(raw).typ).toBe('delivery+jwt')
  expect(claimsOf(raw)).toMatchObject({
    aud: 'agent:research',
    sub: 'user:tomas',
    may_act: { sub: 'agent:research' },
    act: { sub: 'agent:orchestrator', act: { sub: 'agent:planner' } },
    txn: facts.run.id,
    dlg: { v: 1, depth: 2, hop: facts.id, chain: ['planner', 'orchestrator', 'research'] },
    exp: world.now_s + 600,
  })
})

test('a delivery token does not outlive its run', async () => {
  const world = new World()
  const facts = deliveryFacts([agent('orchestrator'), agent('research')])
  const run = { ...facts.run, endsAt: world.clock.now() + 42_500 }
  expect(claimsOf(minted(await world.identity.mintDelivery({ ...facts, run }))).exp).toBe(world.now_s + 42)
})

test('the id of a delivery commits to the delivery before it', async () => {
  const world = new World()
  const first = minted(await world.identity.mintDelivery(deliveryFacts([agent('a'), agent('b')], 1)))
  const delegation = readDelivery(claimsOf(first), world.clock.now() + 1000, 64)
  if (isDenial(delegation)) throw new Error(delegation.detail)
  const second = deliveryFacts([agent('a'), agent('b'), agent('c')], 2, delegation)
  const claims = claimsOf(minted(await world.identity.mintDelivery(second)))
  expect(claims.dlg).toMatchObject({ prh: claimsOf(first).jti })
  expect(isDenial(readDelivery(claims, 0, 64))).toBe(false)
  for (const change of [
    { prh: 'x' },
    { hop: deliveryFacts([agent('a')], 3).id },
    { depth: 1 },
    { root: 'x' },
    { chain: ['b', 'b', 'c'] },
    { chain: ['a', 'b'] },
  ])
    expect(isDenial(readDelivery({ ...claims, dlg: { ...(claims.dlg as object), ...change } }, 0, 64))).toBe(true)
})

test('the longest chain of the longest names still fits into 8 KB', async () => {
  const world = new World()
  const chain = Array.from({ length: 64 }, (_, n) => agent(`${String(n).padStart(2, '0')}${'x'.repeat(61)}`))
  const raw = minted(await world.identity.mintDelivery(deliveryFacts(chain)))
  expect(raw.length).toBeLessThanOrEqual(8192)
  expect(await inspectToken(raw, world.keys.jwks)).toMatchObject({ signature: 'valid', depth: 63 })
})

test('whatever is delivered reads back as the same delegation', async () => {
  const world = new World()
  const slugs = fc.array(fc.stringMatching(/^[a-z0-9]{1,20}$/), { minLength: 1, maxLength: 64 })
  await fc.assert(
    fc.asyncProperty(slugs, fc.nat(1000), async (names, n) => {
      const facts = deliveryFacts(names.map(agent), n)
      const claims = claimsOf(minted(await world.identity.mintDelivery(facts)))
      expect(readDelivery(claims, 5, 64)).toMatchObject({
        run: facts.run.id,
        hop: facts.id,
        depth: facts.depth,
        chain: facts.chain,
        person: facts.run.person,
        holder: facts.chain.at(-1),
        expiresAt: 5,
      })
    }),
    { numRuns: 100 },
  )
})

test('what is remembered of a delivery is what reading it would give, with a person and without', () => {
  const slugs = fc.array(fc.stringMatching(/^[a-z0-9]{1,20}$/), { minLength: 1, maxLength: 64 })
  fc.assert(
    fc.property(slugs, fc.nat(1000), fc.boolean(), (names, n, forNobody) => {
      const facts = deliveryFacts(names.map(agent), n)
      const run = forNobody ? { ...facts.run, person: null } : facts.run
      const { claims, delegation } = writeDelivery({ ...facts, run }, { iss: gatewayUrl, iat: 1, exp: 601 })
      const wire = JSON.parse(JSON.stringify(claims)) as JsonObject
      expect(readDelivery(wire, delegation.expiresAt, 64)).toEqual(delegation)
    }),
  )
})

test('an inspected token shows its chain for drawing and never its signature', async () => {
  const world = new World()
  const raw = minted(await world.identity.mintDelivery(deliveryFacts([agent('a'), agent('b')])))
  const report = await inspectToken(`${raw}\n`, world.keys.jwks)
  expect(report).toMatchObject({ signature: 'valid', chain: ['user:tomas', 'agent:a', 'agent:b'], depth: 1 })
  expect(JSON.stringify(report)).not.toContain(raw.split('.')[2])
  expect(await inspectToken(raw)).toMatchObject({ signature: 'unchecked' })
  expect(await inspectToken(raw, { keys: [world.idpKey.jwk] })).toMatchObject({ signature: 'invalid' })
  expect(isDenial(await inspectToken('nonsense'))).toBe(true)
})
