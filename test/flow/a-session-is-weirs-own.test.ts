import { afterAll, beforeEach, expect, test } from 'vitest'
import {
  begin,
  eventsOf,
  frontWeir,
  inSession,
  messagesOf,
  modern,
  type Said,
  say,
  type SseEvent,
} from '../support/front-weir.ts'
import { type Act, type Questions, text } from '../support/plain-behind.ts'
import { until } from '../support/relay.ts'

const form = { method: 'elicitation/create', params: { mode: 'form', message: 'Who?', requestedSchema: {} } }
const page = { method: 'elicitation/create', params: { mode: 'url', message: 'Go', url: 'https://example.test/' } }
const roots = { method: 'roots/list' }

const gates: (() => void)[] = []
const atGate = (): Promise<void> => new Promise((resolve) => void gates.push(resolve))

const asks =
  (questions: Questions): Act =>
  async (turn) => {
    const answers = await turn.ask(questions)
    return text([...answers].map(([key, answer]) => `${key}=${answer.kind}`).join())
  }

const tools: Record<string, Act> = {
  plain: () => ({ ...text('plain'), resultType: 'complete', ttlMs: 1, structuredContent: [1] }),
  asks: asks({ who: form }),
  both: asks({ who: form, where: roots }),
  rests: (turn) => (turn.resume ? text(JSON.stringify(turn.resume)) : turn.rest({ who: form, where: roots }, 'kept')),
  pages: (turn) => (turn.resume ? text('been there') : turn.rest({ go: page }, null)),
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
const all = { elicitation: { form: {}, url: {} }, roots: {}, sampling: {} }

async function only(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const messages = await messagesOf(await answer)
  expect(messages).toHaveLength(1)
  return messages[0] ?? {}
}

/** Reads events until one fits. */
async function until1(events: AsyncGenerator<SseEvent, void>, fits: (event: SseEvent) => boolean): Promise<SseEvent> {
  for (;;) {
    const { value } = await events.next()
    if (!value) throw new Error('the stream ended before')
    if (fits(value)) return value
  }
}

const isRequest = ({ data }: SseEvent): boolean => data?.['method'] !== undefined && data['id'] !== undefined

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

const session = await begin(weir, { capabilities: all })
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
  expect(messages.map(({ id }) => id).toSorted()).toEqual([1, 2, 3, null])
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

test('a client is asked on the stream of its own request, and nobody else answers for it', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('asks', 'a')))
  const asked = await until1(events, isRequest)
  expect(asked.data).toMatchObject({ method: 'elicitation/create', params: { message: 'Who?' } })
  const answer = { jsonrpc: '2.0', id: asked.data?.['id'], result: { action: 'accept' } }
  expect((await inSession(weir, session, answer)).status).toBe(202)
  expect((await inSession(weir, mine, { ...answer, id: 'weir-1' })).status).toBe(202)
  expect((await inSession(weir, mine, answer)).status).toBe(202)
  const end = await until1(events, ({ data }) => data?.['id'] === 'a')
  expect(end.data).toMatchObject({ result: { content: [{ text: 'who=result' }] } })
})

test('a server that waits hears which of its questions nobody can answer', async () => {
  const mine = await begin(weir, { capabilities: { elicitation: {} } })
  const events = eventsOf(await inSession(weir, mine, call('both')))
  const asked = await until1(events, isRequest)
  await inSession(weir, mine, { jsonrpc: '2.0', id: asked.data?.['id'], error: { code: -1, message: 'no' } })
  const end = await until1(events, ({ data }) => data?.['id'] === 1)
  expect(end.data).toMatchObject({ result: { content: [{ text: 'where=error,who=error' }] } })
})

test('a server that let go is asked anew with every answer, or the call ends with the sentence', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('rests')))
  const asked = [await until1(events, isRequest), await until1(events, isRequest)]
  for (const { data } of asked)
    await inSession(weir, mine, { jsonrpc: '2.0', id: data?.['id'], result: { of: data?.['method'] } })
  const end = await until1(events, ({ data }) => data?.['id'] === 1)
  const said = { state: 'kept', answers: { who: { of: 'elicitation/create' }, where: { of: 'roots/list' } } }
  expect(end.data).toMatchObject({ result: { content: [{ text: JSON.stringify(said) }] } })

  const refusing = eventsOf(await inSession(weir, mine, call('rests')))
  const first = await until1(refusing, isRequest)
  const second = await until1(refusing, isRequest)
  await inSession(weir, mine, { jsonrpc: '2.0', id: first.data?.['id'], error: { code: -1, message: 'no' } })
  const taken = await until1(refusing, ({ data }) => data?.['method'] === 'notifications/cancelled')
  expect(taken.data).toMatchObject({ params: { requestId: second.data?.['id'] } })
  expect((await until1(refusing, () => true)).data).toMatchObject({ id: 1, result: { isError: true } })

  const unable = await begin(weir, { capabilities: { elicitation: {} } })
  expect(await only(inSession(weir, unable, call('rests')))).toMatchObject({ result: { isError: true } })
})

