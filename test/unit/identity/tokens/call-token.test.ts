import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import type { CallFacts } from '../../../../src/identity/tokens/call-token.ts'
import { isDenial } from '../../../../src/domain/verdict.ts'
import { agent, callFacts, deliveryFacts, gatewayUrl, person, rawOf, World } from '../../../support/identity-kit.ts'
import { called, callToken, claimsOf, delivered, exchanged, minting } from '../tokens.ts'

const foreign = { issuer: 'https://partner.example', head: null, depth: 2, actors: ['their:planner'] }

test('a call token is an RFC 9068 access token that jose verifies with the published keys', async () => {
  const world = new World()
  const raw = await rawOf(world.identity.mintCallToken(callFacts('research', { person: person('tomas') })))
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

test('a call token at a root says when and how the person logged in, as far as that is known', async () => {
  const world = new World()
  const minted = async (login: NonNullable<CallFacts['login']> | null): Promise<object> =>
    claimsOf(await rawOf(world.identity.mintCallToken(callFacts('research', { person: person('tomas'), login }))))
  const known = { auth_time: 1000, acr: 'phr', amr: ['hwk', 'user'] }
  expect(await minted(known)).toMatchObject(known)
  for (const login of [null, { auth_time: null, acr: null, amr: [] }])
    expect(Object.keys(await minted(login))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^a(?:uth_time|cr|mr)$/)]),
    )
})

