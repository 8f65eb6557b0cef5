/** Servers that say less, more, or something else than they should, and what a request over a link comes to. */
import { expect, it } from 'vitest'
import { readTraceparent } from '../../src/protocol/traceparent.ts'
import type { End } from '../../src/relay/mcp/link.ts'
import { nothing } from '../../src/relay/mcp/listeners.ts'
import {
  asking,
  askOver,
  calling,
  listener,
  openLinksTo,
  permit,
  plainSpeaker,
  resultOf,
} from '../support/mcp-links.ts'
import { answer, event, greeting, plain, refuse, type Scripted, serveScript, stream } from '../support/mcp-script.ts'
import { until } from '../support/relay.ts'

const quiet = plainSpeaker({ capabilities: Buffer.from('{}') })

/** What a call of a legacy server ends with. */
async function endAt(handle: (request: Scripted) => void, options = {}): Promise<End> {
  await using server = await serveScript(handle)
  await using bench = openLinksTo(server.url, 'legacy', options)
  const heard = askOver(await bench.link('legacy', quiet), calling('any'))
  const end = await heard.end
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(heard.ends).toHaveLength(1)
  return end as End
}

/** Answers calls like this and everything else plainly. */
const calls = (handle: (request: Scripted) => void) => (request: Scripted) =>
  request.rpc.method === 'tools/call' ? handle(request) : plain(request)

const codeOf = (end: End): string => (end.kind === 'fault' ? end.fault.code : end.kind)

