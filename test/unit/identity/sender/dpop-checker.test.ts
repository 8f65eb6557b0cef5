import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type DpopParts, openDpopChecker } from '../../../../src/identity/sender/dpop-checker.ts'
import type { DpopProof, DpopRefusal, DpopRequest } from '../../../../src/identity/sender/dpop.ts'
import type { Nonces } from '../../../../src/identity/sender/nonces.ts'
import { PeerBudget } from '../../../../src/identity/peer-budget.ts'
import { openProver } from '../../../../src/identity/proofs/prover.ts'
import { localSingleUse } from '../../../../src/identity/sender/single-use.ts'
import { openProofRunner } from '../../../../src/identity/proofs/verify-batch.ts'
import { ManualClock } from '../../../../src/base/clock.ts'
import { countingDice } from '../../../../src/base/dice.ts'
import { algs, type Holder, holder, prove } from '../../../support/dpop-kit.ts'

const url = 'https://gw.example/a2a/research'
const alice = await holder()
const mallory = await holder()

interface Checked {
  readonly clock: ManualClock
  readonly tasks: { count: number }
  readonly nonces: Nonces
  check(proof: string, change?: Partial<DpopRequest>): Promise<DpopProof | DpopRefusal>
}

/** A checker two minutes after its start, when proofs need no nonce any more, unless a test says otherwise. */
function checker(change: Partial<DpopParts> = {}, age_ms = 120_000): Checked {
  const clock = new ManualClock()
  const singleUse = localSingleUse(30, { clock, dice: countingDice() })
  clock.advance(age_ms)
  const run = openProofRunner(null)
  const tasks = { count: 0 }
  const prover = openProver(
    async (batch) => {
      tasks.count += batch.length
      return await run(batch)
    },
    { queue_max: 64 },
  )
  const budget = new PeerBudget({ tokens_per_second: 1000, burst: 1000 }, clock)
  const settings = { window_s: 30, nonce: 'after_start' } as const
  const { checkDpop } = openDpopChecker({ settings, singleUse, prover, budget, clock, ...change })
  const request = { method: 'POST', url, accessToken: null, peer: '10.0.0.1' }
  return {
    clock,
    tasks,
    nonces: singleUse.nonces,
    check: (proof, more = {}) => checkDpop({ ...request, proof, ...more }),
  }
}

const good = (by: Holder, { clock }: Checked, claims: object = {}, header: object = {}): string =>
  prove(by, { htu: url, at: clock.now() }, claims, header)

test.each(algs)('a proof signed with %s says whose key it is', async (alg) => {
  const world = checker()
  const by = await holder(alg)
  const proof = good(by, world)
  expect(await world.check(proof)).toEqual({
    kind: 'dpop_proof',
    jkt: by.jkt,
    evidence: hash('sha256', proof, 'base64url'),
  })
})

const wrong: Readonly<Record<string, readonly [claims: object, header?: object]>> = {
  'a typ of a token': [{}, { typ: 'at+jwt' }],
  'no typ': [{}, { typ: undefined }],
  'alg none': [{}, { alg: 'none' }],
  'an HMAC': [{}, { alg: 'HS256' }],
  'an alg the key does not fit': [{}, { alg: 'ES384' }],
  'no key': [{}, { jwk: undefined }],
  'a key that is a text': [{}, { jwk: 'key' }],
  'a private key': [{}, { jwk: alice.privateJwk }],
  'a shared key': [{}, { jwk: { ...alice.jwk, k: 'AAAA' } }],
  'a key of a curve that does not exist': [{}, { jwk: { ...alice.jwk, crv: 'P-257' } }],
  'a key that is no point': [{}, { jwk: { ...alice.jwk, x: alice.jwk.y } }],
  'a key of another': [{}, { jwk: mallory.jwk }],
  'a jku beside the key': [{}, { jku: 'https://evil.example/keys' }],
  'an x5c beside the key': [{}, { x5c: ['AAAA'] }],
  'a crit': [{}, { crit: ['exp'] }],
  'another method': [{ htm: 'GET' }],
  'a method in lower case': [{ htm: 'post' }],
  'another path': [{ htu: 'https://gw.example/a2a/writer' }],
  'another host': [{ htu: 'https://evil.example/a2a/research' }],
  'another port': [{ htu: 'https://gw.example:8443/a2a/research' }],
  'another scheme': [{ htu: 'http://gw.example/a2a/research' }],
  'a user in the URL': [{ htu: 'https://gw.example@gw.example/a2a/research' }],
  'a backslash in the URL': [{ htu: 'https://gw.example\\a2a/research' }],
  'no URL': [{ htu: undefined }],
  'a URL that is none': [{ htu: 'research' }],
  'no jti': [{ jti: undefined }],
  'a jti of a thousand characters': [{ jti: 'j'.repeat(1000) }],
  'no iat': [{ iat: undefined }],
  'an iat that is a text': [{ iat: '1800000120' }],
}

