/** Tokens for upstreams, from a real authorization server in a process of its own. */
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { cryptoDice } from '../../src/base/dice.ts'
import type { CredentialSettings } from '../../src/config/settings-identity.ts'
import { Secret } from '../../src/config/secret.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import { pairwiseWith } from '../../src/identity/outbound/pairwise.ts'
import { openOutbound, type UpstreamCredential } from '../../src/identity/outbound/outbound.ts'
import type { SignJwt } from '../../src/identity/tokens/token-signer.ts'
import { type AuthServer, startAuthServer } from '../support/auth-server.ts'
import { eventually } from '../kit/edge.ts'
import { agentId } from '../support/hop.ts'

const target = agentId('agent:partner')
const made = await generateKeyPair('ES256')
const jwks: JSONWebKeySet = { keys: [{ ...(await exportJWK(made.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }
const sign: SignJwt = async (typ, claims) =>
  await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ, kid: 'k1' }).sign(made.privateKey)
let server: AuthServer
const open: AuthServer[] = []

beforeAll(async () => {
  server = await startAuthServer(jwks)
})
afterAll(() => server.stop())
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

function rowOf(change: Partial<CredentialSettings>, from = server): CredentialSettings {
  return {
    mode: 'client_credentials',
    token_endpoint: from.endpoint,
    issuer: from.issuer,
    client_id: 'weir',
    client_secret: new Secret('as-secret-canary'),
    audience: null,
    scope: 'a2a',
    disclosure: 'actor_only',
    person: 'pairwise',
    authorization_details: null,
    ahead: 2,
    cert: null,
    key: null,
    ca: null,
    ...change,
  }
}

/** Answers with the `Authorization` header of each call, or the Denial. */
function outboundOf(row: CredentialSettings): (delivery?: string) => Promise<string | Denial> {
  const settings = { agents: new Map([[target, { credential: row }]]), partners: [], pools: 100 }
  const outbound = openOutbound(settings, {
    sign,
    clock: systemClock,
    dice: cryptoDice(),
    pairwise: pairwiseWith(Buffer.alloc(32)),
  })
  return async (delivery = deliveryOf('tomas')) => {
    const shown: UpstreamCredential | Denial = await outbound.credentialFor(target, delivery)
    return isDenial(shown) ? shown : (shown.headers[0]?.[1] ?? 'none')
  }
}

/** The claims of a delivery as the gateway writes them; here nobody checks its signature. */
function deliveryOf(person: string, callers = ['orchestrator', 'research'], run = 'run_1'): string {
  const act = callers.reduce<object | undefined>(
    (inner, sub) => ({ sub: `agent:${sub}`, ...(inner && { act: inner }) }),
    undefined,
  )
  const exp = Math.floor(Date.now() / 1000) + 600
  const dlg = { v: 1, depth: callers.length, root: 'R', head: `head of ${run}`, chain: [...callers, 'partner'] }
  const claims = {
    iss: 'http://weir.test',
    aud: 'agent:partner',
    sub: `user:${person}`,
    exp,
    txn: run,
    act,
    dlg,
    may_act: {},
  }
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`
}

describe('client credentials', () => {
  test.each([
    ['a secret', { client_id: 'weir' }],
    ['a signed assertion', { client_id: 'weir-jwt', client_secret: null }],
  ])('with %s the token is fetched once for calls that come together, and then kept', async (_how, change) => {
    const before = server.messages.length
    const ask = outboundOf(rowOf(change))
    const all = await Promise.all([ask(), ask(), ask()])
    expect(all[0]).toMatch(/^Bearer [\w-]{20,}$/)
    expect(new Set([...all, await ask()]).size).toBe(1)
    await eventually(() => server.messages.length > before)
    expect(server.messages.slice(before)).toEqual([{ kind: 'issued', client: change.client_id }])
  })

  test('a wrong secret is told to operators by endpoint and error code, never by secret', async () => {
    const answer = await outboundOf(rowOf({ client_secret: new Secret('wrong-canary') }))()
    expect(answer).toMatchObject({ code: 'upstream_unavailable' })
    expect(JSON.stringify(answer)).toContain(`${server.endpoint} answered 401 invalid_client`)
    expect(JSON.stringify(answer)).not.toContain('canary')
  })

  test('an endpoint that is not there is not asked again at once', async () => {
    const ask = outboundOf(rowOf({ token_endpoint: 'http://127.0.0.1:1/token' }))
    expect(await ask()).toMatchObject({ code: 'upstream_unavailable' })
    const again = await ask()
    expect(isDenial(again) && again.retryAfter_ms !== null && again.retryAfter_ms <= 1000).toBe(true)
  })

  test('a token is replaced before it ends, and calls go on with the old one meanwhile', async () => {
    const short = await startAuthServer(jwks, 4)
    open.push(short)
    const ask = outboundOf(rowOf({}, short))
    const seen = new Set<string | Denial>()
    for (const end = Date.now() + 20_000; seen.size < 3 && Date.now() < end;) {
      seen.add(await ask())
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(seen.size).toBe(3)
    expect([...seen].some(isDenial)).toBe(false)
  })
})

describe('exchange', () => {
  test('the server gets a token signed for it alone, with the person, the last actor and the head of the chain', async () => {
    const before = server.messages.length
    const delivery = deliveryOf('tomas')
    expect(await outboundOf(rowOf({ mode: 'exchange', ahead: 1, audience: 'https://partner.test' }))(delivery)).toMatch(
      /^Bearer exchanged-\d+$/,
    )
    await eventually(() => server.messages.length > before)
    const [told] = server.messages.slice(before)
    expect(told).toMatchObject({ kind: 'exchanged', audience: 'https://partner.test' })
    expect(told?.claims).toMatchObject({ sub: 'user:tomas', aud: server.issuer, act: { sub: 'agent:research' } })
    expect(told?.claims?.['dlg']).toEqual({ v: 1, depth: 2, head: 'head of run_1', chain: ['research', 'partner'] })
    expect(told?.claims).not.toHaveProperty('may_act')
    expect(JSON.stringify(told)).not.toContain('orchestrator')
    expect(told?.subject_token).not.toBe(delivery)
  })

  test('tokens are shared by calls of one person and chain, kept ready as many as asked for, and by nobody else', async () => {
    const ask = outboundOf(rowOf({ mode: 'exchange', ahead: 2 }))
    const mine = new Set<string | Denial>()
    for (const end = Date.now() + 20_000; mine.size < 2 && Date.now() < end;) {
      mine.add(await ask(deliveryOf('tomas')))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    for (let n = 0; n < 10; n += 1) mine.add(await ask(deliveryOf('tomas', ['orchestrator', 'research'], 'run_2')))
    expect(mine.size).toBe(2)
    expect(mine.has(await ask(deliveryOf('ana')))).toBe(false)
    expect(mine.has(await ask(deliveryOf('tomas', ['orchestrator', 'writer'])))).toBe(false)
  })

  test('what the server says of a failure beside its code is not repeated', async () => {
    const stranger = await startAuthServer({ keys: [] })
    open.push(stranger)
    const answer = await outboundOf(rowOf({ mode: 'exchange' }, stranger))()
    expect(JSON.stringify(answer)).toContain('answered 400 invalid_request')
    expect(JSON.stringify(answer)).not.toContain('canary')
  })
})
