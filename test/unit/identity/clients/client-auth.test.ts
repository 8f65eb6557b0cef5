import { describe, expect, test } from 'vitest'
import { isOAuthRefusal } from '../../../../src/protocol/oauth/refusal.ts'
import { certificate } from '../../../support/certificate.ts'
import { agent, apiKey } from '../../../support/identity-kit.ts'
import {
  assertionOf,
  bearerType,
  clients,
  domain,
  Endpoint,
  errorOf,
  research,
  sha256,
} from '../../../support/client-endpoint.ts'

describe('tls_client_auth', () => {
  const research_cert = certificate({ names: [['uri', `${domain}/agent/research`]] })
  const plain = certificate()
  const hex = (der: Uint8Array): string => Buffer.from(sha256(der), 'base64url').toString('hex')

  test('a certificate proves the agent whose SPIFFE ID it names, and binds its tokens', async () => {
    const thumbprint = sha256(research_cert)
    expect(await new Endpoint().ask({}, {}, research_cert)).toMatchObject({
      agent: research,
      method: 'tls_client_auth',
      credentialId: thumbprint,
      boundTo: { kind: 'mtls', thumbprint },
    })
  })

  test('a certificate proves the agent that registered its fingerprint', async () => {
    const endpoint = new Endpoint({}, { clients: clients({ cert_sha256: [hex(plain)] }) })
    expect(errorOf(await endpoint.ask({ client_id: research }, {}, plain))).toBe('tls_client_auth agent:research')
  })

  test.each<[string, Uint8Array]>([
    ['that nobody registered', plain],
    ['that is over', certificate({ names: [['uri', `${domain}/agent/research`]], until: new Date('2026-01-01') })],
    ['that has not begun', certificate({ names: [['uri', `${domain}/agent/research`]], from: new Date('2039-01-01') })],
    ['of an ID nobody registered', certificate({ names: [['uri', `${domain}/agent/nobody`]] })],
    ['that cannot be read', Buffer.from('certificate')],
  ])('a certificate %s is refused', async (_what, der) => {
    expect(errorOf(await new Endpoint().ask({}, {}, der))).toBe('invalid_client')
  })

  test('a certificate of one agent with the SPIFFE ID of another is neither', async () => {
    const planner = certificate({ names: [['uri', `${domain}/agent/planner`]] })
    const endpoint = new Endpoint({}, { clients: clients({ cert_sha256: [hex(planner)] }) })
    expect(errorOf(await endpoint.ask({}, {}, planner))).toBe('invalid_client')
  })

  test('a SPIFFE ID that two agents claim is neither’s', async () => {
    const endpoint = new Endpoint({}, { clients: clients({ spiffe_id: `${domain}/agent/planner` }) })
    const planner = certificate({ names: [['uri', `${domain}/agent/planner`]] })
    expect(errorOf(await endpoint.ask({}, {}, planner))).toBe('invalid_client')
  })

  test('an assertion counts before the certificate of its connection', async () => {
    const endpoint = new Endpoint()
    expect(errorOf(await endpoint.ask(endpoint.assertion(), {}, plain))).toBe('private_key_jwt agent:research')
    expect(errorOf(await endpoint.ask(endpoint.assertion({ aud: 'x' }), {}, research_cert))).toBe('invalid_client')
  })
})

describe('an API key', () => {
  test('proves its agent and leaves no hash of itself in the chain', async () => {
    const outcome = await new Endpoint().ask({}, { authorization: `Bearer ${apiKey}` })
    expect(outcome).toMatchObject({ agent: agent('orchestrator'), method: 'api_key', credentialId: 'k1', issuedAt: 0 })
    expect(isOAuthRefusal(outcome) || outcome.evidence).not.toBe(sha256(Buffer.from(apiKey)))
  })

  test.each([`Bearer ${apiKey}0`, 'Bearer a.b.c', 'Basic YWdlbnQ6c2VjcmV0', `Bearer ${apiKey}, Bearer ${apiKey}`])(
    '%s is none',
    async (authorization) => {
      expect(errorOf(await new Endpoint().ask({}, { authorization }))).toBe('invalid_client')
    },
  )

  test('where none is configured, none is accepted', async () => {
    const endpoint = new Endpoint({}, { api_keys: [] })
    expect(errorOf(await endpoint.ask({}, { authorization: `Bearer ${apiKey}` }))).toBe('invalid_client')
  })
})

describe('a client shows itself in exactly one way', () => {
  const header = { authorization: `Bearer ${apiKey}` }

  test.each<
    [string, (endpoint: Endpoint) => Readonly<Record<string, string>>, Readonly<Record<string, string>>, string]
  >([
    ['nothing', () => ({ client_id: research }), {}, 'invalid_client'],
    ['an assertion and an API key', (endpoint) => endpoint.assertion(), header, 'invalid_request'],
    ['a secret and an API key', () => ({ client_secret: 's' }), header, 'invalid_request'],
    [
      'an assertion and a secret',
      (endpoint) => ({ ...endpoint.assertion(), client_secret: 's' }),
      {},
      'invalid_request',
    ],
    ['a secret', () => ({ client_id: research, client_secret: 's' }), {}, 'invalid_client'],
    ['an assertion without its type', () => ({ client_assertion: 'a.b.c' }), {}, 'invalid_request'],
    ['a type without an assertion', () => ({ client_assertion_type: bearerType }), {}, 'invalid_request'],
    ['a type nobody knows', () => assertionOf('a.b.c', 'urn:example'), {}, 'invalid_client'],
    ['no token as assertion', () => assertionOf('secret'), {}, 'invalid_client'],
    ['an API key of another client', () => ({ client_id: research }), header, 'invalid_client'],
    [
      'the agent it is as client_id',
      (e) => ({ ...e.assertion(), client_id: research }),
      {},
      'private_key_jwt agent:research',
    ],
    ['its slug as client_id', (endpoint) => ({ ...endpoint.assertion(), client_id: 'research' }), {}, 'invalid_client'],
  ])('%s', async (_what, form, headers, expected) => {
    const endpoint = new Endpoint()
    expect(errorOf(await endpoint.ask(form(endpoint), headers))).toBe(expected)
  })
})
