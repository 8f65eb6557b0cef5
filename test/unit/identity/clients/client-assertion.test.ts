import { ManualClock } from '../../../../src/base/clock.ts'
import { countingDice } from '../../../../src/base/dice.ts'
import { localSingleUse } from '../../../../src/identity/sender/single-use.ts'
import { describe, expect, test } from 'vitest'
import { certificate } from '../../../support/certificate.ts'
import { gatewayUrl, idp } from '../../../support/identity-kit.ts'
import { jwtKey } from '../../../support/jwt-key.ts'
import {
  assertionOf,
  bearerType,
  clients,
  domain,
  Endpoint,
  errorOf,
  own,
  planners,
  research,
  sha256,
  spireIssuer,
  spiffeType,
} from '../../../support/client-endpoint.ts'

describe('private_key_jwt', () => {
  test('proves the client that signed for itself', async () => {
    const endpoint = new Endpoint()
    expect(await endpoint.ask(endpoint.assertion())).toMatchObject({
      agent: research,
      method: 'private_key_jwt',
      credentialId: 'a1',
      issuer: research,
      keyId: 'own',
      issuedAt: endpoint.clock.now(),
      boundTo: null,
      evidence: expect.stringMatching(/^[\w-]{43}$/) as unknown,
    })
  })

  test.each(['RS256', 'PS256', 'EdDSA'])('is signed with %s as well', async (alg) => {
    const endpoint = new Endpoint()
    expect(errorOf(await endpoint.ask(assertionOf(jwtKey(alg, alg).sign({}, endpoint.claims()))))).toBe(
      'private_key_jwt agent:research',
    )
  })

  test('is good once: the second time it was used before, also while the first is under way', async () => {
    const endpoint = new Endpoint()
    const form = endpoint.assertion()
    const both = await Promise.all([endpoint.ask(form), endpoint.ask(form)])
    expect(both.map(errorOf).toSorted()).toEqual(['invalid_client', 'private_key_jwt agent:research'])
    const again = await endpoint.ask(form)
    expect(again).toMatchObject({ error: 'invalid_client', detail: 'the assertion was used before' })
  })

  test('another assertion with the same jti is the same assertion', async () => {
    const endpoint = new Endpoint()
    await endpoint.ask(endpoint.assertion())
    expect(errorOf(await endpoint.ask(endpoint.assertion({ exp: endpoint.now_s + 61 })))).toBe('invalid_client')
  })

  test('names of one client are not those of another', async () => {
    const endpoint = new Endpoint()
    await endpoint.ask(endpoint.assertion())
    const claims = endpoint.claims({ iss: 'agent:planner', sub: 'agent:planner' })
    expect(errorOf(await endpoint.ask(assertionOf(planners.sign({}, claims))))).toBe('private_key_jwt agent:planner')
  })

  test('where no more can be remembered, the client is asked to come again', async () => {
    const clock = new ManualClock()
    const assertions = { once: () => 'full' as const }
    const replay = { ...localSingleUse(30, { clock, dice: countingDice() }), assertions }
    const endpoint = new Endpoint({ replay })
    expect(await endpoint.ask(endpoint.assertion())).toMatchObject({
      error: 'temporarily_unavailable',
      retryAfter_s: 1,
    })
  })

  test('a forged assertion does not use up the name of a good one', async () => {
    const endpoint = new Endpoint()
    const forged = assertionOf(jwtKey('ES256', 'stranger').sign({ kid: 'own' }, endpoint.claims()))
    expect(errorOf(await endpoint.ask(forged))).toBe('invalid_client')
    expect(errorOf(await endpoint.ask({ ...endpoint.assertion(), client_id: 'agent:planner' }))).toBe('invalid_client')
    expect(errorOf(await endpoint.ask(endpoint.assertion()))).toBe('private_key_jwt agent:research')
  })

  test.each<[string, (endpoint: Endpoint) => object, object?]>([
    ['the URL of the token endpoint as audience', () => ({ aud: `${gatewayUrl}/oauth/token` })],
    ['our issuer with a slash more as audience', () => ({ aud: `${gatewayUrl}/` })],
    ['our issuer in a list', () => ({ aud: [gatewayUrl] })],
    ['two audiences', () => ({ aud: [gatewayUrl, `${gatewayUrl}/oauth/token`] })],
    ['no audience', () => ({ aud: undefined })],
    ['another subject', () => ({ sub: 'agent:planner' })],
    ['another issuer', () => ({ iss: 'agent:planner' })],
    ['an issuer nobody knows', () => ({ iss: 'agent:nobody', sub: 'agent:nobody' })],
    ['a name of ours as issuer', () => ({ iss: gatewayUrl })],
    ['no exp', () => ({ exp: undefined })],
    ['no iat', () => ({ iat: undefined })],
    ['no jti', () => ({ jti: undefined })],
    ['a lifetime over 300 s', ({ now_s }) => ({ exp: now_s + 301 })],
    ['an iat ahead', ({ now_s }) => ({ iat: now_s + 31, exp: now_s + 60 })],
    ['an exp that is past', ({ now_s }) => ({ iat: now_s - 100, exp: now_s - 31 })],
    ['the typ of an access token', () => ({}), { typ: 'at+jwt' }],
    ['the typ of a grant', () => ({}), { typ: 'oauth-id-jag+jwt' }],
    ['the typ of a proof of possession', () => ({}), { typ: 'dpop+jwt' }],
    ['no kid', () => ({}), { kid: undefined }],
    ['its own key', () => ({}), { jwk: own.jwk }],
    ['another alg', () => ({}), { alg: 'HS256' }],
    ['no alg', () => ({}), { alg: 'none' }],
  ])('with %s is refused, and the caller learns nothing', async (_what, change, header = {}) => {
    const endpoint = new Endpoint()
    const outcome = await endpoint.ask(endpoint.assertion(change(endpoint), header))
    expect(outcome).toMatchObject({ error: 'invalid_client', description: 'Client authentication failed' })
  })

  test('an algorithm outside the list is refused although the client publishes a key for it', async () => {
    const endpoint = new Endpoint()
    const raw = jwtKey('ES384', 'ES384').sign({}, endpoint.claims())
    expect(errorOf(await endpoint.ask(assertionOf(raw)))).toBe('invalid_client')
  })

  test('a peer that sends too many unknown assertions waits', async () => {
    const endpoint = new Endpoint({ budget: { tokens_per_second: 1, burst: 1 } })
    await endpoint.ask(endpoint.assertion())
    const outcome = await endpoint.ask(endpoint.assertion({ jti: 'a2' }))
    expect(outcome).toMatchObject({ error: 'temporarily_unavailable', retryAfter_s: 1 })
  })
})

