import { afterAll, beforeEach, expect, test } from 'vitest'
import { eventsOf, eventWhere, isRequest, messagesOf, only } from '../support/front-events.ts'
import { begin, inSession, modern } from '../support/front-weir.ts'
import { neutralServer } from '../support/mcp-neutral.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers } from '../support/mcp-weir.ts'
import { until } from '../support/relay.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const seen = { waiting: 0, cancelled: 0 }
const fixture = await serveMcpFixture(() => neutralServer(seen))
const config = configForServers(
  { old: { url: fixture.url, eras: 'legacy' }, young: { url: fixture.url, eras: 'modern' } },
  { limits: {} },
)
let weir = await startWeir(config)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})
beforeEach(() => Object.assign(seen, { waiting: 0, cancelled: 0 }))

const alice = keyOf('alice')
const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
const oldServer = { path: '/mcp/s/old', agent: alice, capabilities: everything }
const youngServer = { path: '/mcp/s/young', agent: alice, capabilities: everything }
const call = (name: string, id: number | string = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })
const named = { action: 'accept', content: { name: 'Ana' } }

async function resultOf(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const message = (await messagesOf(await answer)).at(-1)
  return (message?.['result'] ?? { error: message?.['error'] }) as Record<string, unknown>
}

interface Asked {
  readonly inputRequests: Readonly<Record<string, { readonly method: string }>>
  readonly requestState: string
}

/** Sends a call with what it was answered with, and what is answered to that. */
const resume = (name: string, { inputRequests, requestState }: Asked) => {
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, named]))
  return modern(weir, 'tools/call', { name, requestState, inputResponses }, oldServer)
}

const asked = async (name: string): Promise<Asked> =>
  (await resultOf(modern(weir, 'tools/call', { name }, oldServer))) as unknown as Asked

test('each request of a call in rounds is a hop of its own, and the server heard of one call', async () => {
  const callsAtServer = (): number => fixture.seen.filter(({ body }) => body.includes('"tools/call"')).length
  const before = callsAtServer()
  const first = await asked('greets')
  expect(Object.values(first.inputRequests)).toMatchObject([{ method: 'elicitation/create' }])
  const { runs: open } = await weir.ask<{ runs: readonly { calls: number; open: number }[] }>('/api/v1/runs')
  expect(open.every((run) => run.open === 0)).toBe(true)
  const answer = await resume('greets', first)
  expect(answer.headers.get('weir-hop-id')).toBeTruthy()
  expect(await resultOf(Promise.resolve(answer))).toMatchObject({ content: [{ text: 'Hello, Ana!' }] })
  expect(callsAtServer()).toBe(before + 1)
})

test('of a question that waited when the gateway died nothing is left, and nobody pretends', async () => {
  const first = await asked('greets')
  const { directory } = weir
  await weir.kill('SIGKILL')
  weir = await startWeir(config, directory)
  expect(await resultOf(resume('greets', first))).toMatchObject({ error: { code: -32602 } })
  const again = await asked('greets')
  expect(await resultOf(resume('greets', again))).toMatchObject({ content: [{ text: 'Hello, Ana!' }] })
})

test('a session with a server that has none outlives a crash', async () => {
  const session = await begin(weir, youngServer)
  const add = { ...call('sum'), params: { name: 'sum', arguments: { a: 1, b: 2 } } }
  expect(await only(inSession(weir, session, add, youngServer))).toMatchObject({ result: { content: [{ text: '3' }] } })
  const { directory } = weir
  await weir.kill('SIGKILL')
  weir = await startWeir(config, directory)
  expect(await only(inSession(weir, session, add, youngServer))).toMatchObject({ result: { content: [{ text: '3' }] } })
})

test('what comes in a session is of its era, whatever else is said with it', async () => {
  const message = { jsonrpc: '2.0', method: 'notifications/initialized' }
  const session = await begin(weir, youngServer)
  const headers = { 'mcp-method': message.method, 'mcp-protocol-version': '2025-11-25' }
  expect((await inSession(weir, session, message, { ...youngServer, headers })).status).toBe(202)
})

test('a modern client that leaves cancels at a legacy server', async () => {
  const gone = new AbortController()
  const left = modern(weir, 'tools/call', { name: 'waits' }, { ...oldServer, signal: gone.signal }).catch(() => null)
  await until(() => seen.waiting === 1)
  gone.abort()
  await left
  await until(() => seen.cancelled === 1)
})

test('a legacy client that leaves does not, its word does, and only for its own request', async () => {
  const session = await begin(weir, youngServer)
  const other = await begin(weir, youngServer)
  const gone = new AbortController()
  const cut = inSession(weir, session, call('waits', 'w'), { ...youngServer, signal: gone.signal }).catch(() => null)
  await until(() => seen.waiting === 1)
  gone.abort()
  await cut
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'w' } }
  await inSession(weir, other, cancel, youngServer)
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
  expect(await only(inSession(weir, session, ping, youngServer))).toMatchObject({ result: {} })
  expect(seen.cancelled).toBe(0)
  await inSession(weir, session, cancel, youngServer)
  await until(() => seen.cancelled === 1)
})

test('a legacy client that was cut off in the middle of a question answers it and asks for the rest', async () => {
  const session = await begin(weir, youngServer)
  const gone = new AbortController()
  const events = eventsOf(await inSession(weir, session, call('greets'), { ...youngServer, signal: gone.signal }))
  const question = await eventWhere(events, isRequest)
  gone.abort()
  await events.next().catch(() => null)
  const answer = { jsonrpc: '2.0', id: question.data?.['id'], result: named }
  expect((await inSession(weir, session, answer, youngServer)).status).toBe(202)
  const get = { ...youngServer, method: 'GET', headers: { 'last-event-id': question.id ?? '' } }
  const rest = eventsOf(await inSession(weir, session, null, get))
  expect((await eventWhere(rest, ({ data }) => data?.['id'] === 1)).data).toMatchObject({
    result: { content: [{ text: 'Hello, Ana!' }] },
  })
})
