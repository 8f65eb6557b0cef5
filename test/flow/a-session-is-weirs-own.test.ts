import { afterAll, beforeEach, expect, test } from 'vitest'
import { eventsOf, eventWhere, messagesOf, only } from '../support/front-events.ts'
import { begin, frontWeir, inSession, modern, type Said, say } from '../support/front-weir.ts'
import { type Act, text } from '../support/plain-behind.ts'
import { until } from '../support/relay.ts'

const gates: (() => void)[] = []
const atGate = (): Promise<void> => new Promise((resolve) => void gates.push(resolve))

const tools: Record<string, Act> = {
  plain: () => ({ ...text('plain'), resultType: 'complete', ttlMs: 1, structuredContent: [1] }),
  slow: async (turn) => {
    turn.notice('notifications/message', { level: 'info', data: 'begun' })
    await atGate()
    turn.notice('notifications/message', { level: 'info', data: 'more' })
    return text('slow')
  },
  hangs: (turn) =>
    new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(text('too late')), { once: true })),
  odd: () => ({ resultType: 'task', task: {} }),
}
const others: Record<string, Act> = {
  'tools/list': ({ logLevel }) => ({ tools: [], cacheScope: 'x', level: logLevel }),
}

const weir = await frontWeir({ tools, others }, { heartbeat_ms: 200 })
afterAll(() => weir[Symbol.asyncDispose]())
beforeEach(() => weir.behind.cancelled.splice(0))

const call = (name: string, id: number | string = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }

test.each([
  ['2025-11-25', '2025-11-25'],
  ['2025-06-18', '2025-06-18'],
  ['2025-03-26', '2025-03-26'],
  ['2024-11-05', '2024-11-05'],
  ['2026-07-28', '2025-11-25'],
  ['1.0', '2025-11-25'],
])('whoever wants %s speaks %s', async (wanted, spoken) => {
  const params = { protocolVersion: wanted, capabilities: {}, clientInfo: { name: 't', version: '1' } }
  const answer = await say(weir, { jsonrpc: '2.0', id: 0, method: 'initialize', params })
  expect(answer.headers.get('mcp-session-id')).toMatch(/^[\x21-\x7e]+$/)
  expect(await answer.json()).toMatchObject({
    id: 0,
    result: { protocolVersion: spoken, serverInfo: { name: 'plain' }, instructions: 'Be plain.' },
  })
})

const session = await begin(weir)
const stranger = await begin(weir, { agent: 'bob' })
const old = { 'mcp-session-id': session, 'mcp-protocol-version': '1999-01-01' }

test.each<[string, object, Said, number]>([
  ['no session', ping, {}, 400],
  ['a session that never was', ping, { headers: { 'mcp-session-id': 'x' } }, 404],
  ['a session of somebody else', ping, { headers: { 'mcp-session-id': stranger } }, 404],
  ['a session of another address', ping, { headers: { 'mcp-session-id': session }, path: '/mcp/research' }, 404],
  ['a version that nobody knows', ping, { headers: old }, 400],
  ['a batch', [ping], { headers: { 'mcp-session-id': session } }, 400],
  ['a session of ours', ping, { headers: { 'mcp-session-id': session } }, 200],
])('a request with %s is answered', async (_what, message, said, status) => {
  const answer = await say(weir, message, said)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toBeDefined()
})

test('a session outlives a restart, and ends where its client ends it', async () => {
  const mine = await begin(weir)
  weir.restart()
  expect((await inSession(weir, mine, call('plain'))).status).toBe(200)
  expect((await inSession(weir, mine, null, { method: 'DELETE', agent: 'bob' })).status).toBe(404)
  expect((await inSession(weir, mine, null, { method: 'DELETE' })).status).toBe(200)
  expect((await inSession(weir, mine, ping)).status).toBe(404)
})

test('what only the modern era says is not said here', async () => {
  const { result } = await only(inSession(weir, session, call('plain')))
  expect(result).toEqual({ content: [{ type: 'text', text: 'plain' }] })
  expect(await only(inSession(weir, session, call('odd')))).toMatchObject({ result: { isError: true } })
  const list = await only(inSession(weir, session, { ...ping, method: 'tools/list' }))
  expect(list['result']).toEqual({ tools: [], level: 'info' })
  for (const method of ['server/discover', 'subscriptions/listen', 'no/such'])
    expect(await only(inSession(weir, session, { ...ping, method }))).toMatchObject({ error: {} })
})

test('a log level is that of its session', async () => {
  const set = { ...ping, method: 'logging/setLevel', params: { level: 'error' } }
  const mine = await begin(weir)
  expect(await only(inSession(weir, mine, set))).toMatchObject({ result: {} })
  const list = { ...ping, method: 'tools/list' }
  expect(await only(inSession(weir, mine, list))).toMatchObject({ result: { level: 'error' } })
  expect(await only(inSession(weir, session, list))).toMatchObject({ result: { level: 'info' } })
  expect(await only(inSession(weir, mine, { ...set, params: { level: 'loud' } }))).toMatchObject({
    error: { code: -32602 },
  })
})