describe('a token of a workload issuer', () => {
  test('proves the agent it is mapped to, and is shown again until it ends', async () => {
    const endpoint = new Endpoint()
    const form = assertionOf(endpoint.idpToken())
    expect(errorOf(await endpoint.ask(form))).toBe('workload_jwt agent:orchestrator')
    expect(await endpoint.ask(form)).toMatchObject({ issuer: idp, credentialId: 'j1', keyId: 'idp-1' })
  })

  test.each([
    ['that is mapped to nobody', { sub: 'workload-8' }],
    ['for another audience', { aud: `${gatewayUrl}/oauth/token` }],
    ['that names a client as issuer', { iss: research, sub: research }],
  ])('%s is refused', async (_what, change) => {
    const endpoint = new Endpoint()
    expect(errorOf(await endpoint.ask(assertionOf(endpoint.idpToken(change))))).toBe('invalid_client')
  })
})

describe('a token that its issuer bound to a key', () => {
  const der = certificate()
  const bound = { cnf: { 'x5t#S256': sha256(der) } }

  test('proves nobody without that key, so a stolen one is worth nothing here either', async () => {
    const endpoint = new Endpoint()
    for (const cnf of [bound.cnf, { jkt: sha256(Buffer.from('key')) }, { kid: 'k' }, null, {}])
      expect(errorOf(await endpoint.ask(assertionOf(endpoint.idpToken({ cnf }))))).toBe('invalid_client')
    const other = certificate()
    expect(errorOf(await endpoint.ask(assertionOf(endpoint.idpToken(bound)), {}, other))).toBe('invalid_client')
  })

  test('proves its agent over a connection of the certificate it names, and hands the binding on', async () => {
    const endpoint = new Endpoint()
    expect(await endpoint.ask(assertionOf(endpoint.idpToken(bound)), {}, der)).toMatchObject({
      method: 'workload_jwt',
      boundTo: { kind: 'mtls', thumbprint: sha256(der) },
    })
  })
})