describe('a call token', () => {
  const confirmation = { kind: 'dpop', thumbprint: 'x'.repeat(43) } as const

  test('of a delivery goes on with its chain, and its newest link is its holder with this very token', async () => {
    const world = new World()
    const { delegation } = minting(world, deliveryFacts([agent('a'), agent('b')]))
    const token = await exchanged(world, delegation, agent('b'), { boundTo: confirmation, pop: 'p'.repeat(43) })
    expect(claimsOf(token.raw)).toMatchObject({
      act: { sub: 'agent:b', act: { sub: 'agent:a' } },
      cnf: { jkt: confirmation.thumbprint },
      txn: delegation.run,
      dlg: {
        depth: 1,
        hop: delegation.hop,
        prh: delegation.inputHash,
        hops: [{}, { jti: token.jti, pop: 'p'.repeat(43) }],
      },
    })
    expect(called(token.raw)).toEqual(token.proof)
    expect(token.proof).toMatchObject({ boundTo: confirmation, person: delegation.person })
  })

  test.each([
    ['none', 'external', 'external'],
    ['external', 'none', 'external'],
    ['external', 'injected', 'injected'],
  ] as const)('of a delivery that says %s in a run that is %s says %s', async (said, now, expected) => {
    const world = new World()
    const { delegation } = minting(world, deliveryFacts([agent('a'), agent('b')]))
    const token = await exchanged(world, { ...delegation, taint: said }, agent('b'), { taint: now })
    expect(claimsOf(token.raw)).toMatchObject({ dlg: { taint: expected } })
    expect(called(token.raw)).toMatchObject({ delegation: { taint: expected } })
  })

  test('of a call token takes its place, for the same agent did not act twice', async () => {
    const world = new World()
    const { delegation } = minting(world, deliveryFacts([agent('a'), agent('b')]))
    const wide = await exchanged(world, delegation, agent('b'))
    const narrow = await exchanged(world, wide.proof.delegation, agent('b'), {
      authority: { scopes: ['agent:invoke'], details: [{ type: 'agent_invoke', targets: ['c'] }] },
    })
    const lineage = narrow.proof.delegation?.lineage
    expect(lineage?.links.map((link) => link.a)).toEqual([agent('a'), agent('b')])
    expect(lineage?.prh).toBe(wide.proof.delegation?.inputHash)
    expect(lineage?.head).not.toBe(wide.proof.delegation?.lineage.head)
    expect(called(narrow.raw)).toEqual(narrow.proof)
    expect(claimsOf(narrow.raw)).toMatchObject({ scope: 'agent:invoke' })
  })

  test('of a root starts its chain: no hop, depth 0, one link', async () => {
    const world = new World()
    const { run } = deliveryFacts([agent('a'), agent('b')])
    const facts = { run: run.id, person: person('tomas'), depthMax: 3, budget: { cost_micros: 5 }, ext: foreign }
    const token = await callToken(world, callFacts('a', facts))
    expect(claimsOf(token.raw)).toMatchObject({
      dlg: { depth: 0, max: 3, chain: ['a'], bud: [{ id: token.jti, usd_u: 5 }] },
    })
    expect(claimsOf(token.raw).dlg).not.toHaveProperty('hop')
    expect(called(token.raw)).toEqual(token.proof)
    const budget = [{ grant: token.jti, cost_micros: 5 }]
    const below = { ...deliveryFacts([agent('a'), agent('b')], 1, token.proof.delegation), depthMax: 3 }
    const next = minting(world, below)
    expect(next.delegation.lineage.links).toEqual(token.proof.delegation?.lineage.links)
    expect(next.delegation).toMatchObject({ depthMax: 3, budget, lineage: { ext: foreign } })
    expect(delivered(await rawOf(next))).toEqual(next.delegation)
  })

  test('counts on every ceiling before it and on its own, which bears its name', async () => {
    const world = new World()
    const first = { run: deliveryFacts([agent('a'), agent('b')]).run.id, budget: { cost_micros: 50, tokens: 5 } }
    const wide = await callToken(world, callFacts('a', first))
    const { delegation } = wide.proof
    const narrow = await callToken(world, callFacts('a', { delegation, budget: { tokens: 3 } }))
    const inherited = await callToken(world, callFacts('a', { delegation: narrow.proof.delegation }))
    const budget = [
      { grant: wide.jti, cost_micros: 50, tokens: 5 },
      { grant: narrow.jti, tokens: 3 },
    ]
    expect([narrow.proof.delegation?.budget, inherited.proof.delegation?.budget]).toEqual([budget, budget])
    expect(called(inherited.raw)).toEqual(inherited.proof)
  })

  test('does not outlive the token it was exchanged for', async () => {
    const world = new World()
    const { delegation } = minting(world, deliveryFacts([agent('a'), agent('b')]))
    const ending = { ...delegation, expiresAt: world.clock.now() + 50_000 }
    expect((await exchanged(world, ending, agent('b'))).expires_in_s).toBe(20)
  })

  test('that says anything of itself or its chain that does not fit does not read', async () => {
    const world = new World()
    const { delegation } = minting(world, deliveryFacts([agent('a'), agent('b')]))
    const { raw } = await exchanged(world, delegation, agent('b'))
    const claims = claimsOf(raw)
    for (const change of [
      { client_id: 'agent:a' },
      { client_id: 'b' },
      { aud: 'https://other.example/a2a/c' },
      { aud: `${gatewayUrl}.evil.example/a2a/c` },
      { act: { sub: 'agent:a' } },
      { act: undefined },
      { dlg: undefined },
      { txn: undefined },
      { jti: 'another' },
      { scope: 'tool:query' },
      { may_act: { sub: 'agent:b' } },
      { cnf: {} },
      { cnf: { jkt: 'short' } },
      { cnf: { jkt: 'x'.repeat(43), 'x5t#S256': 'x'.repeat(43) } },
      { cnf: { jwk: 'x'.repeat(43) } },
      { sub: 'user:ana' },
    ])
      expect(isDenial(called(raw, { ...claims, ...change })), JSON.stringify(change)).toBe(true)
  })

  test('and a delivery that no link would make fit into 8 KB are refused, not cut', async () => {
    const world = new World()
    const targets = Array.from({ length: 200 }, (_, n) => `${n}`.padStart(60, 'x'))
    const authority = { scopes: null, details: [{ type: 'agent_invoke', targets } as const] }
    const refusal = { code: 'policy_denied', rule: 'token.size' }
    expect(await world.identity.mintCallToken(callFacts('a', { authority }))).toMatchObject(refusal)
    const facts = { ...deliveryFacts([agent('a'), agent('b')]), authority }
    expect(world.identity.mintDelivery(facts)).toMatchObject(refusal)
  })
})
