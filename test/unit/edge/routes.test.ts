import { beforeAll, describe, expect, test } from 'vitest'
import { serveData } from '../../../src/edge/routes.ts'
import { MemoryReply } from '../../support/reply.ts'
import { openTokenTrial, type TokenTrial } from '../../support/token-endpoint.ts'

let trial: TokenTrial
const nothing = { text: '{}', etag: '"0"' }

beforeAll(async () => {
  const clientAuth = { cert: 'c.pem', key: 'k.pem', client_ca: 'ca.pem', client_cert: 'optional' }
  trial = await openTokenTrial({ gateway: { public_url: 'http://weir.test', tls: clientAuth } })
})

async function ask(method: string, path: string, body = ''): Promise<MemoryReply> {
  const reply = new MemoryReply()
  const headers = new Map([['content-type', 'application/x-www-form-urlencoded']])
  const times = { receivedAt: 0, startedAt: 0 }
  const request = { method, path, query: '', headers, body: Buffer.from(body), peer: '::1', clientCert: null, ...times }
  await serveData(trial.road, { jwks: () => nothing, history: () => nothing })(request, reply)
  return reply
}

test.each(['/oauth/token', '/oauth/introspect', '/oauth/revoke'])('%s is answered to POST only', async (path) => {
  expect((await ask('POST', path)).status).toBe(401)
  const reply = await ask('GET', path)
  expect([reply.status, Object.fromEntries(reply.headers)]).toMatchObject([405, { allow: 'POST' }])
})

test.each(['/.well-known/oauth-authorization-server', '/.well-known/oauth-protected-resource'])(
  '%s is answered to GET only, without a credential',
  async (path) => {
    expect((await ask('GET', path)).status).toBe(200)
    expect((await ask('POST', path)).status).toBe(405)
  },
)

describe('metadata', () => {
  test('of the server names what is understood and where (RFC 8414)', async () => {
    const body: unknown = JSON.parse((await ask('GET', '/.well-known/oauth-authorization-server')).text)
    expect(body).toMatchObject({
      issuer: 'http://weir.test',
      token_endpoint: 'http://weir.test/oauth/token',
      introspection_endpoint: 'http://weir.test/oauth/introspect',
      revocation_endpoint: 'http://weir.test/oauth/revoke',
      jwks_uri: 'http://weir.test/.well-known/jwks.json',
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
      tls_client_certificate_bound_access_tokens: true,
    })
    expect(body).not.toHaveProperty('authorization_grant_profiles_supported')
    expect(JSON.stringify(body)).not.toMatch(/HS256|none|client_secret/)
  })

  test('of an agent stands behind the path of its resource (RFC 9728)', async () => {
    const body: unknown = JSON.parse((await ask('GET', '/.well-known/oauth-protected-resource/a2a/research')).text)
    expect(body).toMatchObject({
      resource: 'http://weir.test/a2a/research',
      authorization_servers: ['http://weir.test'],
      bearer_methods_supported: ['header'],
    })
  })

  test('looks the same for an agent that does not exist', async () => {
    const [known, unknown] = await Promise.all(
      ['research', 'nobody'].map((slug) => ask('GET', `/.well-known/oauth-protected-resource/a2a/${slug}`)),
    )
    expect(unknown?.text).toBe(known?.text.replace('research', 'nobody'))
    expect(unknown?.status).toBe(200)
  })

  test.each(['/a2a/', '/a2a/Research', '/a2a/a/b', '/mcp/', '/mcp/s/', '/mcp/s/a/b', '/mcp/A', '/'])(
    'of %s, which is no resource, is 404',
    async (rest) => {
      expect((await ask('GET', `/.well-known/oauth-protected-resource${rest}`)).status).toBe(404)
    },
  )
})

test.each(['/oauth', '/oauth/token/', '/oauth/authorize', '/constructor'])('there is nothing at %s', async (path) => {
  expect((await ask('POST', path)).status).toBe(404)
})
