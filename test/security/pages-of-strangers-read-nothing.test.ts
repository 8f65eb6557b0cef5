/** What a browser would ask and read, from pages that may call tools and from pages that may not. */
import { request } from 'node:http'
import { afterAll, expect, test } from 'vitest'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const fixture = await serveMcpFixture(filesServer)
const app = 'https://app.example'
const weir = await startWeir(configForTools(fixture.url, {}, { gateway: { allowed_origins: [app] } }))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** By hand, because fetch sets Host and Origin itself. */
function ask(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Told> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, weir.url), { method, headers }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += String(chunk)))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const preflight = (origin: string, more: Record<string, string> = {}) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers':
    'authorization,content-type,mcp-protocol-version,mcp-method,mcp-name,mcp-param-region,last-event-id,cookie,x-other',
  ...more,
})

test.each(['/mcp/s/files', '/mcp', '/mcp/some-set'])('a page that may is told so beforehand at %s', async (path) => {
  for (const origin of [app, 'http://localhost:6274']) {
    const { status, headers, text } = await ask('OPTIONS', path, preflight(origin))
    expect([status, text]).toEqual([204, ''])
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers':
        'authorization, content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-param-region, last-event-id',
      vary: 'Origin',
    })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  }
})

test('it reads its session, what it is asked for, and the answer', async () => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  const sent = { origin: app, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const begun = await ask('POST', '/mcp/s/files', { ...sent, authorization: `Bearer ${keyOf('alice')}` }, body)
  expect([begun.status, begun.headers['access-control-allow-origin']]).toEqual([200, app])
  expect(begun.headers['mcp-session-id']).toMatch(/./)
  const unknown = await ask('POST', '/mcp/s/files', sent, body)
  expect([unknown.status, unknown.headers['access-control-allow-origin']]).toEqual([401, app])
  for (const { headers } of [begun, unknown])
    expect(headers['access-control-expose-headers']).toMatch(/^Mcp-Session-Id, WWW-Authenticate,/)
})

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['a page of nowhere', { origin: 'null' }],
  ['a name that only begins alike', { origin: 'https://app.example.evil.example' }],
  ['a host that is not ours, though its origin may', { host: 'evil.example', origin: app }],
  ['a host that was bound to this machine', { host: 'evil.example:8080', origin: 'http://evil.example:8080' }],
])('%s is not told anything', async (_what, headers) => {
  const { origin, ...more } = headers as { origin: string; host?: string }
  const before = await ask('OPTIONS', '/mcp/s/files', preflight(origin, more))
  expect(before.status).toBe(403)
  const credential = { authorization: `Bearer ${keyOf('alice')}`, 'content-type': 'application/json' }
  const seen = fixture.seen.length
  const called = await ask(
    'POST',
    '/mcp/s/files',
    { ...credential, ...headers },
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  )
  expect([called.status, fixture.seen.length - seen]).toEqual([403, 0])
  for (const answer of [before, called]) expect(JSON.stringify(answer.headers)).not.toContain('access-control')
})

test('everything else stays closed to pages, and metadata is for everybody', async () => {
  for (const path of ['/a2a/alice', '/oauth/token', '/mcpx'])
    expect(JSON.stringify((await ask('OPTIONS', path, preflight(app))).headers)).not.toContain('access-control')
  const path = '/.well-known/oauth-protected-resource/mcp/s/files'
  const read = await ask('GET', path, { origin: 'https://anybody.example' })
  expect([read.status, read.headers['access-control-allow-origin']]).toEqual([200, '*'])
  const before = await ask('OPTIONS', path, preflight('https://anybody.example'))
  expect([before.status, before.headers['access-control-allow-origin']]).toEqual([204, '*'])
})
