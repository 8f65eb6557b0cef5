/** Every forged token of the corpus against the real proof pool: what is not exactly right is `unauthenticated`. */
import { createHmac, createPublicKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isDenial } from '../../src/domain/verdict.ts'
import { openProofPool, type ProofPool } from '../../src/threads/pool.ts'
import {
  agent,
  apiKey,
  codeOf,
  deliveryFacts,
  encode,
  forge,
  gatewayUrl,
  idp,
  issuerKey,
  ownKeys,
  partner,
  privateKeyOf,
  rawOf,
  World,
} from '../support/identity-kit.ts'

const keys = ownKeys()
let pool: ProofPool
let world: World

beforeAll(async () => {
  pool = openProofPool({ keySlot: keys.ring.slot })
  world = new World({ runProofs: pool.runProofs, keys: keys.ring, budget: { tokens_per_second: 1000, burst: 1000 } })
  await world.identity.warm()
})

afterAll(async () => {
  await pool.close()
})

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function hmacWithPublicKey(): string {
  const pem = createPublicKey(world.idpKey.privateKey).export({ type: 'spki', format: 'pem' })
  const input = `${encode(world.idpHeader({ alg: 'HS256' }))}.${encode(world.idpClaims())}`
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`
}

/** The same signature bytes in another spelling: the two lowest bits of the last character say nothing. */
function strayBits(raw: string): string {
  const last = alphabet.indexOf(raw.at(-1) ?? 'A')
  return raw.slice(0, -1) + (alphabet[last ^ 1] ?? '')
}

/** The claims as text with one more member before the closing brace. */
const withMember = (member: string): string => `${JSON.stringify(world.idpClaims()).slice(0, -1)},${member}}`
const signed = (header: unknown, claims: unknown): string => forge(world.idpKey.privateKey, header, claims)
const without = (name: string, from: object): object =>
  Object.fromEntries(Object.entries(from).filter(([member]) => member !== name))

const headers: Record<string, () => object> = {
  'alg none': () => ({ alg: 'none' }),
  'an alg the issuer is not pinned to': () => ({ alg: 'ES384' }),
  'an unknown kid': () => ({ kid: 'idp-2' }),
  'a kid that is a path': () => ({ kid: '../../dev/null' }),
  'a kid that is a query': () => ({ kid: "' OR 1=1 --" }),
  'a kid of 3 KB': () => ({ kid: 'k'.repeat(3000) }),
  'a kid of another issuer': () => ({ kid: 'partner-1' }),
  'a kid that is a prototype member': () => ({ kid: '__proto__' }),
  'a jku': () => ({ jku: 'http://127.0.0.1:1/jwks' }),
  'an x5u': () => ({ x5u: 'http://127.0.0.1:1/cert' }),
  'an x5c': () => ({ x5c: ['AAAA'] }),
  'its own jwk': () => ({ jwk: world.idpKey.jwk }),
  'a crit': () => ({ crit: ['exp'] }),
  'a b64': () => ({ b64: true }),
  'a zip': () => ({ zip: 'DEF' }),
}

const claims: Record<string, () => object> = {
  'another audience': () => ({ aud: `${gatewayUrl}/mcp` }),
  'several audiences': () => ({ aud: [gatewayUrl, 'https://other.example'] }),
  'one audience in a list': () => ({ aud: [gatewayUrl] }),
  'another issuer': () => ({ iss: 'https://evil.example' }),
  'an issuer with a slash more': () => ({ iss: `${idp}/` }),
  'the issuer of a partner': () => ({ iss: partner }),
  'the gateway as issuer': () => ({ iss: gatewayUrl }),
  'exp as a text': () => ({ exp: '9999999999' }),
  'an endless exp': () => ({ exp: 1e308 }),
  'a lifetime over the maximum': () => ({ exp: world.now_s + 3601 }),
  'an exp before its iat': () => ({ exp: world.now_s - 10, iat: world.now_s }),
  'an iat ahead': () => ({ iat: world.now_s + 31, exp: world.now_s + 60 }),
  'an nbf ahead': () => ({ nbf: world.now_s + 31 }),
  'an agent nobody pinned': () => ({ sub: 'workload-77' }),
  'an agent in other case': () => ({ sub: 'Workload-7' }),
  'a prototype member as agent': () => ({ sub: 'constructor' }),
  'a person that is no name': () => ({ act_for: 'to mas' }),
  'a list of persons': () => ({ act_for: ['tomas'] }),
  'a jti that is a number': () => ({ jti: 1 }),
}

const texts: Record<string, () => string> = {
  'HS256 keyed with the public key': hmacWithPublicKey,
  'no signature': () => `${signed(world.idpHeader(), world.idpClaims()).split('.').slice(0, 2).join('.')}.`,
  'a stranger’s signature': () => forge(issuerKey('idp-1').privateKey, world.idpHeader(), world.idpClaims()),
  'the signature of other claims': () =>
    [...world.idpToken().split('.').slice(0, 2), world.idpToken({ jti: 'j2' }).split('.')[2]].join('.'),
  'a second sub': () => signed(world.idpHeader(), withMember('"sub":"workload-7"')),
  'a second sub in another spelling': () => signed(world.idpHeader(), withMember(String.raw`"s\u0075b":"workload-7"`)),
  'a __proto__ member': () => signed(world.idpHeader(), withMember('"__proto__":{"admin":true}')),
  'a second alg': () => signed('{"alg":"none","alg":"ES256","typ":"JWT","kid":"idp-1"}', world.idpClaims()),
  'claims that are a list': () => signed(world.idpHeader(), [world.idpClaims()]),
  'claims that are no JSON': () => signed(world.idpHeader(), 'claims'),
  'deep claims': () => signed(world.idpHeader(), withMember(`"x":${'['.repeat(40)}${']'.repeat(40)}`)),
  'stray bits in the signature': () => strayBits(world.idpToken()),
  padding: () => `${world.idpToken()}==`,
  'a trailing newline': () => `${world.idpToken()}\n`,
  'a fourth part': () => `${world.idpToken()}.AAAA`,
  'the other base64 alphabet': () => world.idpToken().replace(/\.[\w-]{4}/, '.ab+/'),
  'a megabyte of claims': () => signed(world.idpHeader(), { ...world.idpClaims(), x: 'x'.repeat(1_000_000) }),
  'a bad byte of UTF-8': () =>
    `${encode(world.idpHeader())}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.AAAA`,
}

test('the token that all forgeries start from is accepted', async () => {
  expect(codeOf(await world.authenticate(world.idpToken({ jti: 'good' })))).toBe('ok')
})

describe('threat 1: a header with', () => {
  test.each(Object.keys(headers))('%s is refused', async (what) => {
    expect(codeOf(await world.authenticate(world.idpToken({}, headers[what]?.())))).toBe('unauthenticated')
  })

  test.each(['alg', 'typ', 'kid'])('no %s is refused', async (name) => {
    const raw = signed(without(name, world.idpHeader()), world.idpClaims())
    expect(codeOf(await world.authenticate(raw))).toBe('unauthenticated')
  })
})

describe('threat 10: claims with', () => {
  test.each(Object.keys(claims))('%s are refused', async (what) => {
    expect(codeOf(await world.authenticate(world.idpToken(claims[what]?.())))).toBe('unauthenticated')
  })

  test.each(['iss', 'aud', 'sub', 'iat', 'exp', 'jti'])('no %s are refused', async (name) => {
    const raw = signed(world.idpHeader(), without(name, world.idpClaims()))
    expect(codeOf(await world.authenticate(raw))).toBe('unauthenticated')
  })
})

test.each(Object.keys(texts))('a token with %s is refused', async (what) => {
  expect(codeOf(await world.authenticate(texts[what]?.() ?? ''))).toBe('unauthenticated')
})

test('a token that verified but is past its time says so, and nothing else does', async () => {
  const raw = world.idpToken({ iat: world.now_s - 600, exp: world.now_s - 31 })
  expect(codeOf(await world.authenticate(raw))).toBe('token_expired')
})

test('the twin of an ECDSA signature (r, n - s) is the same token to us: one issuer, one jti', async () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const raw = world.idpToken({ jti: 'twin' })
  const [header = '', payload = '', signature = ''] = raw.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  const outcomes = [
    await world.authenticate(raw),
    await world.authenticate(`${header}.${payload}.${twin.toString('base64url')}`),
  ]
  const ids = outcomes.map((outcome) => isDenial(outcome) || `${outcome.proof.issuer} ${outcome.proof.credentialId}`)
  expect(ids).toEqual([`${idp} twin`, `${idp} twin`])
})

test('a partner’s key vouches for the partner’s agents only, never for another issuer', async () => {
  const claim = world.idpClaims({ iss: partner })
  const own = await world.authenticate(forge(world.partnerKey.privateKey, world.idpHeader({ kid: 'partner-1' }), claim))
  expect(isDenial(own) || own.proof.agent).toBe(agent('research'))
  for (const kid of ['idp-1', 'partner-1']) {
    const raw = forge(world.partnerKey.privateKey, world.idpHeader({ kid }), world.idpClaims())
    expect(codeOf(await world.authenticate(raw))).toBe('unauthenticated')
  }
})

test('each type of token is accepted in its own place and in no other', async () => {
  const own = privateKeyOf(keys)
  const times = { iat: world.now_s, exp: world.now_s + 60 }
  const call = { iss: gatewayUrl, aud: gatewayUrl, client_id: 'agent:orchestrator', jti: 'm', ...times }
  const service = { ...call, sub: 'agent:orchestrator', sub_profile: 'service' }
  const delivered = await rawOf(world.identity.mintDelivery(deliveryFacts([agent('planner'), agent('orchestrator')])))
  const delivery = JSON.parse(Buffer.from(delivered.split('.')[1] ?? '', 'base64url').toString()) as object
  for (const typ of ['at+jwt', 'delivery+jwt', 'JWT', 'logout+jwt', 'oauth-id-jag+jwt', 'txntoken+jwt', 'dpop+jwt']) {
    const header = { alg: 'ES256', typ, kid: keys.kid }
    const asCall = await world.authenticate(forge(own, header, service))
    const asDelivery = await world.authenticate(apiKey, forge(own, header, { ...delivery, nonce: typ }))
    const foreign = await world.authenticate(world.idpToken({}, { typ }))
    expect([typ, ...[asCall, asDelivery, foreign].map(codeOf)]).toEqual([
      typ,
      typ === 'at+jwt' ? 'ok' : 'unauthenticated',
      typ === 'delivery+jwt' ? 'ok' : 'unauthenticated',
      typ === 'at+jwt' || typ === 'JWT' ? 'ok' : 'unauthenticated',
    ])
  }
})

test('a call token of ours that lives longer than 300 s was not minted by us', async () => {
  const claim = { iss: gatewayUrl, aud: gatewayUrl, client_id: 'agent:research', sub: 'agent:research', jti: 'l' }
  const times = { iat: world.now_s, exp: world.now_s + 301, sub_profile: 'service' }
  const raw = forge(privateKeyOf(keys), { alg: 'ES256', typ: 'at+jwt', kid: keys.kid }, { ...claim, ...times })
  expect(codeOf(await world.authenticate(raw))).toBe('unauthenticated')
})

test('the whole corpus made us read the configured documents only, and each only once', () => {
  expect([...world.fetched].toSorted()).toEqual(['test:idp', 'test:partner'])
})

test('every refusal as unauthenticated carries the same words to the caller', async () => {
  const outcomes = await Promise.all(Object.values(texts).map(async (forged) => await world.authenticate(forged())))
  const seen = outcomes.map((outcome) => isDenial(outcome) && [outcome.code, outcome.rule, outcome.retryAfter_ms])
  expect(new Set(seen.map((each) => JSON.stringify(each)))).toEqual(new Set(['["unauthenticated",null,null]']))
})
