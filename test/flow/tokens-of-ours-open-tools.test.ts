/** Agents that get their token for a tool server at our own endpoint: bound to one address, narrowed, counted in its run. */
import { decodeJwt } from 'jose'
import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { holder, prove } from '../support/dpop-kit.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, messageOf, modernPost } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const origin = 'http://weir.test'
const fixture = await serveMcpFixture(filesServer)
const base = configForTools(fixture.url)
const own = { client: { autonomous: true } }
const agents = base['agents'] as Record<string, object>
const weir = await startWeir({
  ...base,
  agents: { ...agents, alice: { ...agents['alice'], ...own }, mallory: { ...agents['mallory'], ...own } },
})

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

interface Granted {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
}

async function token(
  agent: string,
  params: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Granted> {
  const answer = await fetch(`${weir.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf(agent)}`, ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...params }),
  })
  return { status: answer.status, body: (await answer.json()) as Granted['body'] }
}

function call(raw: string, name: string, more: { server?: string; headers?: Record<string, string> } = {}) {
  const { headers = {}, ...rest } = more
  const params = { name, arguments: { path: 'a' } }
  const authorization = { authorization: `Bearer ${raw}`, ...headers }
  return modernPost(weir, 'alice', { method: 'tools/call', params, headers: authorization, ...rest })
}

const resource = `${origin}/mcp/s/files`
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'

test('a token for a tool server counts its calls in its run, and is worth nothing at another address', async () => {
  const { status, body } = await token('alice', { resource })
  const raw = body['access_token'] ?? ''
  const claims = decodeJwt(raw)
  expect([status, claims.aud]).toEqual([200, resource])
  const answers = [await call(raw, 'read'), await call(raw, 'read')]
  expect(answers.map(({ headers }) => headers.get('weir-run-id'))).toEqual([claims['txn'], claims['txn']])
  expect(await Promise.all(answers.map(messageOf))).toMatchObject([
    { result: { content: [{ text: 'content of a' }] } },
    { result: { content: [{ text: 'content of a' }] } },
  ])
  expect((await call(raw, 'read', { server: 'other' })).status).toBe(401)
  const records = (await ledgerOf(weir)).filter((entry): entry is CallRecord => entry.kind === 'call')
  expect(records.filter(({ jti }) => jti === claims.jti)).toMatchObject([
    { run: claims['txn'], chain: ['agent:alice'], depth: 1, cred_type: 'call_token' },
    { run: claims['txn'], chain: ['agent:alice'], depth: 1 },
  ])
})

test.each([
  ['/mcp', 200],
  ['/mcp/s/nothing', 400],
  ['/mcp/no-such-set', 400],
  ['/mcp/', 400],
  ['/mcp/s/files/', 400],
  ['/mcp/s/files?x=1', 400],
])('a token for %s is answered %d', async (path, status) => {
  const { status: said, body } = await token('alice', { resource: origin + path })
  expect([said, body['error']]).toEqual([status, status === 200 ? undefined : 'invalid_target'])
  if (status === 200) expect((await call(body['access_token'] ?? '', 'read')).status).toBe(401)
})

test('whoever may not use a server gets the answer of one that is not there', async () => {
  const hidden = await token('mallory', { resource })
  const missing = await token('mallory', { resource: `${origin}/mcp/s/nothing` })
  expect(hidden).toEqual(missing)
  expect((await token('mallory', { resource: `${origin}/mcp` })).body).toEqual(missing.body)
})

test('a token that was narrowed opens what is left, reads which scopes more would need, and never grows', async () => {
  const wide = (await token('alice', { resource, scope: 'tool:read tool:wait' })).body['access_token'] ?? ''
  const subject = { grant_type: exchange, subject_token: wide, subject_token_type: accessToken, resource }
  const details = JSON.stringify([{ type: 'mcp_tool', server: 'files', args: { '/path': { prefix: 'a' } } }])
  const narrow = await token('alice', { ...subject, scope: 'tool:read', authorization_details: details })
  const raw = narrow.body['access_token'] ?? ''
  expect([narrow.body['scope'], decodeJwt(raw)['txn']]).toEqual(['tool:read', decodeJwt(wide)['txn']])
  expect(await messageOf(await call(raw, 'read'))).toMatchObject({ result: { content: [{ text: 'content of a' }] } })
  const refused = await call(raw, 'wait')
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    403,
    `Bearer realm="weir", error="insufficient_scope", scope="tool:call tool:read", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp/s/files"`,
  ])
  const again = { ...subject, subject_token: raw }
  expect((await token('alice', { ...again, scope: 'tool:call' })).body['error']).toBe('invalid_scope')
  expect((await token('alice', { ...again, resource: `${origin}/mcp` })).body['error']).toBe('invalid_target')
  expect((await token('bob', again)).body['error']).toBe('invalid_request')
})

test('a token bound to a key opens with a proof for this very address', async () => {
  const me = await holder()
  const asking = (nonce?: string) =>
    prove(me, { htu: `${origin}/oauth/token`, at: Date.now(), ...(nonce !== undefined && { nonce }) })
  const first = await fetch(`${weir.url}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keyOf('alice')}`, dpop: asking() },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
  })
  await first.text()
  const nonce = first.headers.get('dpop-nonce') ?? ''
  const { body } = await token('alice', { resource }, { dpop: asking(nonce) })
  const raw = body['access_token'] ?? ''
  expect(body['token_type']).toBe('DPoP')
  const shown = (htu: string) => ({
    headers: { authorization: `DPoP ${raw}`, dpop: prove(me, { htu, at: Date.now(), token: raw, nonce }) },
  })
  expect((await call(raw, 'read', shown(resource))).status).toBe(200)
  const elsewhere = await call(raw, 'read', shown(`${origin}/mcp/s/other`))
  expect([elsewhere.status, elsewhere.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringMatching(/^DPoP .*error="invalid_dpop_proof".*scope="tool:call", resource_metadata=/),
  ])
  expect((await call(raw, 'read')).status).toBe(401)
})
