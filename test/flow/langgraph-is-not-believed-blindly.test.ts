/** The driver of LangGraph against servers that cut streams off, keep no events, and answer strange things. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { openLangGraph } from '../../src/relay/drivers/langgraph.ts'
import { DriverTrial, stateIn, textIn } from '../support/driver-bench.ts'
import { until } from '../support/relay.ts'

const run = '01a221da-f31a-7066-ad9a-1cbb851ffb91'
const options = { kind: 'langgraph', assistant_id: 'agent', api_key: null } as const
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Script {
  /** How the run stands whenever it is asked. */
  readonly run?: () => string
  readonly thread?: (asked: string) => JsonObject
  readonly stream: (response: ServerResponse, asked: string) => void
}

/** A server that knows one run; `asked` is the id of the last message it was sent. */
async function serve({ run: status = () => 'success', thread = () => ({}), stream }: Script): Promise<DriverTrial> {
  let asked = ''
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    asked = /"id":"([^"]+)"/.exec(Buffer.concat(pieces).toString())?.[1] ?? asked
    if (request.url?.endsWith('/stream')) return stream(response, asked)
    const found = request.url?.includes('/runs') ? { run_id: run, status: status() } : thread(asked)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(found))
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const trial = new DriverTrial(`http://127.0.0.1:${port}/base/?x=1`, (upstream, bench) =>
    openLangGraph(options, upstream, bench),
  )
  stops.push(async () => {
    await trial.stop()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  })
  return trial
}

const event = (name: string, data: unknown): string => `event: ${name}\r\ndata: ${JSON.stringify(data)}\r\n\r\n`
const metadata = event('metadata', { run_id: run })
const chunks = ['one ', 'two'].map((content) => event('messages', [{ type: 'ai', id: 'm1', content }, {}]))
const whole = { type: 'ai', id: 'm1', content: 'one two', usage_metadata: { input_tokens: 1, output_tokens: 1 } }

function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
}

function answered(asked: string): JsonObject {
  return { status: 'idle', values: { messages: [{ type: 'human', id: asked, content: 'hi' }, whole] } }
}

test('a stream that ends while its run goes on is a fault', async () => {
  const trial = await serve({ run: () => 'running', stream: (response) => begin(response).end(metadata) })
  const heard = await trial.stream('hi').heard
  expect(heard.fault?.code).toBe('truncated')
  expect(heard.said.map(stateIn)).toEqual(['TASK_STATE_WORKING'])
})

test('a stream that is cut off wherever is made whole from the thread, or is a fault', async () => {
  const text = metadata + chunks.join('')
  let cut = 0
  const trial = await serve({ stream: (response) => begin(response).end(text.slice(0, cut)), thread: answered })
  for (cut = 0; cut <= text.length; cut += 1) {
    const heard = await trial.stream('hi').heard
    // The last line feed adds nothing: a carriage return ends a line by itself.
    if (cut < metadata.length - 1) expect(heard.fault?.code).toBe('bad_answer')
    else expect(textIn(heard.said)).toBe('one two')
  }
})

test('a connection that breaks is a fault, and what was said stays said', async () => {
  const trial = await serve({
    stream: (response) => begin(response).write(metadata + chunks[0], () => response.destroy()),
  })
  const heard = await trial.stream('hi').heard
  expect(heard.fault?.code).toBe('truncated')
  expect(textIn(heard.said)).toBe('one ')
})

test('a whole message is told once, whatever it is called in the end', async () => {
  const renamed = event('updates', { model: { messages: [{ ...whole, id: 'm2' }] } })
  const thread = (asked: string) => ({
    values: {
      messages: [
        { type: 'human', id: asked },
        { ...whole, id: 'm2' },
      ],
    },
  })
  const trial = await serve({ stream: (response) => begin(response).end(metadata + chunks.join('') + renamed), thread })
  const { said } = await trial.send('hi').heard
  expect(said[0]).toMatchObject({
    task: { artifacts: [{ parts: [{ text: 'one two' }] }], metadata: { 'weir.dev/usage': { total_tokens: 2 } } },
  })
  expect(textIn(said)).toBe('one two')
})

