import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { authorityWords } from '../../../src/domain/authority/words.ts'
import type { TokenEntry } from '../../../src/domain/record.ts'
import { isDenial } from '../../../src/domain/verdict.ts'
import { checkDelivery } from '../../../src/identity/tokens/check-delivery.ts'
import type { RunTrace } from '../../../src/domain/evidence.ts'
import { findHop, traceRun } from '../../../src/ledger/trace.ts'
import { accountOf } from '../../../src/pipeline/evidence/account.ts'
import { runChainOf } from '../../../src/pipeline/evidence/bundle.ts'
import { agent, deliveryFacts, forge, privateKeyOf, rawOf, World } from '../../support/identity-kit.ts'
import { call, hop, intent, noon, refusedCall, revocationEntry, run, runEntry, tokenEntry } from '../ledger/entries.ts'
import { claimsOf } from '../identity/tokens.ts'

const nothing: RunTrace = {
  runs: [],
  calls: [],
  intents: [],
  tokens: [],
  grants: [],
  revocations: [],
  complete: true,
  problems: [],
}

/** One delivery of a world, as the ledger keeps it. */
async function delivered(world: World): Promise<TokenEntry & { readonly token: string }> {
  const facts = deliveryFacts([agent('a'), agent('b')])
  const token = await rawOf(world.identity.mintDelivery(facts))
  const { jti } = claimsOf(token)
  return { ...tokenEntry(token), rid: facts.id, run: facts.run.id, jti: String(jti), agent: agent('b'), token }
}

test('a delivery is still proved when it has expired and its key was retired, and not when the key was revoked', async () => {
  const world = new World()
  const { token } = await delivered(world)
  world.clock.advance(86_400_000)
  await world.keys.ring.rotate('token', { now: true })
  expect(await checkDelivery(token, world.keys.ring)).toMatchObject({ holder: 'agent:b', depth: 1 })
  const later = new World()
  const { token: revoked } = await delivered(later)
  await later.keys.ring.rotate('token', { revoke: true })
  expect(await checkDelivery(revoked, later.keys.ring)).toMatchObject({
    detail: expect.stringContaining('revoked') as unknown,
  })
})

test('a delivery that somebody else signed, or that says something else, proves nothing', async () => {
  const world = new World()
  const { token } = await delivered(world)
  const header = { alg: 'ES256', typ: 'delivery+jwt', kid: world.keys.kid }
  const claims = claimsOf(token)
  const wrong = [
    forge(world.idpKey.privateKey, header, claims),
    forge(privateKeyOf(world.keys), { ...header, kid: 'other' }, claims),
    forge(privateKeyOf(world.keys), { ...header, typ: 'at+jwt' }, claims),
    forge(privateKeyOf(world.keys), header, { ...claims, sub: 'user:eve' }),
    forge(privateKeyOf(world.keys), header, { ...claims, iat: 1 }),
    'nonsense',
  ]
  for (const raw of wrong) expect(isDenial(await checkDelivery(raw, world.keys.ring))).toBe(true)
})

test('an account names the token that does not hold and the hops that are not kept', async () => {
  const world = new World()
  const entry = await delivered(world)
  const record = { ...call(hop(9)), run: entry.run, delivery: entry.jti, parent_rid: null, prh: null }
  const forged = {
    ...entry,
    token: forge(
      world.idpKey.privateKey,
      { alg: 'ES256', typ: 'delivery+jwt', kid: world.keys.kid },
      claimsOf(entry.token),
    ),
  }
  const keys = world.keys.ring
  const good = await accountOf({ ...record, depth: 1 }, { ...nothing, calls: [record], tokens: [entry] }, keys)
  expect(good).toMatchObject({ signatures: 'hold', problems: [], chain: [{ hop: hop(9) }] })
  const bad = await accountOf({ ...record, depth: 2 }, { ...nothing, calls: [record], tokens: [forged] }, keys)
  expect(bad).toMatchObject({
    signatures: 'broken',
    problems: ['the ledger keeps 1 of the 2 hops of this chain'],
    chain: [{ token: { problem: 'its signature does not hold' } }],
  })
})

test('a call that was refused before it had a run, and one that is still open, are accounted for', async () => {
  const keys = new World().keys.ring
  const nobody = refusedCall(hop(1), {
    run: null,
    agent: null,
    human: null,
    cred_type: null,
    depth: 0,
    chain: [],
    parent_rid: null,
    prh: null,
    delivery: null,
  })
  expect(await accountOf(nobody, null, keys)).toMatchObject({
    decision: 'deny',
    person: null,
    login: null,
    signatures: 'none',
  })
  const open = intent(hop(2), { run: run(1), depth: 1 })
  const trace = { ...nothing, runs: [runEntry(run(1), 'opened')], intents: [open] }
  expect(await accountOf(open, trace, keys)).toMatchObject({
    decision: 'open',
    run: run(1),
    chain: [{ decision: 'open' }],
  })
})

test('a bundle holds the keys that sign tokens and the revocations that name somebody of the run', () => {
  const keys = new World().keys.ring
  const named = revocationEntry({ what: 'agent', name: call(hop(1)).target })
  const trace = {
    ...nothing,
    calls: [call(hop(1))],
    revocations: [named, revocationEntry({ name: 'user:nobody-here' })],
  }
  const chain = runChainOf(run(1), trace, keys, noon)
  expect(chain.revocations).toEqual([named])
  expect(chain.keys).toMatchObject([{ kid: keys.signer('token').kid, weir_use: 'token', retired_at: null }])
})

test('a ledger that is not there keeps nothing', async () => {
  const dir = join(mkdtempSync(join(tmpdir(), 'weir-trace-')), 'none')
  expect([await traceRun(dir, run(1)), await findHop(dir, hop(1))]).toEqual([null, null])
})

test('an authority is said in a line', () => {
  const targets = ['a', 'b', 'c', 'd', 'e', 'f']
  const args = { '/limit': { max: 100 } }
  const words = [
    authorityWords({ scopes: null, details: null }),
    authorityWords({ scopes: [], details: [] }),
    authorityWords({ scopes: ['read'], details: [{ type: 'agent_invoke', targets }] }),
    authorityWords({ scopes: null, details: [{ type: 'mcp_tool', server: 'crm', args }] }),
  ]
  expect(words).toEqual([
    'whatever policy allows',
    'no scope; nothing',
    'scope read; agent_invoke targets a, b, c, d, and 2 more',
    'mcp_tool server crm args {"/limit":{"max":100}}',
  ])
})
