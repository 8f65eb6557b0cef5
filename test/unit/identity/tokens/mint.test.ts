import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import type { Delegation } from '../../../../src/domain/principal.ts'
import { isDenial } from '../../../../src/domain/verdict.ts'
import type { JsonObject } from '../../../../src/base/json.ts'
import { inspectToken } from '../../../../src/identity/tokens/inspect.ts'
import { agent, deliveryFacts, rawOf, World } from '../../../support/identity-kit.ts'
import { claimsOf, delivered, exchanged, minting } from '../tokens.ts'

test('a delivery token names its one holder, the chain, the run and the hop', async () => {
  const world = new World()
  const chain = [agent('planner'), agent('orchestrator'), agent('research')]
  const facts = deliveryFacts(chain, 7)
  const raw = await rawOf(world.identity.mintDelivery(facts))
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
  expect(claimsOf(await rawOf(world.identity.mintDelivery({ ...facts, run }))).exp).toBe(world.now_s + 42)
})

test('every delivery commits to the one before it, and names whoever acted in between', async () => {
  const world = new World()
  const first = minting(world, deliveryFacts([agent('a'), agent('b')], 1))
  const second = minting(world, deliveryFacts([agent('a'), agent('b'), agent('c')], 2, first.delegation))
  const raw = await rawOf(second)
  const before = (await rawOf(first)).split('.').slice(0, 2).join('.')
  expect(claimsOf(raw).dlg).toMatchObject({
    prh: createHash('sha256').update(before).digest('base64url'),
    hops: [
      { i: 0, a: 'agent:a', jti: 'k1', adh: null, pop: null },
      { i: 1, a: 'agent:b', jti: 'k1', adh: null, pop: null },
    ],
  })
  expect(delivered(raw)).toEqual(second.delegation)
})

test('a delivery whose chain has been changed anywhere does not read', async () => {
  const world = new World()
  const raw = await rawOf(minting(world, deliveryFacts([agent('a'), agent('b'), agent('c')], 2)))
  const { dlg, ...rest } = claimsOf(raw)
  const said = dlg as { hops: JsonObject[] }
  const hops = (change: JsonObject): JsonObject => ({ hops: [said.hops[0], { ...said.hops[1], ...change }] })
  const other = deliveryFacts([agent('a')], 3)
  for (const change of [
    { v: 2 },
    { prh: 'x' },
    { hop: other.id },
    { hop: undefined },
    { depth: 1 },
    { depth: 3 },
    { max: -1 },
    { root: 'x' },
    { head: said.hops[0]?.['jti'] },
    { base: 'x' },
    { chain: ['b', 'b', 'c'] },
    { chain: ['a', 'b'] },
    { hops: said.hops.slice(1) },
    { hops: said.hops.toReversed() },
    { hops: [...said.hops, ...said.hops] },
    { hops: [] },
    hops({ a: 'agent:x' }),
    hops({ jti: 'k2' }),
    hops({ iat: 7 }),
    hops({ i: 2 }),
    hops({ adh: 'x'.repeat(43) }),
    hops({ pop: 'x'.repeat(43) }),
    hops({ more: 1 }),
    { taint: 'some' },
    { taint: undefined },
    { bud: { usd_u: 1 } },
    { bud: [] },
    { bud: [{ id: 'g' }] },
    { bud: [{ usd_u: 1 }] },
    { bud: [{ id: 'g', usd_u: -1 }] },
    { bud: [{ id: 'g', usd_u: 2 ** 53 }] },
    { bud: [{ id: 'g', tok: 1.5 }] },
    {
      bud: [
        { id: 'g', tok: 1 },
        { id: 'g', tok: 2 },
      ],
    },
    { bud: [1, 2, 3, 4, 5].map((tok) => ({ id: `g${tok}`, tok })) },
    { ext: { iss: 'x' } },
  ])
    expect(isDenial(delivered(raw, { ...rest, dlg: { ...said, ...change } })), JSON.stringify(change)).toBe(true)
  for (const change of [
    { act: { sub: 'agent:b' } },
    { act: { sub: 'agent:a', act: { sub: 'agent:b' } } },
    { may_act: { sub: 'agent:b' } },
    { may_act: { sub: 'agent:c', iss: 'x' } },
    { aud: 'agent:b' },
    { sub: 'user:ana' },
    { sub_profile: 'service' },
    { txn: `run_${'0'.repeat(31)}2` },
    { jti: 'j' },
    { client_id: 'agent:c' },
    { cnf: { jkt: 'x'.repeat(43) } },
    { scope: 7 },
    { authorization_details: [{ type: 'other' }] },
  ])
    expect(isDenial(delivered(raw, { ...rest, dlg, ...change })), JSON.stringify(change)).toBe(true)
})

test('a link of an agent that is not in the chain does not read, however well it hashes', async () => {
  const world = new World()
  const facts = deliveryFacts([agent('a'), agent('b')])
  const proof = { ...facts.principal.proof, agent: agent('x') }
  const raw = await rawOf(minting(world, { ...facts, principal: { ...facts.principal, proof } }))
  expect(delivered(raw)).toMatchObject({ code: 'unauthenticated' })
})

