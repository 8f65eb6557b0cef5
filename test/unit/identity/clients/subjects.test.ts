import { describe, expect, test } from 'vitest'
import { isOAuthRefusal } from '../../../../src/protocol/oauth/refusal.ts'
import { agent, gatewayUrl, person, World } from '../../../support/identity-kit.ts'
import { jwtKey } from '../../../support/jwt-key.ts'
import { abroad, invoke, login, loginKey, Office, partner, people, resultOf } from '../../../support/office.ts'

describe('a token of a login', () => {
  test('is a new root for its person, in the hands of the client it was issued to', async () => {
    const office = new Office()
    expect(await office.subject(office.idToken())).toMatchObject({
      kind: 'person',
      holder: agent('orchestrator'),
      person: person('tomas'),
      issuer: login,
      tokenId: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      keyId: 'login',
      authority: { scopes: null, details: [invoke] },
      boundTo: null,
      delegation: null,
      ext: null,
      login: { auth_time: office.now_s - 60, acr: 'aal2', amr: ['hwk', 'user'] },
      singleUse: false,
    })
  })

  test.each<[string, object, string]>([
    ['one audience in a list', { aud: ['portal'] }, 'person agent:orchestrator user:tomas'],
    [
      'several audiences, issued to one of them',
      { aud: ['portal', 'desk'], azp: 'desk' },
      'person agent:research user:tomas',
    ],
    ['an azp that is its audience', { azp: 'portal' }, 'person agent:orchestrator user:tomas'],
    ['several audiences and no azp', { aud: ['portal', 'desk'] }, 'invalid_request'],
    ['an azp that is no audience of it', { azp: 'desk' }, 'invalid_request'],
    ['an audience that is no client of ours', { aud: 'elsewhere' }, 'invalid_request'],
    ['an azp that is no client of ours', { aud: ['portal', 'elsewhere'], azp: 'elsewhere' }, 'invalid_request'],
    ['no audience', { aud: undefined }, 'invalid_request'],
    ['an empty list of audiences', { aud: [] }, 'invalid_request'],
    ['the member of a prototype as client', { aud: 'constructor' }, 'invalid_request'],
    ['no person', { preferred_username: undefined }, 'invalid_request'],
    ['a person that is no name', { preferred_username: 'to mas' }, 'invalid_request'],
    ['a person with a prefix of ours', { preferred_username: 'user:tomas' }, 'invalid_request'],
    ['a person that looks like one of a partner', { preferred_username: 'tomas@abroad.example' }, 'invalid_request'],
    ['a list of persons', { preferred_username: ['tomas'] }, 'invalid_request'],
    ['the claim of a logout token', { events: {} }, 'invalid_request'],
    ['a key it is bound to in a way we cannot check', { cnf: { kid: 'k' } }, 'invalid_request'],
    ['an issuer that is none of ours', { iss: abroad }, 'invalid_request'],
    ['an issuer of workloads', { iss: 'https://idp.example' }, 'invalid_request'],
    ['no exp', { exp: undefined }, 'invalid_request'],
    ['no iat', { iat: undefined }, 'invalid_request'],
  ])('with %s', async (_what, change, expected) => {
    const office = new Office()
    expect(resultOf(await office.subject(office.idToken(change)))).toBe(expected)
  })

  test.each(['at+jwt', 'logout+jwt', 'oauth-id-jag+jwt', 'secevent+jwt', 'delivery+jwt'])(
    'is none with typ %s',
    async (typ) => {
      const office = new Office()
      expect(resultOf(await office.subject(office.idToken({}, { typ })))).toBe('invalid_request')
    },
  )

  test('needs no typ, and goes under the type jwt as well', async () => {
    const office = new Office()
    expect(resultOf(await office.subject(office.idToken({}, {}), 'jwt'))).toBe('person agent:orchestrator user:tomas')
  })

  test('is refused when it is over, and when a stranger signed it', async () => {
    const office = new Office()
    const past = office.idToken({ iat: office.now_s - 600, exp: office.now_s - 31 })
    const forged = jwtKey('RS256', 'stranger').sign({ kid: 'login', typ: 'JWT' }, { iss: login, aud: 'portal' })
    expect(await office.subject(past)).toMatchObject({ error: 'invalid_request', detail: 'exp was more than 30 s ago' })
    expect(resultOf(await office.subject(forged))).toBe('invalid_request')
  })
})