describe('a JWT-SVID', () => {
  const settings = { issuers: [spireIssuer] }

  test('proves the agent whose SPIFFE ID it names, or that its issuer maps', async () => {
    const endpoint = new Endpoint({}, settings)
    const mapped = endpoint.svid({ sub: `${domain}/agent/writer` })
    expect(errorOf(await endpoint.ask(endpoint.svid()))).toBe('jwt_spiffe agent:research')
    expect(errorOf(await endpoint.ask(mapped))).toBe('jwt_spiffe agent:writer')
  })

  test.each<[string, object, object?]>([
    ['of an ID nobody registered', { sub: `${domain}/agent/nobody` }],
    ['of an ID that only begins alike', { sub: `${domain}/agent/research/2` }],
    ['of another trust domain', { sub: 'spiffe://evil.example/agent/research' }],
    ['for the audience of calls', { aud: 'https://elsewhere.example' }],
    ['for the token endpoint', { aud: [`${gatewayUrl}/oauth/token`] }],
    ['for two audiences', { aud: [gatewayUrl, 'https://elsewhere.example'] }],
    ['of another typ', {}, { typ: 'at+jwt' }],
  ])('%s is refused', async (_what, change, header = {}) => {
    const endpoint = new Endpoint({}, settings)
    expect(errorOf(await endpoint.ask(endpoint.svid(change, header)))).toBe('invalid_client')
  })

  test('of one trust domain does not vouch for another, whatever it names as iss', async () => {
    const abroad = 'spiffe://abroad.example/agent/research'
    const endpoint = new Endpoint({}, { ...settings, clients: clients({ spiffe_id: abroad }) })
    const outcome = await endpoint.ask(endpoint.svid({ iss: domain, sub: abroad }))
    expect(outcome).toMatchObject({ error: 'invalid_client', detail: 'sub is not in the trust domain' })
  })

  test('is refused with EdDSA, which the specification leaves out, although its issuer is pinned to it', async () => {
    const endpoint = new Endpoint({}, settings)
    const claims = { sub: `${domain}/agent/research`, aud: gatewayUrl, exp: endpoint.now_s + 60 }
    const raw = jwtKey('EdDSA', 'spire').sign({}, claims)
    const outcome = await endpoint.ask(assertionOf(raw, spiffeType))
    expect(outcome).toMatchObject({ error: 'invalid_client', detail: 'alg is not what the issuer is pinned to' })
  })

  test('goes under its own type only, and nothing else under that', async () => {
    const endpoint = new Endpoint({}, settings)
    const { client_assertion: svid = '' } = endpoint.svid()
    const { client_assertion: signed = '' } = endpoint.assertion()
    expect(errorOf(await endpoint.ask(assertionOf(svid, bearerType)))).toBe('invalid_client')
    expect(errorOf(await endpoint.ask(assertionOf(signed, spiffeType)))).toBe('invalid_client')
  })
})
