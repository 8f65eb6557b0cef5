/** The bridge of `weir mcp stdio` before a gateway that the test writes: streams that break, questions, refusals, credentials that change. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Bridge } from '../../src/cli/bridge/bridge.ts'
import { Courier } from '../../src/cli/bridge/courier.ts'
import { credentialFrom, type ReadCredential } from '../../src/cli/bridge/credential.ts'
import type { Message } from '../support/lines.ts'
import { initialize, modern } from '../support/pipe-client.ts'
import { until } from '../support/relay.ts'
import { serveRawSse } from '../support/sse-server.ts'

interface Told {
  readonly method: string
  readonly message: Message
  readonly headers: IncomingMessage['headers']
}

type Answer = (told: Told, response: ServerResponse) => void

/** A bridge to a gateway that answers `initialize` with a session, and everything else as told. */
async function bridgeTo(answer: Answer, credential: ReadCredential = () => Promise.resolve('Bearer x')) {
  const seen: Told[] = []
  const gateway = await serveRawSse((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      const message = (text === '' ? {} : JSON.parse(text)) as Message
      const told = { method: request.method ?? '', message, headers: request.headers }
      seen.push(told)
      if (message.method === 'initialize')
        json(response, 200, { id: message.id, result: { protocolVersion: '2025-11-25' } }, { 'mcp-session-id': 's1' })
      else answer(told, response)
    })()
  })
  const heard: Message[] = []
  const said: string[] = []
  const say = (sentence: string): void => void said.push(sentence)
  const courier = new Courier({ url: new URL(gateway.url), credential, say })
  const bridge = new Bridge({ courier, say, out: (line) => void heard.push(JSON.parse(line.toString()) as Message) })
  const send = (...messages: readonly object[]): void => {
    for (const each of messages) void bridge.take(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...each })))
  }
  return {
    seen,
    heard,
    said,
    send,
    courier,
    answer: (id: unknown): Message | undefined => heard.find((each) => each.id === id && each.method === undefined),
    async [Symbol.asyncDispose]() {
      await bridge.close(0)
      await gateway[Symbol.asyncDispose]()
    },
  }
}

function json(response: ServerResponse, status: number, message: object, headers: Record<string, string> = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ jsonrpc: '2.0', ...message }))
}

function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

const initialized = { method: 'notifications/initialized' }

test('a stream of a session that ends before the answer is gone on with, from where it ended', async () => {
  await using pipe = await bridgeTo(({ method, message, headers }, response) => {
    const place = headers['last-event-id']
    if (message.method === 'tools/call') stream(response).end('id: 1\nretry: 10\ndata:\n\n')
    else if (method === 'POST' || place === undefined) response.writeHead(202).end()
    else if (place === '1') stream(response).end('id: 2\ndata: {"method":"notifications/progress"}\n\n')
    else stream(response).end('id: 3\ndata: {"id":2,\ndata: "result":{"ok":true}}\n\n')
  })
  pipe.send(initialize(1), { id: 2, method: 'tools/call' })
  await until(() => pipe.answer(2) !== undefined)
  expect(pipe.heard.slice(1)).toEqual([{ method: 'notifications/progress' }, { id: 2, result: { ok: true } }])
  expect(pipe.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, undefined, '1', '2'])
})

test('a stream that never gets any further is given up, and a modern one at once', async () => {
  await using pipe = await bridgeTo((_, response) => void stream(response).end('id: 1\nretry: 1\ndata:\n\n'))
  pipe.send(initialize(1), { id: 2, method: 'tools/call' }, modern(3, 'tools/call'))
  await until(() => pipe.answer(3) !== undefined)
  expect(pipe.answer(3)?.error?.message).toMatch('broke off')
  await until(() => pipe.answer(2) !== undefined)
  expect(pipe.answer(2)?.error?.message).toMatch('broke off')
  expect(pipe.seen.filter(({ method }) => method === 'GET')).toHaveLength(5)
})

test('the stream of a session is opened once it has begun, and asked for again from where it ended', async () => {
  await using pipe = await bridgeTo(({ method, headers }, response) => {
    if (method !== 'GET') response.writeHead(202).end()
    else if (headers['last-event-id']) stream(response).write('data: {"method":"second"}\n\n')
    else stream(response).end('id: 7\nretry: 5\ndata: {"method":"first"}\n\n')
  })
  pipe.send(initialize(1), initialized)
  await until(() => pipe.heard.length === 3)
  expect(pipe.heard.slice(1)).toEqual([{ method: 'first' }, { method: 'second' }])
})

test('where there is no such stream, it is not asked for again', async () => {
  await using pipe = await bridgeTo(
    ({ method }, response) => void response.writeHead(method === 'GET' ? 405 : 202).end(),
  )
  pipe.send(initialize(1), initialized, { id: 2, method: 'ping' })
  await until(() => pipe.answer(2) !== undefined)
  expect(pipe.seen.filter(({ method }) => method === 'GET')).toHaveLength(1)
})

test('a question that comes while a call is open is asked, and its answer goes back into the session', async () => {
  let open: ServerResponse | null = null
  await using pipe = await bridgeTo(({ message }, response) => {
    if (message.method === 'tools/call') open = stream(response)
    else response.writeHead(202).end()
    if (message.method === 'tools/call') open?.write('data: {"id":"q","method":"roots/list"}\n\n')
    if (message.result) open?.end('data: {"id":2,"result":{}}\n\n')
  })
  pipe.send(initialize(1), { id: 2, method: 'tools/call' })
  await until(() => pipe.heard.some(({ method }) => method === 'roots/list'))
  pipe.send({ id: 'q', result: { roots: [] } })
  await until(() => pipe.answer(2) !== undefined)
  expect(pipe.seen.at(-1)?.headers['mcp-session-id']).toBe('s1')
})