test('a batch is for those who speak 2025-03-26: each message is one of its own', async () => {
  const mine = await begin(weir, { version: '2025-03-26' })
  const { entries } = weir.world
  const from = entries.length
  const batch = [
    call('plain', 1),
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    call('plain', 2),
    { ...ping, id: 3 },
    { a: 1 },
  ]
  const messages = await messagesOf(await inSession(weir, mine, batch))
  expect(messages.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual([null, 1, 2, 3])
  const hops = entries.slice(from).filter((entry) => entry.kind === 'call' && entry.action === 'call_tool')
  expect(new Set(hops.map((entry) => (entry.kind === 'call' ? entry.rid : ''))).size).toBe(2)
  expect((await inSession(weir, mine, [{ jsonrpc: '2.0', method: 'notifications/initialized' }])).status).toBe(202)
  expect(
    (
      await inSession(
        weir,
        mine,
        Array.from({ length: 101 }, () => ping),
      )
    ).status,
  ).toBe(400)
  expect((await inSession(weir, mine, [])).status).toBe(400)
})

test('whoever was cut off asks for the rest and hears it once', async () => {
  const mine = await begin(weir)
  const gone = new AbortController()
  const cut = eventsOf(await inSession(weir, mine, call('slow'), { signal: gone.signal }))
  const prime = await eventWhere(cut, () => true)
  expect(prime).toMatchObject({ data: null })
  const first = await eventWhere(cut, ({ data }) => data !== null)
  expect(first.data).toMatchObject({ params: { data: 'begun' } })
  gone.abort()
  await cut.next().catch(() => null)
  await until(() => gates.length === 1)
  gates.shift()?.()
  await until(() => weir.world.road.exchanges.open === 0)
  expect(weir.behind.cancelled).toEqual([])
  const get = { method: 'GET', headers: { 'last-event-id': first.id ?? '' } }
  const rest = await messagesOf(await inSession(weir, mine, null, get))
  expect(rest).toMatchObject([{ params: { data: 'more' } }, { id: 1, result: { content: [{ text: 'slow' }] } }])
  expect((await inSession(weir, session, null, get)).status).toBe(400)
  const theirs = await inSession(weir, stranger, null, { ...get, agent: 'bob' })
  expect(theirs.status).toBe(400)
})

test('an answer that takes its time becomes a stream that can be asked for', async () => {
  const mine = await begin(weir)
  const events = eventsOf(await inSession(weir, mine, call('hangs', 'h')))
  expect((await events.next()).value).toMatchObject({ data: null })
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'h', reason: 'enough' } }
  await inSession(weir, session, cancel)
  expect(weir.behind.cancelled).toEqual([])
  expect((await inSession(weir, mine, cancel)).status).toBe(202)
  expect(weir.behind.cancelled).toEqual(['enough'])
  expect((await events.next()).done).toBe(true)
  expect(weir.world.lastRecord()).toBeDefined()
})

test('its own stream carries what changes, is one, and goes on where it was left', async () => {
  await using own = await frontWeir({ tools })
  const mine = await begin(own)
  const uri = 'note://1'
  const gone = new AbortController()
  const get = (headers = {}, signal?: AbortSignal): Promise<Response> =>
    inSession(own, mine, null, { method: 'GET', headers, ...(signal && { signal }) })
  const events = eventsOf(await get({}, gone.signal))
  const first = await eventWhere(events, () => true)
  expect(first).toMatchObject({ id: 'own-0', data: null })
  await only(inSession(own, mine, { ...ping, method: 'resources/subscribe', params: { uri } }))
  expect(own.behind.listening[0]?.wants.resources).toEqual([uri])
  own.behind.change('notifications/resources/updated', { uri })
  const updated = await eventWhere(events, ({ data }) => data !== null)
  expect(updated.data).toMatchObject({ method: 'notifications/resources/updated', params: { uri } })
  expect((await get()).status).toBe(409)
  gone.abort()
  await events.next().catch(() => null)
  await until(() => own.world.road.followers.open === 0)
  own.behind.change('notifications/tools/list_changed')
  const again = eventsOf(await get({ 'last-event-id': updated.id ?? '' }))
  const missed = await eventWhere(again, ({ data }) => data !== null)
  expect(missed.data).toMatchObject({ method: 'notifications/tools/list_changed' })
  own.world.road.fronts.reloaded()
  for (const list of ['tools', 'prompts', 'resources'])
    expect((await eventWhere(again, ({ data }) => data !== null)).data).toMatchObject({
      method: `notifications/${list}/list_changed`,
    })
  own.world.road.followers.letGo()
  expect((await again.next()).done).toBe(true)
  expect(own.behind.listening.every(({ closed }) => closed)).toBe(true)
})

test('sessions in use are bounded for each caller; one that was let go of is picked up again', async () => {
  await using own = await frontWeir({ tools }, { settings: { mcp_sessions_per_caller: 2, mcp_session_ms: 200 } })
  const mine = await begin(own)
  const hanging = inSession(own, mine, call('hangs'))
  await until(() => own.world.road.exchanges.open === 1)
  await begin(own)
  await begin(own)
  expect(own.behind.cancelled).toEqual(['its caller began too many sessions'])
  expect(await messagesOf(await hanging)).toEqual([])
  expect((await inSession(own, mine, call('plain'))).status).toBe(200)
  await until(() => own.world.road.fronts.live === 0)
  expect((await inSession(own, mine, call('plain'))).status).toBe(200)
})

test('both eras are spoken on one address at once, whatever came before', async () => {
  const found = await modern(weir, 'server/discover')
  expect(found.status).toBe(200)
  const mine = await begin(weir)
  expect((await inSession(weir, mine, call('plain'))).status).toBe(200)
  expect((await modern(weir, 'tools/call', { name: 'plain' })).status).toBe(200)
})