test('a page to visit is told to clients that know of pages, with a name for the visit', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('pages')))
  const asked = await until1(events, isRequest)
  expect(asked.data).toMatchObject({ params: { mode: 'url', elicitationId: asked.data?.['id'] } })
  await inSession(weir, mine, { jsonrpc: '2.0', id: asked.data?.['id'], result: { action: 'accept' } })
  expect((await until1(events, ({ data }) => data?.['id'] === 1)).data).toMatchObject({ result: {} })
  const older = await begin(weir, { version: '2025-06-18', capabilities: all })
  expect(await only(inSession(weir, older, call('pages')))).toMatchObject({
    result: { isError: true, content: [{ text: expect.stringContaining('page') as string }] },
  })
})

test('whoever was cut off asks for the rest and hears it once', async () => {
  const mine = await begin(weir)
  const gone = new AbortController()
  const cut = eventsOf(await inSession(weir, mine, call('slow'), { signal: gone.signal }))
  const prime = await until1(cut, () => true)
  expect(prime).toMatchObject({ data: null })
  const first = await until1(cut, ({ data }) => data !== null)
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
  const first = await until1(events, () => true)
  expect(first).toMatchObject({ id: 'own-0', data: null })
  await only(inSession(own, mine, { ...ping, method: 'resources/subscribe', params: { uri } }))
  expect(own.behind.listening[0]?.wants.resources).toEqual([uri])
  own.behind.change('notifications/resources/updated', { uri })
  const updated = await until1(events, ({ data }) => data !== null)
  expect(updated.data).toMatchObject({ method: 'notifications/resources/updated', params: { uri } })
  expect((await get()).status).toBe(409)
  gone.abort()
  await events.next().catch(() => null)
  await until(() => own.world.road.followers.open === 0)
  own.behind.change('notifications/tools/list_changed')
  const again = eventsOf(await get({ 'last-event-id': updated.id ?? '' }))
  const missed = await until1(again, ({ data }) => data !== null)
  expect(missed.data).toMatchObject({ method: 'notifications/tools/list_changed' })
  own.world.road.fronts.reloaded()
  for (const list of ['tools', 'prompts', 'resources'])
    expect((await until1(again, ({ data }) => data !== null)).data).toMatchObject({
      method: `notifications/${list}/list_changed`,
    })
  own.world.road.followers.letGo()
  expect((await again.next()).done).toBe(true)
  expect(own.behind.listening.every(({ closed }) => closed)).toBe(true)
})

test('a question that nobody answers is taken back, and its server is told', async () => {
  await using own = await frontWeir({ tools }, { settings: { mcp_question_ms: 100 } })
  const mine = await begin(own, { capabilities: all })
  const messages = await messagesOf(await inSession(own, mine, call('asks')))
  expect(messages).toMatchObject([
    { method: 'elicitation/create' },
    { method: 'notifications/cancelled' },
    { id: 1, result: { isError: true } },
  ])
  expect(own.behind.cancelled).toHaveLength(1)
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

test('two principals with the same ids, tokens and tools on one socket never meet', async () => {
  const people = ['alice', 'bob', 'alice/user:ana', 'alice/user:ben']
  const sessions = await Promise.all(people.map((agent) => begin(weir, { agent, capabilities: all })))
  const streams = await Promise.all(
    people.map(async (agent, i) => eventsOf(await inSession(weir, sessions[i] ?? '', call('asks', 1), { agent }))),
  )
  const asked = await Promise.all(streams.map((events) => until1(events, isRequest)))
  expect(new Set(asked.map(({ data }) => data?.['id'])).size).toBe(4)
  // Everybody answers everybody's questions; only one's own counts.
  const answers = people.flatMap((agent, i) =>
    asked.map(({ data }) =>
      inSession(weir, sessions[i] ?? '', { jsonrpc: '2.0', id: data?.['id'], result: { by: agent } }, { agent }),
    ),
  )
  await Promise.all(answers)
  const ends = await Promise.all(streams.map((events) => until1(events, ({ data }) => data?.['id'] === 1)))
  for (const end of ends) expect(end.data).toMatchObject({ result: { content: [{ text: 'who=result' }] } })
  const keys = weir.behind.asked.slice(-4).map(({ key }) => key)
  expect(new Set(keys).size).toBe(4)
  for (const [i, agent] of people.entries())
    for (const other of people)
      expect((await inSession(weir, sessions[i] ?? '', ping, { agent: other })).status).toBe(
        other === agent ? 200 : 404,
      )
})

test('both eras are spoken on one address at once, whatever came before', async () => {
  const found = await modern(weir, 'server/discover')
  expect(found.status).toBe(200)
  const mine = await begin(weir)
  expect((await inSession(weir, mine, call('plain'))).status).toBe(200)
  expect((await modern(weir, 'tools/call', { name: 'plain' })).status).toBe(200)
})
