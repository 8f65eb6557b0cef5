import { afterAll, expect, test } from 'vitest'
import { serveMcpFixture } from '../support/mcp-server.ts'
import {
  beginSession,
  configForTools,
  filesServer,
  legacyPost,
  messageOf,
  modernPost,
  rawPost,
  type Waits,
} from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'
import { until } from '../support/relay.ts'

const waits: Waits = { begun: 0, aborted: 0 }
const fixture = await serveMcpFixture(() => filesServer(waits))
const config = configForTools(fixture.url)
let weir = await startWeir(config)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

test('a session is that of whoever began it: for everybody else it does not exist', async () => {
  const session = await beginSession(weir, 'alice')
  expect(fixture.seen.some(({ headers }) => headers['mcp-session-id'] === session)).toBe(false)
  expect((await legacyPost(weir, 'alice', session, list)).status).toBe(200)
  expect((await legacyPost(weir, 'bob', session, list)).status).toBe(404)
  expect((await rawPost(weir, 'bob', { method: 'GET', headers: { 'mcp-session-id': session } })).status).toBe(404)
  expect((await rawPost(weir, 'bob', { method: 'DELETE', headers: { 'mcp-session-id': session } })).status).toBe(404)
  expect((await legacyPost(weir, 'alice', `${session.slice(0, -2)}AA`, list)).status).toBe(404)
})

test('a session outlives a restart of the gateway, and ends where its caller ends it', async () => {
  const session = await beginSession(weir, 'alice')
  const { directory } = weir
  await weir.kill('SIGKILL')
  weir = await startWeir(config, directory)
  expect((await legacyPost(weir, 'alice', session, list)).status).toBe(200)
  const end = await rawPost(weir, 'alice', { method: 'DELETE', headers: { 'mcp-session-id': session } })
  expect(end.status).toBe(200)
  expect((await legacyPost(weir, 'alice', session, list)).status).toBe(404)
})

test('a caller that was cut off goes on where it was, and sees no more tools than before', async () => {
  const session = await beginSession(weir, 'alice')
  const call = { jsonrpc: '2.0', id: 5, method: 'tools/list' }
  const text = await (await legacyPost(weir, 'alice', session, call)).text()
  const first = /^id: (.+)$/m.exec(text)?.[1] ?? ''
  const gone = new AbortController()
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25', 'last-event-id': first }
  const again = await rawPost(weir, 'alice', { method: 'GET', headers, signal: gone.signal })
  const chunks = again.body?.pipeThrough(new TextDecoderStream()).getReader()
  let seen = ''
  while (!seen.includes('"id":5')) seen += (await chunks?.read())?.value ?? ''
  gone.abort()
  expect(seen).toContain('"read"')
  expect(seen).not.toContain('"vault"')
})

test('a modern caller that leaves cancels its call, a legacy one does not', async () => {
  const modern = new AbortController()
  const wait = { method: 'tools/call', params: { name: 'wait' }, signal: modern.signal }
  const left = modernPost(weir, 'alice', wait).catch(() => null)
  await until(() => waits.begun === 1)
  modern.abort()
  await left
  await until(() => waits.aborted === 1)

  const session = await beginSession(weir, 'alice')
  const legacy = new AbortController()
  const call = { jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'wait' } }
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }
  const cut = rawPost(weir, 'alice', { body: JSON.stringify(call), headers, signal: legacy.signal })
  const body = await cut
  await until(() => waits.begun === 2)
  legacy.abort()
  await body.text().catch(() => null)
  await until(() => fixture.dropped.some((request) => request.body.includes('"id":9')))
  expect(waits.aborted).toBe(1)
})

test('whoever listens is let go when its agent is revoked, and when the gateway stops', async () => {
  const patient = await startWeir(configForTools(fixture.url, {}, { timeouts: { drain_ms: 600_000 } }))
  const listen = async (agent: string): Promise<Response> => {
    const headers = { 'mcp-session-id': await beginSession(patient, agent) }
    return rawPost(patient, agent, { method: 'GET', headers })
  }
  const [alice, bob] = [await listen('alice'), await listen('bob')]
  await patient.ask('/api/v1/agents/alice/contain', { reason: 'gone' })
  expect(await alice.text()).not.toContain('data:')
  const stopped = patient.stop()
  expect(await bob.text()).not.toContain('data:')
  expect(await stopped).toBe(0)
})

test('a halted run ends its calls of tools with the sentence', async () => {
  const answer = modernPost(weir, 'bob', { method: 'tools/call', params: { name: 'wait' } })
  await until(() => waits.begun === 3)
  const { runs } = await weir.ask<{ runs: readonly { id: string; open: number }[] }>('/api/v1/runs')
  const open = runs.find((run) => run.open > 0)
  await weir.ask(`/api/v1/runs/${open?.id}/halt`, { reason: 'enough' })
  expect(await messageOf(await answer)).toMatchObject({
    result: { isError: true, _meta: { 'dev.weir/problem': { code: 'run_halted' } } },
  })
  await until(() => waits.aborted === 2)
})

test.each([
  ['a header that names another tool', 400, -32020, { 'mcp-name': 'vault' }],
  ['a header that names another method', 400, -32020, { 'mcp-method': 'tools/list' }],
  ['a page of somebody else', 403, -32600, { origin: 'http://evil.example' }],
] as const)('%s is answered %i', async (_name, status, code, headers) => {
  const params = { name: 'read', arguments: { path: 'a' } }
  const answer = await modernPost(weir, 'alice', { method: 'tools/call', params, headers })
  expect([answer.status, await messageOf(answer)]).toMatchObject([status, { error: { code } }])
})

test.each([
  ['GET', undefined, 405],
  ['DELETE', undefined, 405],
  ['PUT', '{}', 405],
  ['POST', '[]', 400],
  ['POST', '{', 400],
  ['POST', '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', 400],
] as const)('%s %s without a session is answered %i', async (method, body, status) => {
  const answer = await rawPost(weir, 'alice', { method, ...(body !== undefined && { body }) })
  expect(answer.status).toBe(status)
  expect((await messageOf(answer))['error']).toBeDefined()
})

test('whoever shows nothing learns where tokens for this very server come from', async () => {
  const answer = await fetch(`${weir.url}/mcp/s/files`, { method: 'POST', body: JSON.stringify(list) })
  expect(answer.status).toBe(401)
  const metadata = 'http://weir.test/.well-known/oauth-protected-resource/mcp/s/files'
  expect(answer.headers.get('www-authenticate')).toContain(metadata)
  const facts = await fetch(`${weir.url}${new URL(metadata).pathname}`)
  expect(await facts.json()).toMatchObject({ resource: 'http://weir.test/mcp/s/files' })
})