test('a chain of five hops tells its person, run, depth and parents to whoever holds the tokens alone', async () => {
  const world = new World()
  const chain = ['console', 'planner', 'orchestrator', 'research', 'writer', 'editor'].map(agent)
  let before: Delegation | null = null
  const tokens: JsonObject[] = []
  for (let depth = 1; depth <= 5; depth += 1) {
    const facts = deliveryFacts(chain.slice(0, depth + 1), depth, before)
    const minted = minting(world, facts)
    const holder = facts.chain.at(-1) ?? agent('x')
    // Every other agent asks for a call token of its own before it calls on.
    const call = depth % 2 === 1 ? await exchanged(world, minted.delegation, holder) : null
    tokens.push(claimsOf(await rawOf(minted)))
    before = call?.proof.delegation ?? minted.delegation
  }
  expect(tokens.map((claims) => (claims.dlg as JsonObject)['depth'])).toEqual([1, 2, 3, 4, 5])
  expect(new Set(tokens.map((claims) => `${String(claims.sub)} ${String(claims.txn)}`)).size).toBe(1)
  const last = tokens[4]?.dlg as { root: string; head: string; hops: (JsonObject & { a: string })[] }
  expect(last.hops.map((link) => link.a)).toEqual(chain.slice(0, 5))
  const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')
  expect(last.root).toBe(digest(`${String(tokens[4]?.txn)}.agent:console.user:tomas`))
  // What an auditor computes: nothing but the links as they stand, in the form of RFC 8785.
  const written = ({ a, adh, i, iat, jti, pop }: JsonObject): string => JSON.stringify({ a, adh, i, iat, jti, pop })
  expect(last.head).toBe(last.hops.reduce((head, link) => digest(`${head}.${written(link)}`), last.root))
})

test('a long chain keeps its newest eight links and the head before them', async () => {
  const world = new World()
  const chain = Array.from({ length: 13 }, (_, n) => agent(`a${n}`))
  const raw = await rawOf(minting(world, deliveryFacts(chain)))
  const dlg = claimsOf(raw).dlg as { hops: { i: number }[]; base: string; chain: string[] }
  expect([dlg.hops.map((link) => link.i), dlg.chain.length]).toEqual([[4, 5, 6, 7, 8, 9, 10, 11], 13])
  expect(delivered(raw)).toMatchObject({ depth: 12, lineage: { base: dlg.base } })
})

test('the longest chain of the longest names still fits into 8 KB', async () => {
  const world = new World()
  const chain = Array.from({ length: 64 }, (_, n) => agent(`${String(n).padStart(2, '0')}${'x'.repeat(61)}`))
  const raw = await rawOf(world.identity.mintDelivery(deliveryFacts(chain)))
  expect(raw.length).toBeLessThanOrEqual(8192)
  expect(await inspectToken(raw, world.keys.jwks)).toMatchObject({ signature: 'valid', depth: 63 })
})

test('whatever is delivered reads back as what is remembered of it, with a person and without', async () => {
  const world = new World()
  const slugs = fc.array(fc.stringMatching(/^[a-z0-9]{1,20}$/), { minLength: 2, maxLength: 64 })
  const ids = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
  await fc.assert(
    fc.asyncProperty(slugs, fc.nat(1000), fc.boolean(), ids, async (names, n, forNobody, credentialId) => {
      const facts = deliveryFacts(names.map(agent), n)
      const { principal, delegation, run } = facts
      const shown = { ...principal, proof: { ...principal.proof, credentialId } }
      const nobodys = delegation ? run : { ...run, person: null }
      const minted = minting(world, { ...facts, principal: shown, run: forNobody ? nobodys : run })
      const raw = await rawOf(minted)
      expect(raw.length).toBeLessThanOrEqual(8192)
      expect(delivered(raw)).toEqual(minted.delegation)
    }),
    { numRuns: 100 },
  )
})

test('an inspected token shows its chain for drawing and never its signature', async () => {
  const world = new World()
  const raw = await rawOf(world.identity.mintDelivery(deliveryFacts([agent('a'), agent('b')])))
  const report = await inspectToken(`${raw}\n`, world.keys.jwks)
  expect(report).toMatchObject({ signature: 'valid', chain: ['user:tomas', 'agent:a', 'agent:b'], depth: 1 })
  expect(JSON.stringify(report)).not.toContain(raw.split('.')[2])
  expect(await inspectToken(raw)).toMatchObject({ signature: 'unchecked' })
  expect(await inspectToken(raw, { keys: [world.idpKey.jwk] })).toMatchObject({ signature: 'invalid' })
  expect(isDenial(await inspectToken('nonsense'))).toBe(true)
  const counted = { ...deliveryFacts([agent('a'), agent('b')]), budget: [{ grant: 'g', tokens: 7 }] }
  const budget = [{ grant: 'g', tokens: 7, cost_micros: null }]
  expect(await inspectToken(await rawOf(world.identity.mintDelivery(counted)))).toMatchObject({ budget })
})
