import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { configForTools, legacyPost, messageOf, modernPost, rawPost } from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'

/** What the server does with the next request. */
let answer: (response: ServerResponse) => void = (response) => response.end()
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => answer(response))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as AddressInfo
const timeouts = { idle_ms: 300, first_byte_ms: 300 }
const weir = await startWeir(
  configForTools(
    `http://127.0.0.1:${port}/`,
    { timeouts, external: true },
    { maximums: { event_bytes: 2000 } },
    { approval: 'off' },
  ),
)

afterAll(async () => {
  await weir.stop()
  server.closeAllConnections()
  server.close()
})

const call = { method: 'tools/call', params: { name: 'read', arguments: {} } }
const stream = { 'content-type': 'text/event-stream' }
const progress = 'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n'

test.each<[string, (response: ServerResponse) => void, string]>([
  ['ends early', (response) => response.writeHead(200, stream).end(progress), 'upstream_unavailable'],
  [
    'is cut',
    (response) => void response.writeHead(200, stream).write(progress, () => response.destroy()),
    'upstream_unavailable',
  ],
  ['says nothing more', (response) => void response.writeHead(200, stream).write(progress), 'child_timeout'],
  ['says nothing at all', () => undefined, 'child_timeout'],
  [
    'says too much',
    (response) => response.writeHead(200, stream).end(`data: "${'x'.repeat(3000)}"\n\n`),
    'upstream_unavailable',
  ],
  [
    'is a page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'upstream_unavailable',
  ],
  [
    'asks for a credential',
    (response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(),
    'upstream_unavailable',
  ],
  [
    'sends elsewhere',
    (response) => response.writeHead(302, { location: 'http://evil.example' }).end(),
    'upstream_unavailable',
  ],
])('an answer that %s is the refusal that says so', async (_what, next, code) => {
  answer = next
  const answered = await modernPost(weir, 'alice', call)
  expect(answered.status).toBe(200)
  expect(answered.headers.get('www-authenticate')).toBeNull()
  expect(await messageOf(answered)).toMatchObject({
    id: 7,
    result: { isError: true, _meta: { 'dev.weir/problem': { code } } },
  })
})

test('events cross byte for byte, however they are cut', async () => {
  const events = [
    ': a comment\n\n',
    'id: 1\r\nevent: message\r\ndata: {"jsonrpc":"2.0", "method":"notifications/message","x":1.50}\r\n\r\n',
    'retry: 10\ndata: {"jsonrpc":"2.0","id":7,"result":{"content":[],"new":[1e2]}}\n\n',
  ]
  answer = (response) => {
    response.writeHead(200, stream)
    for (const byte of events.join('')) response.write(byte)
    response.end()
  }
  expect(await (await modernPost(weir, 'alice', call)).text()).toBe(events.join(''))
})

test('a legacy stream that can be resumed may end before the answer', async () => {
  answer = (response) => response.writeHead(200, stream).end('id: 1\ndata: \n\n')
  const body = JSON.stringify({ jsonrpc: '2.0', id: 7, ...call })
  const answered = await rawPost(weir, 'alice', { body, headers: { 'mcp-protocol-version': '2025-11-25' } })
  expect(await answered.text()).toBe('id: 1\ndata: \n\n')
})

test('what an external server says taints the run', async () => {
  answer = (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"jsonrpc":"2.0","id":7,"result":{"content":[]}}')
  const first = await modernPost(weir, 'alice', call)
  const headers = { 'weir-run-id': first.headers.get('weir-run-id') ?? '' }
  // The server writes, and the shipped guard lets nothing write in a tainted run without a person.
  expect(await messageOf(await modernPost(weir, 'alice', { ...call, headers }))).toMatchObject({
    result: { _meta: { 'dev.weir/problem': { code: 'approval_required', rule: 'guard.taint-write-tool' } } },
  })
})

test('a server that is not there is not taken for a session that is over', async () => {
  answer = (response) => response.writeHead(404).end()
  const begin = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } }
  const answered = await rawPost(weir, 'alice', { body: JSON.stringify(begin) })
  expect([answered.status, await messageOf(answered)]).toMatchObject([200, { error: { code: 1502 } }])
  expect((await legacyPost(weir, 'alice', 'nobody', begin)).status).not.toBe(200)
})
