/**
 * A stolen token is worth nothing to the thief: what is bound to a key must be shown with that key, each proof is good for one
 * request to one place once, and a restart opens no window.
 */
import { hash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import type { Presented } from '../../src/identity/authenticator.ts'
import { openProofPool, type ProofPool } from '../../src/threads/pool.ts'
import { type Holder, holder, prove } from '../support/dpop-kit.ts'
import { agent, apiKey, codeOf, forge, gatewayUrl, ownKeys, privateKeyOf, World } from '../support/identity-kit.ts'

const keys = ownKeys()
const alice = await holder()
const thief = await holder()
const certOfAlice = Buffer.from('DER of a certificate of alice')
const certOfThief = Buffer.from('DER of a certificate of the thief')
const x5t = hash('sha256', certOfAlice, 'base64url')
const path = '/a2a/orchestrator'
const url = `${gatewayUrl}${path}`
let pool: ProofPool

beforeAll(() => {
  pool = openProofPool({ keySlot: keys.ring.slot })
})

afterAll(async () => {
  await pool.close()
})

/** A gateway two minutes after its start. */
function world(age_ms = 120_000): World {
  const made = new World({ keys: keys.ring, runProofs: pool.runProofs })
  made.clock.advance(age_ms)
  return made
}

/** A call token of ours with this `cnf`. */
function callToken({ now_s }: World, cnf: object | undefined): string {
  const who = { client_id: agent('research'), sub: agent('research'), sub_profile: 'service', jti: 'call-1' }
  const claims = { iss: gatewayUrl, aud: gatewayUrl, ...who, iat: now_s, exp: now_s + 120, cnf }
  return forge(privateKeyOf(keys), { alg: 'ES256', typ: 'at+jwt', kid: keys.kid }, claims)
}

interface Showing {
  readonly scheme?: string
  readonly proof?: string
  readonly cert?: Buffer
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function show(at: World, token: string, how: Showing = {}): Promise<Principal | Denial> {
  const { scheme = 'DPoP', proof, cert = null, method = 'POST', headers = {} } = how
  const fields = { ...headers, authorization: `${scheme} ${token}`, ...(proof === undefined ? {} : { dpop: proof }) }
  const presented: Presented = {
    method,
    path,
    headers: new Map(Object.entries(fields)),
    peer: '10.0.0.1',
    clientCert: cert,
  }
  return await at.identity.authenticate(presented, url)
}

function proofFor(at: World, token: string, by: Holder = alice, claims: object = {}): string {
  return prove(by, { htu: url, at: at.clock.now(), token }, claims)
}

const refused = (detail: string): object => ({ code: 'unauthenticated', detail })

describe('a token bound to a DPoP key', () => {
  test('is good with a proof of that key, also when it comes from the memory of known tokens', async () => {
    const at = world()
    const token = callToken(at, { jkt: alice.jkt })
    for (let n = 0; n < 3; n += 1)
      expect(await show(at, token, { proof: proofFor(at, token) })).toMatchObject({
        proof: { agent: agent('research'), boundTo: { kind: 'dpop', thumbprint: alice.jkt } },
      })
  })

  test('threat 5: is worth nothing to a thief, whatever comes with it', async () => {
    const at = world()
    const token = callToken(at, { jkt: alice.jkt })
    const other = callToken(at, { jkt: thief.jkt })
    expect(codeOf(await show(at, token, { proof: proofFor(at, token) }))).toBe('ok')
    const attempts: Readonly<Record<string, Showing>> = {
      'as a plain bearer': { scheme: 'Bearer' },
      'as a bearer with a genuine proof beside it': { scheme: 'Bearer', proof: proofFor(at, token) },
      'without a proof': {},
      'with a proof of another key': { proof: proofFor(at, token, thief) },
      'with a proof of another key that says it is ours': {
        proof: prove(thief, { htu: url, at: at.clock.now(), token }, {}, { jwk: alice.jwk }),
      },
      'with a proof for another token': { proof: proofFor(at, other) },
      'with a proof for no token': { proof: prove(alice, { htu: url, at: at.clock.now() }) },
      'with two proofs in one header': { proof: `${proofFor(at, token)}, ${proofFor(at, token)}` },
      'with the token as its own proof': { proof: token },
      'with a certificate instead': { scheme: 'Bearer', cert: certOfThief },
    }
    for (const [how, showing] of Object.entries(attempts)) {
      expect([how, codeOf(await show(at, token, showing))]).toEqual([how, 'unauthenticated'])
    }
  })

  test('threat 6: 100 identical requests at once: exactly one gets in', async () => {
    const at = world()
    const token = callToken(at, { jkt: alice.jkt })
    const proof = proofFor(at, token)
    const outcomes = await Promise.all(Array.from({ length: 100 }, async () => await show(at, token, { proof })))
    expect(outcomes.filter((outcome) => codeOf(outcome) === 'ok')).toHaveLength(1)
    // The rest was used before, or found the queue of proofs full.
    expect(outcomes.map(codeOf).filter((code) => !['ok', 'unauthenticated', 'busy'].includes(code))).toEqual([])
  })

  test('threat 6: after a restart no proof from before it gets in, with or without a nonce', async () => {
    const before = world(0)
    const token = callToken(before, { jkt: alice.jkt })
    const asked = await show(before, token, { proof: proofFor(before, token) })
    const nonce = isDenial(asked) ? asked.challenge?.nonce : null
    expect(nonce).toMatch(/^[\w-]{43}$/)
    const used = proofFor(before, token, alice, { nonce, iat: before.now_s + 30 })
    expect(codeOf(await show(before, token, { proof: used }))).toBe('ok')
    const unused = proofFor(before, token, alice, { iat: before.now_s + 30 })
    // The same keys and the same state directory, but a process that knows nothing of what was used.
    const after = new World({
      keys: keys.ring,
      runProofs: pool.runProofs,
      dice: { hex: (bytes) => 'f'.repeat(bytes * 2) },
    })
    for (let second = 0; second <= 61; second += 1) {
      for (const proof of [used, unused]) expect(codeOf(await show(after, token, { proof }))).not.toBe('ok')
      after.clock.advance(1000)
    }
    const renewed = await show(new World({ keys: keys.ring }), token, { proof: proofFor(before, token) })
    const fresh = isDenial(renewed) ? renewed.challenge : undefined
    expect(fresh).toMatchObject({ scheme: 'DPoP', error: 'use_dpop_nonce' })
  })

  test('threat 7: a proof for another place or method does not fit, whatever Host and its friends say', async () => {
    const at = world()
    const token = callToken(at, { jkt: alice.jkt })
    const evil = 'https://evil.example'
    const forwarded = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
      'x-original-url': '/a2a/writer',
    }
    const made = (htu: string, htm = 'POST'): string => prove(alice, { htu, htm, at: at.clock.now(), token })
    for (const proof of [made(`${evil}${path}`), made(`${gatewayUrl}/a2a/writer`), made(url, 'GET')])
      for (const headers of [{}, forwarded])
        expect(await show(at, token, { proof, headers })).toMatchObject({ code: 'unauthenticated' })
    expect(codeOf(await show(at, token, { proof: made(url), headers: forwarded }))).toBe('ok')
    expect(await show(at, token, { proof: made(url), method: 'GET' })).toMatchObject(refused('htm is another method'))
  })

  test('the answer says how to come back', async () => {
    const at = world()
    const token = callToken(at, { jkt: alice.jkt })
    const resource_metadata = `${gatewayUrl}/.well-known/oauth-protected-resource/a2a/orchestrator`
    expect(await show(at, token, { scheme: 'Bearer' })).toMatchObject({
      challenge: { scheme: 'DPoP', error: 'invalid_token', resource_metadata },
    })
    expect(await show(at, token)).toMatchObject({
      challenge: { scheme: 'DPoP', error: 'invalid_dpop_proof', nonce: null, resource_metadata },
    })
    expect(await show(at, 'a.b.c', { scheme: 'Bearer' })).toMatchObject({
      challenge: { scheme: 'Bearer', error: 'invalid_token', resource_metadata },
    })
  })
})

describe('threat 5: a token bound to a certificate', () => {
  test('is good over a connection of that certificate and over no other', async () => {
    const at = world()
    const token = callToken(at, { 'x5t#S256': x5t })
    expect(await show(at, token, { scheme: 'Bearer', cert: certOfAlice })).toMatchObject({
      proof: { boundTo: { kind: 'mtls', thumbprint: x5t } },
    })
    const refusal = refused('the token is bound to a certificate that this connection did not show')
    expect(await show(at, token, { scheme: 'Bearer', cert: certOfThief })).toMatchObject(refusal)
    expect(await show(at, token, { scheme: 'Bearer' })).toMatchObject(refusal)
    expect(await show(at, token, { cert: certOfAlice, proof: proofFor(at, token) })).toMatchObject(refusal)
    const headers = {
      'x-forwarded-client-cert': certOfAlice.toString('base64'),
      'x-ssl-client-cert': certOfAlice.toString(),
    }
    expect(await show(at, token, { scheme: 'Bearer', headers })).toMatchObject(refusal)
  })
})

describe('what is bound to no key', () => {
  test('does not become bound by the scheme it is shown with', async () => {
    const at = world()
    const token = callToken(at, undefined)
    expect(codeOf(await show(at, token, { scheme: 'Bearer' }))).toBe('ok')
    expect(codeOf(await show(at, token, { proof: proofFor(at, token) }))).toBe('unauthenticated')
    expect(codeOf(await show(at, apiKey, { proof: proofFor(at, apiKey) }))).toBe('unauthenticated')
  })

  test.each([{}, { jwk: thief.jwk }, { jkt: alice.jkt, 'x5t#S256': x5t }, { jkt: 'short' }, 'text', null])(
    'a token with a cnf that cannot be checked (%j) does not pass for a bearer',
    async (cnf) => {
      const at = world()
      expect(codeOf(await show(at, callToken(at, cnf as object), { scheme: 'Bearer' }))).toBe('unauthenticated')
      const foreign = at.idpToken({ cnf })
      expect(codeOf(await show(at, foreign, { scheme: 'Bearer' }))).toBe('unauthenticated')
    },
  )
})
