/**
 * A genuine token in the wrong place is worth nothing: at another agent than it was minted for, in the role of another
 * kind of token, or beside a token of another run. All of these are signed by whoever really signs such tokens.
 */
import type { KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../src/domain/principal.ts'
import { type Denial, isDenial } from '../../src/domain/verdict.ts'
import {
  agent,
  apiKey,
  callFacts,
  codeOf,
  deliveryFacts,
  forge,
  gatewayUrl,
  headersOf,
  idp,
  person,
  privateKeyOf,
  rawOf,
  World,
} from '../support/identity-kit.ts'

const world = new World({ budget: { tokens_per_second: 10_000, burst: 10_000 } })
const orchestrator = agent('orchestrator')

function payload(raw: string): object {
  return JSON.parse(Buffer.from(raw.split('.')[1] ?? '', 'base64url').toString()) as object
}

/** What a call to this resource of the gateway is told. */
async function at(path: string, raw: string, txn?: string): Promise<Principal | Denial> {
  const presented = { method: 'POST', path, headers: headersOf(raw, txn), peer: '127.0.0.1', clientCert: null }
  return await world.identity.authenticate(presented, `${gatewayUrl}${path}`)
}

describe('threat 11: the audience of a call token', () => {
  const to = (path: string): Promise<string> =>
    rawOf(world.identity.mintCallToken(callFacts('orchestrator', { audience: `${gatewayUrl}${path}` })))

  test('is the one agent it was minted for: at another one it is no credential', async () => {
    const raw = await to('/a2a/research')
    expect(codeOf(await at('/a2a/research', raw))).toBe('ok')
    for (const path of ['/a2a/writer', '/a2a/research2', '/a2a/Research', '/a2a/research/', '/a2a', '/mcp', ''])
      expect([path, codeOf(await at(path, raw))]).toEqual([path, 'unauthenticated'])
  })

  test('holds for a token that nobody has seen before as for one that is remembered', async () => {
    const claims = payload(await to('/a2a/research'))
    const header = { alg: 'ES256', typ: 'at+jwt', kid: world.keys.kid }
    const raw = forge(privateKeyOf(world.keys), header, { ...claims, jti: 'unseen' })
    expect(codeOf(await at('/a2a/writer', raw))).toBe('unauthenticated')
    expect(codeOf(await at('/a2a/research', raw))).toBe('ok')
    expect(codeOf(await at('/a2a/writer', raw))).toBe('unauthenticated')
  })

  test('is the gateway only where the operator minted it, and never anything beside it', async () => {
    const own = await rawOf(world.identity.mintCallToken(callFacts('orchestrator')))
    expect(codeOf(await at('/a2a/research', own))).toBe('ok')
    for (const aud of ['https://other.example', `${gatewayUrl}0/a2a/research`, [gatewayUrl], `${gatewayUrl}/a2a/x y`]) {
      const header = { alg: 'ES256', typ: 'at+jwt', kid: world.keys.kid }
      const raw = forge(privateKeyOf(world.keys), header, { ...payload(own), aud })
      expect([aud, codeOf(await at('/a2a/research', raw))]).toEqual([aud, 'unauthenticated'])
    }
  })
})

describe('a call token and a Txn-Token together', () => {
  const two = deliveryFacts([agent('console'), orchestrator])
  const elsewhere = { ...two, run: { ...two.run, id: `run_${'0'.repeat(31)}2` as typeof two.run.id } }

  test('must be of one run; then the Txn-Token says where the agent stands', async () => {
    const [here, there] = [world.identity.mintDelivery(two), world.identity.mintDelivery(elsewhere)]
    if (isDenial(here) || isDenial(there)) throw new Error('deliveries are minted')
    const { delegation } = here
    const call = await rawOf(world.identity.mintCallToken(callFacts('orchestrator', { delegation })))
    expect(await at('/a2a/research', call)).toMatchObject({ delegation: { holder: orchestrator, run: delegation.run } })
    expect(await at('/a2a/research', call, await rawOf(here))).toMatchObject({ delegation })
    expect(codeOf(await at('/a2a/research', call, await rawOf(there)))).toBe('unauthenticated')
  })

  test('must be of one agent', async () => {
    const delivery = world.identity.mintDelivery(deliveryFacts([agent('console'), agent('research')]))
    const call = await rawOf(world.identity.mintCallToken(callFacts('orchestrator')))
    expect(codeOf(await at('/a2a/research', call, await rawOf(delivery)))).toBe('unauthenticated')
  })
})

/** A kind of token: how it looks, and who really signs it. */
interface Kind {
  readonly typ: string
  readonly claims: object
}

const kinds: Record<string, Kind> = {}
const names = ['call', 'delivery', 'ID token', 'logout token', 'ID-JAG', 'txn token']

beforeAll(async () => {
  await world.identity.warm()
  const times = { iat: world.now_s, exp: world.now_s + 120 }
  const facts = deliveryFacts([agent('console'), orchestrator])
  const delivery = await rawOf(world.identity.mintDelivery(facts))
  const call = await rawOf(world.identity.mintCallToken(callFacts('orchestrator', { person: person('tomas') })))
  const subject = { sub: 'user:tomas', jti: 'm', ...times }
  const agentClaims = { client_id: orchestrator, sub_profile: 'user' }
  Object.assign(kinds, {
    call: { typ: 'at+jwt', claims: payload(call) },
    delivery: { typ: 'delivery+jwt', claims: payload(delivery) },
    'ID token': { typ: 'JWT', claims: { aud: 'console-app', azp: 'console-app', nonce: 'n', ...subject } },
    'logout token': {
      typ: 'logout+jwt',
      claims: {
        aud: gatewayUrl,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...subject,
        sub: 'workload-7',
      },
    },
    'ID-JAG': { typ: 'oauth-id-jag+jwt', claims: { aud: gatewayUrl, ...agentClaims, ...subject, sub: 'workload-7' } },
    'txn token': {
      typ: 'txntoken+jwt',
      claims: { aud: gatewayUrl, txn: facts.run.id, req_wl: orchestrator, scope: 'agent:invoke', ...subject },
    },
  })
})

describe.each(names)('threat 12: the claims of the kind %s', (claimed) => {
  test.each(names)('under the type of the kind %s', async (typed) => {
    const { claims } = kinds[claimed] ?? { claims: {} }
    const { typ } = kinds[typed] ?? { typ: '' }
    const sign = (key: KeyObject, kid: string, iss: string): string =>
      forge(key, { alg: 'ES256', typ, kid }, { ...claims, iss, cell: `${claimed}/${typed}` })
    const ours = sign(privateKeyOf(world.keys), world.keys.kid, gatewayUrl)
    const theirs = sign(world.idpKey.privateKey, 'idp-1', idp)
    const path = '/a2a/research'
    const seen = {
      'our credential': codeOf(await at(path, ours)),
      'their credential': codeOf(await at(path, theirs)),
      'our Txn-Token': codeOf(await at(path, apiKey, ours)),
      'their Txn-Token': codeOf(await at(path, apiKey, theirs)),
    }
    expect(seen).toEqual({
      'our credential': claimed === 'call' && typed === 'call' ? 'ok' : 'unauthenticated',
      // What an issuer signs about a workload of its own counts as a JWT or an access token, and as nothing else.
      'their credential': workloads.has(claimed) && plain.has(typed) ? 'ok' : 'unauthenticated',
      'our Txn-Token': claimed === 'delivery' && typed === 'delivery' ? 'ok' : 'unauthenticated',
      'their Txn-Token': 'unauthenticated',
    })
  })
})

const workloads = new Set(['logout token', 'ID-JAG'])
const plain = new Set(['call', 'ID token'])