test.each(Object.entries(wrong))('%s is no proof', async (_what, [claims, header = {}]) => {
  const world = checker()
  const proof = good(alice, world, claims, header)
  expect(await world.check(proof)).toMatchObject({ kind: 'dpop_refusal', error: 'invalid_dpop_proof', nonce: null })
})

test('a large RSA key and a long exponent are refused before they cost anything', async () => {
  const world = checker()
  const rsa = await holder('RS256')
  for (const jwk of [
    { ...rsa.jwk, n: 'A'.repeat(1366) },
    { ...rsa.jwk, e: rsa.jwk.n },
  ])
    expect(await world.check(good(rsa, world, {}, { jwk }))).toMatchObject({ error: 'invalid_dpop_proof' })
  expect(world.tasks.count).toBe(0)
})

test.each([
  'https://gw.example/a2a/research?task=1',
  'https://gw.example/a2a/research#there',
  'HTTPS://GW.Example:443/a2a/research',
])('%s names the same resource', async (htu) => {
  const world = checker()
  expect(await world.check(good(alice, world, { htu }))).toMatchObject({ kind: 'dpop_proof' })
})

test.each([
  [-31, false],
  [-30, true],
  [0, true],
  [30, true],
  [31, false],
])('a proof dated %i s from now is accepted: %s', async (by_s, accepted) => {
  const world = checker()
  const proof = good(alice, world, { iat: world.clock.now() / 1000 + by_s })
  expect(await world.check(proof)).toMatchObject({ kind: accepted ? 'dpop_proof' : 'dpop_refusal' })
})

test('a proof beside an access token must name that token', async () => {
  const world = checker()
  const shown = { htu: url, at: world.clock.now() }
  const accessToken = 'token-1'
  expect(await world.check(prove(alice, { ...shown, token: 'token-1' }), { accessToken })).toMatchObject({
    jkt: alice.jkt,
  })
  const refused = { error: 'invalid_dpop_proof', detail: 'ath is another token' }
  expect(await world.check(prove(alice, { ...shown, token: 'token-2' }), { accessToken })).toMatchObject(refused)
  expect(await world.check(prove(alice, shown), { accessToken })).toMatchObject(refused)
})

test('a proof is good once, for as long as it could be shown', async () => {
  const world = checker()
  const proof = good(alice, world, { iat: world.clock.now() / 1000 + 30 })
  expect(await world.check(proof)).toMatchObject({ kind: 'dpop_proof' })
  for (let at = 0; at < 60; at += 1) {
    expect(await world.check(proof)).toMatchObject({ detail: 'the proof was used before' })
    world.clock.advance(1000)
  }
  world.clock.advance(1000)
  expect(await world.check(proof)).toMatchObject({ detail: 'iat is not within 30 s' })
})

test('nobody can use up the jti of another: each key has its own, and a forged proof uses none', async () => {
  const world = checker()
  const [header, claims] = good(alice, world, { jti: 'j1' }).split('.')
  const forged = `${header}.${claims}.${good(alice, world).split('.')[2]}`
  expect(await world.check(forged)).toMatchObject({ detail: 'the signature of the proof does not hold' })
  expect(await world.check(good(mallory, world, { jti: 'j1' }))).toMatchObject({ jkt: mallory.jkt })
  expect(await world.check(good(alice, world, { jti: 'j1' }))).toMatchObject({ jkt: alice.jkt })
})

