/** The HTTP+SSE transport of 2024-11-05, as a client of it: the official server, and servers that do not keep to it. */
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { Wheel } from '../../src/base/wheel.ts'
import type { HeaderList } from '../../src/protocol/http.ts'
import type { LineChannel } from '../../src/relay/mcp/line-channel.ts'
import { openSseChannel } from '../../src/relay/mcp/sse-channel.ts'
import { Transport } from '../../src/relay/wire/transport.ts'
import { upstreamAt } from '../../src/relay/wire/upstream.ts'
import { ask, greet, lineSettings, messageTo, tell } from '../support/lines.ts'
import { serveRawSse, serveSse } from '../support/sse-server.ts'

function open(url: string, first_byte_ms = 5000): LineChannel {
  const wheel = new Wheel(systemClock)
  const limits = { connect_ms: 1000, first_byte_ms, idle_ms: 5000, connections: 8, header_bytes: 16_384 }
  const transport = new Transport(limits, wheel)
  onTestFinished(() => transport.close())
  return openSseChannel({
    transport,
    wheel,
    upstream: upstreamAt(url, [['x-backend-key', 'of-weir']]),
    patience: { first_byte_ms, listen_idle_ms: 5000 },
    maximums: { ...lineSettings, event_bytes: 100_000 },
  })
}

const call = (name: string, more = {}) => ({ id: 1, method: 'tools/call', params: { name, arguments: {}, ...more } })
const opening: HeaderList = [['content-type', 'text/event-stream']]

test('the official server is greeted and called, and progress finds its request', async () => {
  await using server = await serveSse()
  const channel = open(server.url)
  expect((await greet(channel))?.result?.['serverInfo']).toMatchObject({ name: 'sse' })
  const echoed = await ask(channel, call('echo', { arguments: { said: 'hello' } }))
  expect(echoed).toMatchObject({ messages: [{ result: { content: [{ text: 'hello' }] } }], fault: null, status: null })
  const steps = await ask(channel, call('steps', { _meta: { progressToken: 'p' } }))
  expect(steps.messages.map(({ method }) => method)).toEqual(['notifications/progress', undefined])
  expect(new Set(server.seen.map(({ method, path }) => `${method} ${path.replace(/=[\w-]{30,}/, '')}`))).toEqual(
    new Set(['GET /mcp/sse?tenant=1', 'POST /mcp/messages?sessionId']),
  )
})

test('the headers of the first message open the stream, without those of Streamable HTTP', async () => {
  await using server = await serveSse('sesame')
  const channel = open(server.url)
  const credential: HeaderList = [
    ['Authorization', 'Bearer sesame'],
    ['mcp-protocol-version', '2025-06-18'],
    ['x-backend-key', 'of-another'],
  ]
  const asked = await ask(channel, messageTo({ id: 1, method: 'ping' }, credential))
  expect(asked.messages[0]?.result).toEqual({})
  const common = { authorization: 'Bearer sesame', 'x-backend-key': 'of-weir', 'accept-encoding': 'identity' }
  expect(server.seen[0]?.headers).toMatchObject({ ...common, accept: 'text/event-stream' })
  expect(server.seen[1]?.headers).toMatchObject({ ...common, 'content-type': 'application/json' })
  expect(server.seen.some(({ headers }) => 'mcp-protocol-version' in headers)).toBe(false)
})

test('a stream that was refused is opened again for the next message, with its credential', async () => {
  await using server = await serveSse('sesame')
  const channel = open(server.url)
  const refused = await ask(channel, messageTo({ id: 1, method: 'ping' }, [['authorization', 'Bearer wrong']]))
  expect(refused).toMatchObject({ status: 401, fault: { code: 'bad_answer', sent: false } })
  const asked = await ask(channel, messageTo({ id: 1, method: 'ping' }, [['authorization', 'Bearer sesame']]))
  expect(asked).toMatchObject({ fault: null, status: null })
  const expired = await ask(channel, messageTo({ id: 2, method: 'ping' }, [['authorization', 'Bearer expired']]))
  expect(expired).toMatchObject({ status: 401, fault: { sent: true } })
  expect(
    (await ask(channel, messageTo({ id: 3, method: 'ping' }, [['authorization', 'Bearer sesame']]))).fault,
  ).toBeNull()
})