describe('a token of ours', () => {
  test('that was delivered goes on in the hands of whom it was delivered to', async () => {
    const office = new Office()
    const outcome = await office.subject(await office.delivery(), 'access_token')
    expect(outcome).toMatchObject({ kind: 'delivery', holder: agent('research'), person: person('tomas'), login: null })
    expect(isOAuthRefusal(outcome) || outcome.delegation?.chain).toEqual([agent('orchestrator'), agent('research')])
  })

  test('for calls may be narrowed by its own holder', async () => {
    const office = new Office()
    const outcome = await office.subject(office.callToken(), 'access_token')
    expect(outcome).toMatchObject({ kind: 'call', holder: agent('research'), tokenId: 'c1', issuer: 'weir' })
  })

  test.each(['JWT', 'oauth-id-jag+jwt', 'txntoken+jwt', 'dpop+jwt', 'logout+jwt'])(
    'of typ %s is no subject',
    async (typ) => {
      const office = new Office()
      const claims = { iss: gatewayUrl, aud: gatewayUrl, sub: 'user:tomas', jti: 'x' }
      for (const type of ['access_token', 'jwt', 'id_token']) {
        expect(resultOf(await office.subject(office.own(typ, claims), type))).toBe('invalid_request')
      }
    },
  )

  test('goes under the types of access tokens only', async () => {
    const office = new Office()
    const tokens = [office.callToken(), await office.delivery()]
    for (const token of tokens) {
      const outcomes = await Promise.all(
        ['access_token', 'jwt', 'id_token', 'refresh_token', 'saml2'].map(
          async (type) => await office.subject(token, type),
        ),
      )
      expect(outcomes.map(isOAuthRefusal)).toEqual([false, false, true, true, true])
    }
    expect(resultOf(await office.subject(office.idToken(), 'access_token'))).toBe('invalid_request')
  })

  test('that was forged or is over is refused', async () => {
    const office = new Office()
    const over = office.callToken({ iat: office.now_s - 120, exp: office.now_s - 31 })
    const forged = loginKey.sign({ kid: office.keys.kid, typ: 'at+jwt' }, { iss: gatewayUrl, aud: gatewayUrl })
    for (const token of [over, forged, 'no token', '']) {
      expect(resultOf(await office.subject(token, 'access_token'))).toBe('invalid_request')
    }
  })

  test('is asked for again later where the gateway has too much to check', async () => {
    const office = new Office({}, { budget: { tokens_per_second: 1, burst: 1 } })
    await office.subject(office.idToken())
    expect(resultOf(await office.subject(office.idToken({ nonce: 'm' })))).toBe('temporarily_unavailable')
    expect(resultOf(await office.granted(office.grant()))).toBe('temporarily_unavailable')
  })
})

test('the keys of everybody who is believed are read ahead, and what could not be read is said', async () => {
  const clients = new Map([
    [
      agent('research'),
      { jwks: 'test:research', spiffe_id: null, cert_sha256: [], autonomous: false, authorization_details: null },
    ],
  ])
  const read: string[] = []
  const fetchText = async (url: string): Promise<string> => {
    read.push(url)
    return await Promise.reject(new Error('not there'))
  }
  const world = new World({ fetchText }, { people: [people], partners: [partner], clients })
  expect(await world.identity.warm()).toHaveLength(5)
  expect(read.toSorted()).toEqual(['test:abroad', 'test:idp', 'test:login', 'test:partner', 'test:research'])
})