test('a proof of another key than the token is bound to is refused before its signature is looked at', async () => {
  const world = checker()
  const refused = await world.check(good(mallory, world), { jkt: alice.jkt })
  expect(refused).toMatchObject({ error: 'invalid_dpop_proof', detail: 'the proof is of another key than the token' })
  expect(world.tasks.count).toBe(0)
})

test('after a start proofs must carry a nonce of ours, and then no more', async () => {
  const world = checker({}, 0)
  const asked = await world.check(good(alice, world))
  expect(asked).toMatchObject({ error: 'use_dpop_nonce', nonce: world.nonces.fresh() })
  const nonce = 'nonce' in asked ? asked.nonce : null
  expect(await world.check(good(alice, world, { nonce }))).toMatchObject({ kind: 'dpop_proof' })
  expect(await world.check(good(alice, world, { nonce: 'of another start' }))).toMatchObject({
    error: 'use_dpop_nonce',
  })
  world.clock.advance(60_000)
  expect(await world.check(good(alice, world))).toMatchObject({ error: 'use_dpop_nonce' })
  world.clock.advance(1)
  expect(await world.check(good(alice, world))).toMatchObject({ kind: 'dpop_proof' })
})

test('where nonces are always asked for, one serves until its time is over', async () => {
  const world = checker({ settings: { window_s: 30, nonce: 'always' } })
  const asked = await world.check(good(alice, world))
  const nonce = 'nonce' in asked ? asked.nonce : null
  expect(await world.check(good(alice, world, { nonce }))).toMatchObject({ kind: 'dpop_proof' })
  expect(await world.check(good(alice, world, { nonce }))).toMatchObject({ kind: 'dpop_proof' })
  world.clock.advance(120_000)
  expect(await world.check(good(alice, world, { nonce }))).toMatchObject({ error: 'use_dpop_nonce' })
})

test('a reload that widens the window does not widen it beyond what the table remembers', async () => {
  const world = checker({ settings: { window_s: 300, nonce: 'after_start' } })
  const proof = good(alice, world, { iat: world.clock.now() / 1000 - 31 })
  expect(await world.check(proof)).toMatchObject({ detail: 'iat is not within 30 s' })
})

test('unknown keys and bad signatures cost their peer; a key that is known from there does not', async () => {
  const clock = new ManualClock()
  const budget = new PeerBudget({ tokens_per_second: 1, burst: 2 }, clock)
  const world = checker({ budget })
  for (let n = 0; n < 20; n += 1) expect(await world.check(good(alice, world))).toMatchObject({ kind: 'dpop_proof' })
  expect(await world.check(good(mallory, world))).toMatchObject({ kind: 'dpop_proof' })
  const before = world.tasks.count
  const stranger = await holder()
  expect(await world.check(good(stranger, world))).toMatchObject({ error: 'busy' })
  expect(world.tasks.count).toBe(before)
  expect(await world.check(good(stranger, world), { peer: '10.0.0.2' })).toMatchObject({ kind: 'dpop_proof' })
  const [header, claims] = good(alice, world).split('.')
  const forged = `${header}.${claims}.${good(alice, world).split('.')[2]}`
  expect(await world.check(forged)).toMatchObject({ error: 'invalid_dpop_proof' })
  expect(await world.check(forged)).toMatchObject({ error: 'busy' })
})

test('when the proof pool is gone or the table full, the answer is busy and no proof is accepted', async () => {
  const clock = new ManualClock()
  const broken = openProver(() => Promise.reject(new Error('gone')), { queue_max: 8 })
  const without = checker({ prover: broken })
  expect(await without.check(good(alice, without))).toMatchObject({ error: 'busy' })
  const singleUse = { ...localSingleUse(30, { clock, dice: countingDice() }), proofs: { once: () => 'full' as const } }
  clock.advance(120_000)
  const full = checker({ singleUse })
  expect(await full.check(good(alice, full))).toMatchObject({ error: 'busy' })
})