test('the cancellation of a request in a session goes to the server, and no answer after it is no error', async () => {
  let open: ServerResponse | null = null
  await using pipe = await bridgeTo(({ message }, response) => {
    if (message.method === 'tools/call') open = stream(response)
    else response.writeHead(202).end()
    if (message.method === 'notifications/cancelled') open?.end()
  })
  pipe.send(initialize(1), { id: 2, method: 'tools/call' })
  await until(() => open !== null)
  pipe.send({ method: 'notifications/cancelled', params: { requestId: 2 } }, { id: 3, method: 'ping' })
  await until(() => pipe.answer(3) !== undefined)
  expect(pipe.seen.map(({ message }) => message.method)).toContain('notifications/cancelled')
  expect(pipe.answer(2)).toBeUndefined()
})

test.each([
  [404, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}', 'Session not found'],
  [200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}', 'no'],
  [502, '<html>', 'HTTP 502. The gateway has trouble'],
  [404, '', 'HTTP 404. Nothing is at this address'],
  [202, '', 'broke off'],
])('an answer of %d with %j is an error for the request', async (status, body, text) => {
  await using pipe = await bridgeTo(
    (_, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  )
  pipe.send(modern(1, 'tools/list'))
  await until(() => pipe.heard.length > 0)
  expect(pipe.heard).toMatchObject([{ id: 1, error: { message: expect.stringMatching(text) as string } }])
})

test('two requests of one id are not open at once, and numbers keep their digits', async () => {
  await using pipe = await bridgeTo(({ message }, response) => {
    if (message.id === 1) return
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"id": 2,\r\n "result": {"n": 1.0}}')
  })
  pipe.send(modern(1, 'tools/call'), modern(1, 'tools/list'), modern(2, 'tools/list'))
  await until(() => pipe.heard.length === 2)
  expect(pipe.answer(1)?.error?.message).toMatch('open already')
  expect(pipe.answer(2)?.result).toEqual({ n: 1 })
})

test('arguments that a tool wants in headers stand there, once its list has passed', async () => {
  const region = { type: 'string', 'x-mcp-header': 'Region' }
  const deep = { type: 'object', properties: { count: { type: 'integer', 'x-mcp-header': 'Count' } } }
  const odd = { bad: { 'x-mcp-header': 'no token' }, list: { items: { properties: { in: region } } } }
  const tools = [
    { name: 'sum', inputSchema: { type: 'object', properties: { region, deep, ...odd } } },
    { name: 'other' },
    7,
  ]
  await using pipe = await bridgeTo(({ message }, response) =>
    json(response, 200, { id: message.id, result: { tools } }),
  )
  pipe.send(modern(1, 'tools/list'))
  await until(() => pipe.answer(1) !== undefined)
  const args = { region: 'Île', deep: { count: 7 }, bad: 'x', list: [] }
  pipe.send(
    modern(2, 'tools/call', { name: 'sum', arguments: args }),
    modern(3, 'tools/call', { name: 'other', arguments: args }),
  )
  await until(() => pipe.answer(2) !== undefined && pipe.answer(3) !== undefined)
  const params = (id: number) => Object.entries(pipe.seen.find(({ message }) => message.id === id)?.headers ?? {})
  expect(params(2).filter(([name]) => name.startsWith('mcp-param-'))).toEqual([
    ['mcp-param-region', '=?base64?w45sZQ==?='],
    ['mcp-param-count', '7'],
  ])
  expect(params(3).filter(([name]) => name.startsWith('mcp-param-'))).toEqual([])
})

test('who begins anew leaves the session before', async () => {
  await using pipe = await bridgeTo((_, response) => void response.writeHead(202).end())
  pipe.send(initialize(1))
  await until(() => pipe.answer(1) !== undefined)
  pipe.send(initialize(2))
  await until(() => pipe.seen.some(({ method }) => method === 'DELETE'))
})

test('a token file is read for each message, and a missing or strange one is an error that says so', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'weir-token-')), 'token')
  const place = { tokenFile: path, tokenEnv: { name: 'X', value: 'unused' } }
  await using pipe = await bridgeTo(
    ({ message, headers }, response) => {
      json(response, 200, { id: message.id, result: { saw: headers.authorization } })
    },
    credentialFrom(place, false),
  )
  const ask = async (id: number): Promise<Message | undefined> => {
    pipe.send(modern(id, 'tools/list'))
    await until(() => pipe.answer(id) !== undefined)
    return pipe.answer(id)
  }
  expect((await ask(1))?.error?.message).toMatch('cannot be read (ENOENT)')
  writeFileSync(path, 'first\n')
  expect((await ask(2))?.result).toEqual({ saw: 'Bearer first' })
  writeFileSync(path, 'second')
  expect((await ask(3))?.result).toEqual({ saw: 'Bearer second' })
  writeFileSync(path, '{"access_token":"secret","token_type":"DPoP"}')
  expect((await ask(4))?.error?.message).toMatch('bound to a key')
  writeFileSync(path, 'two words')
  expect((await ask(5))?.error?.message).toMatch('does not hold a token')
  expect(JSON.stringify([pipe.heard, pipe.said])).not.toMatch(/secret|two words/)
})