test('a lost stream is a fault for all that is open and the end of the channel', async () => {
  await using server = await serveSse()
  const channel = open(server.url)
  await greet(channel)
  const asked = [1, 2].map((id) => ask(channel, { ...call('hang'), id }))
  await ask(channel, { id: 3, method: 'ping' })
  server.cut()
  for (const each of asked) expect((await each).fault).toMatchObject({ code: 'truncated', sent: true })
  expect((await ask(channel, { id: 4, method: 'ping' })).fault).toMatchObject({ sent: false })
  expect(server.seen.filter(({ method }) => method === 'GET')).toHaveLength(1)
})

test('a server that is not there is a fault for whatever it is told', async () => {
  const gone = await serveSse()
  await gone[Symbol.asyncDispose]()
  const channel = open(gone.url)
  expect((await ask(channel, { id: 1, method: 'ping' })).fault).toMatchObject({ code: 'connect_failed', sent: false })
  expect(await tell(channel, { method: 'notifications/initialized' })).toMatchObject({ code: 'connect_failed' })
})

test.each(['http://127.0.0.1:9/elsewhere', '//other.example/messages', 'file:///etc/passwd', 'http://[bad'])(
  'an endpoint elsewhere is not posted to: %s',
  async (endpoint) => {
    await using server = await serveRawSse((_, response) => {
      response.writeHead(200, Object.fromEntries(opening)).write(`event: endpoint\ndata: ${endpoint}\n\n`)
    })
    expect((await ask(open(server.url), { id: 1, method: 'ping' })).fault?.code).toBe('refused_address')
    expect(server.seen).toHaveLength(1)
  },
)

test('an endpoint may be relative, and what comes before it or under another name is nothing', async () => {
  await using server = await serveRawSse((request, response) => {
    if (request.method === 'POST') {
      response.writeHead(202).end('x'.repeat(100_000))
      stream?.write('event: other\ndata: {"id":1,"error":{}}\n\n: comment\n\ndata: {"id":1,"result":{}}\n\n')
      return
    }
    stream = response.writeHead(200, Object.fromEntries(opening))
    response.write('data: {"id":1,"error":{}}\n\nevent: endpoint\ndata: post?s=1\n\nevent: endpoint\ndata: later\n\n')
  })
  let stream: { write(text: string): void } | null = null
  const { messages } = await ask(open(server.url), { id: 1, method: 'ping' })
  expect(messages).toEqual([{ id: 1, result: {} }])
  expect(server.seen[1]?.path).toBe('/mcp/post?s=1')
})

test.each([
  ['never says where to post', 'first_byte_timeout', ': hello\n\n'],
  ['sends an event that is too long', 'too_large', `data: ${'x'.repeat(200_000)}\n\n`],
])('a stream that %s is given up', async (_, code, text) => {
  await using server = await serveRawSse((_request, response) => {
    response.writeHead(200, Object.fromEntries(opening)).write(text)
  })
  expect((await ask(open(server.url, 100), { id: 1, method: 'ping' })).fault?.code).toBe(code)
})

test('a stream of another kind is a fault with its head', async () => {
  await using server = await serveRawSse((_request, response) => void response.writeHead(405).end())
  expect(await ask(open(server.url), { id: 1, method: 'ping' })).toMatchObject({
    status: 405,
    fault: { code: 'bad_answer' },
  })
})

test('a closed channel lets go of its stream', async () => {
  await using server = await serveSse()
  const channel = open(server.url)
  await greet(channel)
  const asked = ask(channel, call('hang'))
  await ask(channel, { id: 2, method: 'ping' })
  channel.close()
  expect((await asked).fault?.code).toBe('aborted')
})