test('what was paid for in an earlier call is not paid for again, though a node tells the whole conversation', async () => {
  const before = { type: 'ai', id: 'm0', content: 'zero', usage_metadata: { input_tokens: 50, output_tokens: 50 } }
  const told = event('updates', { model: { messages: [before, whole] } })
  const thread = (asked: string) => ({ values: { messages: [before, { type: 'human', id: asked }, whole] } })
  const trial = await serve({ stream: (response) => begin(response).end(metadata + told), thread })
  const { said } = await trial.send('hi').heard
  expect(said[0]).toMatchObject({ task: { metadata: { 'weir.dev/usage': { total_tokens: 2 } } } })
})

test('a server that replays no events is asked for what was missed', async () => {
  const states = ['running', 'running', 'success']
  const trial = await serve({
    run: () => states.shift() ?? 'success',
    stream: (response) => begin(response).end(),
    thread: () => answered('hop1'),
  })
  const task = { thread: run, run, context: 'c1', message: 'hop1' }
  const { said } = await trial.follow('subscribe', run, { task }).heard
  expect(said.map(stateIn)).toEqual(['TASK_STATE_WORKING', null, 'TASK_STATE_COMPLETED'])
  expect(textIn(said)).toBe('one two')
})

test.each([
  [422, -32004],
  [409, -32004],
  [429, -32004],
  [413, -32602],
])('a refusal with status %i is the error %i', async (status, code) => {
  const trial = await serve({ stream: (response) => response.writeHead(status).end('internal words') })
  const { error, said } = await trial.stream('hi').heard
  expect(error?.code).toBe(code)
  expect(error?.message).not.toContain('internal words')
  expect(said).toEqual([])
})

test.each([
  ['a redirect', (response: ServerResponse) => response.writeHead(302, { location: '/x' }).end()],
  ['a refusal of our key', (response: ServerResponse) => response.writeHead(403).end()],
  ['a page', (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
  ['a failure', (response: ServerResponse) => response.writeHead(500).end('stack')],
  ['an encoded answer', (response: ServerResponse) => begin(response.setHeader('content-encoding', 'gzip')).end('x')],
])('%s is a fault', async (_, stream) => {
  const trial = await serve({ stream })
  expect((await trial.stream('hi').heard).fault?.code).toBe('bad_answer')
})

test('an event without end is a fault', async () => {
  const trial = await serve({ stream: (response) => begin(response).end(`data: ${'x'.repeat(300_000)}`) })
  expect((await trial.stream('hi').heard).fault?.code).toBe('too_large')
})

test('events of other kinds and of other forms are passed over', async () => {
  const noise = ['messages', 'updates', 'messages|inner', 'values', 'later'].flatMap((name) =>
    [null, [], [7], { __interrupt__: 7 }, { node: [{ messages: 'x' }] }].map((data) => event(name, data)),
  )
  const text = `: ping\n\n${metadata}${noise.join('')}event: messages\ndata: {broken\n\n${chunks.join('')}`
  const trial = await serve({ stream: (response) => begin(response).end(text), thread: answered })
  const heard = await trial.stream('hi').heard
  expect(textIn(heard.said)).toBe('one two')
  expect(heard.quiet).toBe(1)
})

test('who lets go hears nothing more', async () => {
  let closed = false
  const trial = await serve({
    stream: (response) => {
      begin(response).write(metadata + chunks[0])
      response.on('close', () => (closed = true))
    },
  })
  const asking = trial.stream('hi')
  await asking.until((told) => 'artifactUpdate' in told)
  asking.line.abort()
  await until(() => closed)
  expect(asking.said).toHaveLength(2)
})

test('our own headers win, and those of the caller cross where nobody set them', async () => {
  let headers: Readonly<Record<string, unknown>> = {}
  const trial = await serve({
    stream: (response) => {
      headers = response.req.headers
      begin(response).end()
    },
  })
  await trial.stream('hi', {
    headers: [
      ['traceparent', '00-aa'],
      ['x-operator', 'forged'],
      ['accept', 'forged'],
    ],
  }).heard
  expect(headers).toMatchObject({
    traceparent: '00-aa',
    'x-operator': 'operator-secret',
    accept: 'text/event-stream',
    'txn-token': 'delivery-token',
  })
})