it.each<[string, string, (request: Scripted) => void]>([
  ['garbage', 'bad_answer', ({ response }) => void response.writeHead(200, json).end('{"jsonrpc"')],
  ['a page', 'bad_answer', ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ['nothing', 'truncated', ({ response }) => void response.writeHead(202).end()],
  ['an answer to somebody else', 'truncated', ({ response }) => answer(response, 999, {})],
  ['a whole answer that is too large', 'too_large', ({ response, rpc }) => answer(response, rpc.id, { a: large })],
  ['an event that is too large', 'too_large', ({ response }) => void stream(response).write(`data: ${large}`)],
  ['an event that is no JSON', 'bad_answer', ({ response }) => void stream(response).write('data: {"a\n\n')],
  ['a stream that ends early', 'truncated', ({ response }) => void stream(response).end(': nothing\n\n')],
  ['an error of the house', 'bad_answer', ({ response }) => void response.writeHead(500).end('oops')],
  ['a redirect', 'bad_answer', ({ response }) => void response.writeHead(302, { location: '/x' }).end()],
  [
    'an encoded answer',
    'bad_answer',
    ({ response }) => void response.writeHead(200, { 'content-encoding': 'br' }).end(),
  ],
  ['an error with its status', 'error', ({ response }) => refuse(response, 400, { code: -32602, message: 'no' })],
  [
    'an answer in a batch',
    'result',
    ({ response, rpc }) => void response.writeHead(200, json).end(`[{"jsonrpc":"2.0","id":${rpc.id},"result":{}}]`),
  ],
])('%s is heard as %s', async (_, code, handle) => {
  expect(codeOf(await endAt(calls(handle), { answer_bytes: 5000, event_bytes: 5000 }))).toBe(code)
})

const json = { 'content-type': 'application/json' }
const large = 'x'.repeat(10_000)

it('the rest of an answer is asked for again and again, and comes once', async () => {
  let id: number | undefined
  const asked: unknown[] = []
  const end = await endAt((request) => {
    const { rpc, method, headers, response } = request
    if (rpc.method === 'tools/call') {
      id = rpc.id
      stream(response).end('id: e1\nretry: 20\ndata:\n\n')
    } else if (method === 'GET') {
      asked.push(headers['last-event-id'])
      if (asked.length === 1) stream(response).end('id: e2\ndata: \n\n')
      else if (asked.length === 2) response.socket?.destroy()
      else if (asked.length === 3) stream(response).write('id: e3\ndata: \n\n', () => response.socket?.destroy())
      else stream(response).end(event({ jsonrpc: '2.0', id, result: { done: true } }, 'e4').repeat(2))
    } else plain(request)
  })
  expect(end.kind).toBe('result')
  expect(asked).toEqual(['e1', 'e2', 'e2', 'e3'])
})

it('the rest of an answer is not asked for without end', async () => {
  const end = await endAt(
    (request) => {
      const { rpc, method, response } = request
      if (rpc.method === 'tools/call') stream(response).end('id: e1\nretry: 10\ndata:\n\n')
      else if (method === 'GET') stream(response).end('id: e1\ndata:\n\n')
      else plain(request)
    },
    { patience: { idle_ms: 200 } },
  )
  expect(codeOf(end)).toBe('idle_timeout')
})

it('a server that has no rest of an answer has lost it', async () => {
  const end = await endAt(calls(({ response }) => void stream(response).end('id: e1\nretry: 1\ndata:\n\n')))
  expect(codeOf(end)).toBe('truncated')
})

/** A server with sessions; `isOver` says which of them are. */
function withSessions(isOver: (session: string) => boolean, over: (request: Scripted) => void) {
  let sessions = 0
  return (request: Scripted): void => {
    const { rpc, response, headers } = request
    if (rpc.method === 'initialize') {
      sessions += 1
      return answer(response, rpc.id, greeting(), { 'mcp-session-id': `s${sessions}` })
    }
    return isOver(String(headers['mcp-session-id'])) ? over(request) : plain(request)
  }
}

it.each<[string, (request: Scripted) => void]>([
  ['404', ({ response }) => void response.writeHead(404).end()],
  ['404 and an error', ({ response }) => refuse(response, 404, { code: -32001, message: 'Session not found' })],
  ['400', ({ response }) => refuse(response, 400, { code: -32000, message: 'Bad Request: No valid session ID' })],
])('a session that is over (%s) is begun anew once, and the request repeated', async (_, over) => {
  const old = new Set<string>()
  await using server = await serveScript(withSessions((session) => old.has(session), over))
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  await resultOf(askOver(link, calling('one')))
  old.add('s1')
  const two = [askOver(link, calling('two')), askOver(link, calling('three'))]
  await Promise.all(two.map(resultOf))
  expect(server.count('initialize')).toBe(2)
  old.add('s2').add('s3')
  expect(codeOf((await askOver(link, calling('four')).end) as End)).toMatch(/bad_answer|error/)
  expect(server.count('initialize')).toBe(3)
})

it('notifications may be answered with 204', async () => {
  const end = await endAt((request) =>
    request.rpc.id === undefined ? void request.response.writeHead(204).end() : plain(request),
  )
  expect(end.kind).toBe('result')
})

it('two requests hear their own progress only, and none that goes back', async () => {
  const open: Scripted[] = []
  await using server = await serveScript(
    calls((request) => {
      open.push(request)
      if (open.length < 2) return
      for (const { response } of open) stream(response)
      for (const [i, { response }] of open.entries())
        for (const progress of [1, 3, 2, 4])
          for (const { rpc } of i === 0 ? open : open.toReversed()) {
            const _meta = rpc.params?.['_meta'] as { progressToken: number } | undefined
            const params = { progressToken: _meta?.progressToken, progress }
            response.write(event({ jsonrpc: '2.0', method: 'notifications/progress', params }))
          }
      for (const { response, rpc } of open) response.end(event({ jsonrpc: '2.0', id: rpc.id, result: {} }))
    }),
  )
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  const ask = (_meta: object) => askOver(link, asking('tools/call', { name: 'a', _meta }))
  const both = [ask({ progressToken: 'same' }), ask({ progressToken: 'same' })]
  await Promise.all(both.map(resultOf))
  for (const { notices } of both)
    expect(notices.map(({ params }) => params)).toEqual(
      [1, 3, 4].map((progress) => ({ progressToken: 'same', progress })),
    )
})

it('what the modern era says stays out of the legacy one, and who asks is Weir', async () => {
  await using server = await serveScript((request) => plain(request))
  await using bench = openLinksTo(server.url, 'legacy')
  const prefix = 'io.modelcontextprotocol/'
  const modern = ['protocolVersion', 'clientCapabilities', 'clientInfo', 'logLevel']
  const _meta: Record<string, unknown> = { 'x.org/kept': 1 }
  for (const name of modern) _meta[prefix + name] = {}
  const params = { name: 'a', arguments: { n: 1 }, _meta }
  const trace = readTraceparent(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, 'a=b')
  await resultOf(askOver(await bench.link('modern', quiet), asking('tools/call', params, { trace })))
  const call = server.seen.find(({ rpc }) => rpc.method === 'tools/call')
  expect(call?.rpc.params).toEqual({
    name: 'a',
    arguments: { n: 1 },
    _meta: { 'x.org/kept': 1, traceparent: trace?.traceparent, tracestate: 'a=b' },
  })
  expect(call?.headers['mcp-protocol-version']).toBe('2025-11-25')
  expect(call?.headers.accept).toBe('application/json, text/event-stream')
  const hello = server.seen.find(({ rpc }) => rpc.method === 'initialize')
  expect(hello?.rpc.params?.['clientInfo']).toEqual({ name: 'weir', version: '0.0.0' })
})

it.each(['2025-03-26', '2024-11-05'])('a server of %s is not told the revision in a header', async (version) => {
  await using server = await serveScript((request) =>
    request.rpc.method === 'initialize' ? answer(request.response, request.rpc.id, greeting(version)) : plain(request),
  )
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  await resultOf(askOver(link, calling('a')))
  expect(link.about.version).toBe(version)
  expect(server.seen.every(({ headers }) => !('mcp-protocol-version' in headers))).toBe(true)
})

it('what the client cannot be asked is answered with an error, a ping with a result', async () => {
  const asked = [
    { method: 'ping' },
    { method: 'sampling/createMessage', params: {} },
    { method: 'elicitation/create', params: { mode: 'url' } },
    { method: 'tasks/get', params: {} },
  ]
  await using server = await serveScript(
    calls(({ response, rpc }) => {
      stream(response)
      for (const [i, each] of asked.entries()) response.write(event({ jsonrpc: '2.0', id: `s${i}`, ...each }))
      setTimeout(() => response.end(event({ jsonrpc: '2.0', id: rpc.id, result: {} })), 100)
    }),
  )
  await using bench = openLinksTo(server.url, 'legacy')
  const formsOnly = plainSpeaker({ capabilities: Buffer.from('{"elicitation":{}}') })
  const heard = askOver(await bench.link('legacy', formsOnly), calling('a'))
  await resultOf(heard)
  expect(heard.asks).toEqual([])
  const answers = server.seen.filter(({ rpc }) => String(rpc.id).startsWith('s')).map(({ rpc }) => rpc)
  const said = answers.toSorted((a, b) => String(a.id).localeCompare(String(b.id)))
  expect(said.map(({ result, error }) => result ?? error?.code)).toEqual([{}, -32601, -32602, -32601])
})

it('a question on the stream of the session goes to the only request that is open', async () => {
  let ear: Scripted['response'] | null = null
  await using server = await serveScript((request) => {
    const { rpc, method, response } = request
    if (method === 'GET') return void (ear = stream(response).flushHeaders() ?? response)
    if (rpc.method === 'tools/call') return ask(response, rpc.id)
    if (rpc.result === undefined) return plain(request)
    response.writeHead(202).end()
    waiting?.(rpc.result)
  })
  let waiting: ((result: unknown) => void) | null = null
  const ask = (response: Scripted['response'], id: number | undefined): void => {
    waiting = (result) => answer(response, id, { heard: result })
    const question = event({ jsonrpc: '2.0', id: 1, method: 'roots/list' })
    const timer = setInterval(() => ear && (clearInterval(timer), ear.write(question)), 5)
  }
  await using bench = openLinksTo(server.url, 'legacy')
  const heard = askOver(await bench.link('modern'), calling('a'), () => ({ roots: [] }))
  expect(await resultOf(heard)).toEqual({ heard: { roots: [] } })
  expect([...(heard.asks[0]?.questions.keys() ?? [])]).toEqual(['q1'])
})

it('a server that ends the stream of its session at once is not asked again at once', async () => {
  await using server = await serveScript((request) =>
    request.method === 'GET' ? void stream(request.response).end() : plain(request),
  )
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  link.listen(permit, nothing, listener().hearer)
  await until(() => server.count('GET') === 2)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(server.count('GET')).toBe(2)
})

it('a server that answers 404 where it has no stream keeps its session', async () => {
  const handle = withSessions(
    () => false,
    () => undefined,
  )
  await using server = await serveScript((request) =>
    request.method === 'GET' ? void request.response.writeHead(404).end() : handle(request),
  )
  await using bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  link.listen(permit, nothing, listener().hearer)
  await until(() => server.count('ping') === 1)
  await resultOf(askOver(link, calling('a')))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([server.count('initialize'), server.count('GET')]).toEqual([1, 1])
})

it('closing a link ends what is open over it, and the session', async () => {
  await using server = await serveScript(
    withSessions(
      () => false,
      () => undefined,
    ),
  )
  const bench = openLinksTo(server.url, 'legacy')
  const link = await bench.link('legacy', quiet)
  const heard = askOver(link, calling('a'))
  const listening = listener()
  link.listen(permit, nothing, listening.hearer)
  link.close()
  expect(codeOf((await heard.end) as End)).toBe('aborted')
  expect(listening.ends).toEqual([null])
  await until(() => server.count('DELETE') === 1)
  await bench[Symbol.asyncDispose]()
  expect(heard.ends).toHaveLength(1)
})
