import { afterAll, beforeEach, expect, test } from 'vitest'
import { eventsOf, messagesOf } from '../support/front-events.ts'
import { frontWeir, type FrontWeir, modern, say } from '../support/front-weir.ts'
import { type Act, RpcError, text } from '../support/plain-behind.ts'
import { until } from '../support/relay.ts'

const form = { method: 'elicitation/create', params: { mode: 'form', message: 'Who?', requestedSchema: {} } }
const page = { mode: 'url', message: 'Go', url: 'https://example.test/', elicitationId: 'e1' }
let served = 0

const tools: Record<string, Act> = {
  plain: () => '{"content":[],"structuredContent":{"big":12345678901234567890.10},"x-unknown":[1.0]}',
  waits: async (turn) => {
    const answer = (await turn.ask({ who: form })).get('who')
    return text(answer?.kind === 'result' ? answer.result.toString() : 'refused')
  },
  twice: async (turn) => {
    await turn.ask({ one: form })
    await turn.ask({ two: form })
    return text('asked twice')
  },
  rests: (turn) =>
    turn.resume
      ? text(`${turn.resume.state}:${JSON.stringify(turn.resume.answers)}`)
      : turn.rest({ who: form }, 'kept'),
  sends: () => {
    served += 1
    if (served > 1) return text('was there')
    throw new RpcError(-32042, 'first visit', { elicitations: [page] })
  },
  hangs: (turn) =>
    new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve(text('too late')), { once: true })),
  logs: (turn) => {
    for (const level of ['debug', 'warning']) turn.notice('notifications/message', { level, data: level })
    return text('logged')
  },
}
const others: Record<string, Act> = {
  'tools/list': () => ({ tools: [], cacheScope: 'public', ttlMs: 5000 }),
  'resources/read': () => {
    throw new RpcError(-32002, 'there is none')
  },
}
const elicitation = { capabilities: { elicitation: { form: {}, url: {} } } }
const weir = await frontWeir({ era: 'legacy', capabilities: { tools: {}, tasks: {} }, tools, others })
afterAll(() => weir[Symbol.asyncDispose]())
beforeEach(() => weir.behind.cancelled.splice(0))

const call = (name: string, more: object = {}, said: Parameters<typeof modern>[3] = {}, on: FrontWeir = weir) =>
  modern(on, 'tools/call', { name, ...more }, said)

async function resultOf(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const [message] = await messagesOf(await answer)
  return (message?.['result'] ?? { error: message?.['error'] }) as Record<string, unknown>
}

const stateOf = async (name: string, said: Parameters<typeof modern>[3] = elicitation): Promise<unknown> =>
  (await resultOf(call(name, {}, said)))['requestState']

const answers = (key = 'who', content: object = { name: 'Ana' }) => ({ [key]: { action: 'accept', content } })

test.each<[string, Promise<Response>, number, number]>([
  [
    'a request without _meta',
    say(weir, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, { headers: { 'mcp-protocol-version': '2026-07-28' } }),
    400,
    -32602,
  ],
  [
    'a version that is not spoken',
    modern(
      weir,
      'tools/list',
      {},
      {
        meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' },
        headers: { 'mcp-protocol-version': '2027-01-01' },
      },
    ),
    400,
    -32022,
  ],
  [
    'another version in the header',
    modern(weir, 'tools/list', {}, { headers: { 'mcp-protocol-version': '2027-01-01' } }),
    400,
    -32020,
  ],
  [
    'another method in the header',
    modern(weir, 'tools/list', {}, { headers: { 'mcp-method': 'tools/call' } }),
    400,
    -32020,
  ],
  ['another name in the header', call('plain', {}, { headers: { 'mcp-name': 'rests' } }), 400, -32020],
  ['a method that nobody knows', modern(weir, 'no/such'), 404, -32601],
  ['a method of the other era', modern(weir, 'ping'), 404, -32601],
  ['a tool that nobody has', call('nothing'), 200, -32602],
  ['a resource that is not there', modern(weir, 'resources/read', { uri: 'a:b' }), 200, -32602],
  ['a GET', say(weir, null, { method: 'GET' }), 405, -32600],
  ['a DELETE', say(weir, null, { method: 'DELETE' }), 405, -32600],
  ['a page of somebody else', modern(weir, 'tools/list', {}, { headers: { origin: 'http://evil.test' } }), 403, -32600],
  [
    'a response',
    say(weir, { jsonrpc: '2.0', id: 1, result: {} }, { headers: { 'mcp-protocol-version': '2026-07-28' } }),
    400,
    -32600,
  ],
  ['a question that its client cannot answer', call('waits'), 400, -32021],
])('%s is answered %s', async (_what, asked, status, code) => {
  const answer = await asked
  expect([answer.status, await messagesOf(answer)]).toMatchObject([status, [{ error: { code } }]])
})

test('nobody known hears nothing but that', async () => {
  expect((await modern(weir, 'tools/list', {}, { agent: 'nobody' })).status).toBe(401)
})

test('what is spoken here is the same list wherever it is said', async () => {
  const [refused] = await messagesOf(
    await modern(
      weir,
      'tools/list',
      {},
      {
        meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' },
        headers: { 'mcp-protocol-version': '2099-01-01' },
      },
    ),
  )
  const found = await resultOf(modern(weir, 'server/discover'))
  expect(refused).toMatchObject({ error: { data: { supported: found['supportedVersions'], requested: '2099-01-01' } } })
  expect(found).toMatchObject({ resultType: 'complete', cacheScope: 'private', ttlMs: 0, instructions: 'Be plain.' })
  expect(found['capabilities']).toEqual({ tools: {} })
})

test('a result keeps its bytes, and says in whose name and for whom it is', async () => {
  const answer = await call('plain', {}, { id: 'an id' })
  const body = await answer.text()
  expect(body).toContain('{"big":12345678901234567890.10},"x-unknown":[1.0]')
  expect(JSON.parse(body)).toMatchObject({
    id: 'an id',
    result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'weir' } } },
  })
  expect(answer.headers.get('weir-hop-id')).toBeTruthy()
  expect(await resultOf(modern(weir, 'tools/list'))).toMatchObject({ cacheScope: 'private', ttlMs: 5000 })
})

test('a notification is taken note of and no more', async () => {
  const message = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }
  const answer = await say(weir, message, { headers: { 'mcp-protocol-version': '2026-07-28' } })
  expect([answer.status, await answer.text()]).toEqual([202, ''])
})

test('a server that waits goes on with what the next request brings, and each of them is a hop of its own', async () => {
  const { entries } = weir.world
  const from = entries.length
  const asked = await resultOf(call('waits', {}, elicitation))
  expect(asked).toMatchObject({ resultType: 'input_required', inputRequests: { who: form } })
  const { requestState } = asked
  const ended = await resultOf(call('waits', { requestState, inputResponses: answers() }, { ...elicitation, id: 8 }))
  expect(ended).toMatchObject({ resultType: 'complete', content: [{ text: JSON.stringify(answers()['who']) }] })
  const records = entries.slice(from).filter((entry) => entry.kind === 'call')
  expect(records).toMatchObject([
    { target: 'tool:plain/waits', outcome: { status: 'answered', spent: { cost_micros: 7 } } },
    { target: 'tool:plain/waits', outcome: { status: 'answered', spent: { cost_micros: 7 } } },
  ])
  const again = await resultOf(call('waits', { requestState, inputResponses: answers() }, elicitation))
  expect(again).toMatchObject({ error: { code: -32602 } })
  expect(weir.world.road.fronts.parked.size).toBe(0)
})

test('a server may ask again, and what was not answered is asked for again', async () => {
  const first = await stateOf('twice')
  const unanswered = await resultOf(call('twice', { requestState: first }, elicitation))
  expect(unanswered).toMatchObject({ inputRequests: { one: form } })
  const { requestState } = unanswered
  const second = await resultOf(call('twice', { requestState, inputResponses: answers('one') }, elicitation))
  expect(second).toMatchObject({ inputRequests: { two: form } })
  const more = { requestState: second['requestState'], inputResponses: answers('two') }
  expect(await resultOf(call('twice', more, elicitation))).toMatchObject({ content: [{ text: 'asked twice' }] })
})

test('a server that lets go finds its own state again, which the client never reads', async () => {
  const state = String(await stateOf('rests'))
  expect(Buffer.from(state, 'base64url').toString('latin1')).not.toContain('kept')
  weir.restart()
  const inputResponses = answers()
  const ended = await resultOf(call('rests', { requestState: state, inputResponses }, elicitation))
  expect(ended).toMatchObject({ content: [{ text: `kept:${JSON.stringify(inputResponses)}` }] })
})

test('a state is worth nothing in other hands, elsewhere, for another request, or changed', async () => {
  const state = String(await stateOf('rests'))
  const inputResponses = answers()
  const resumed = { requestState: state, inputResponses }
  const flipped = `${state.slice(0, 20)}${state[20] === 'A' ? 'B' : 'A'}${state.slice(21)}`
  const wrong = await Promise.all([
    resultOf(call('rests', resumed, { ...elicitation, agent: 'bob' })),
    resultOf(call('rests', resumed, { ...elicitation, agent: 'alice/user:ana' })),
    resultOf(call('rests', resumed, { ...elicitation, path: '/mcp/s/plain' })),
    resultOf(call('rests', { ...resumed, arguments: { other: 1 } }, elicitation)),
    resultOf(call('waits', resumed, elicitation)),
    resultOf(call('rests', { requestState: flipped, inputResponses }, elicitation)),
    resultOf(call('rests', { requestState: 7, inputResponses }, elicitation)),
  ])
  for (const each of wrong) expect(each).toMatchObject({ error: { code: -32602 } })
  expect(await resultOf(call('rests', resumed, elicitation))).toMatchObject({ resultType: 'complete' })
})

test('nobody takes a parked talk of somebody else', async () => {
  const requestState = await stateOf('waits')
  const theirs = call('waits', { requestState, inputResponses: answers() }, { ...elicitation, agent: 'bob' })
  expect(await resultOf(theirs)).toMatchObject({ error: { code: -32602 } })
  expect(weir.world.road.fronts.parked.size).toBe(1)
  weir.world.road.fronts.parked.close()
  expect(weir.behind.cancelled).toEqual(['the gateway stops'])
})

test('a page to visit is asked for, and the request is sent anew after it', async () => {
  const asked = await resultOf(call('sends', {}, elicitation))
  expect(asked).toMatchObject({
    resultType: 'input_required',
    inputRequests: { 'page-1': { params: { mode: 'url' } } },
  })
  const { requestState } = asked
  const inputResponses = { 'page-1': { action: 'accept' } }
  const ended = await resultOf(call('sends', { requestState, inputResponses }, elicitation))
  expect(ended).toMatchObject({ content: [{ text: 'was there' }] })
})

test('log messages are for those who asked for them, from their level on', async () => {
  const quiet = await call('logs')
  expect(quiet.headers.get('content-type')).toBe('application/json')
  await quiet.text()
  const loud = await call('logs', {}, { meta: { 'io.modelcontextprotocol/logLevel': 'warning' } })
  expect(loud.headers.get('cache-control')).toBe('no-cache, no-transform')
  expect(loud.headers.get('x-accel-buffering')).toBe('no')
  expect((await messagesOf(loud)).map(({ method, id }) => method ?? id)).toEqual(['notifications/message', 7])
})

test('whoever leaves cancels, and its hop settles', async () => {
  const gone = new AbortController()
  const left = call('hangs', {}, { signal: gone.signal }).catch(() => null)
  await until(() => weir.world.road.exchanges.open === 1)
  gone.abort()
  await left
  await until(() => weir.behind.cancelled.length === 1)
  await until(() => weir.world.road.exchanges.open === 0)
  expect(weir.world.lastRecord()).toMatchObject({ outcome: { status: 'aborted' } })
})

test('questions that wait are bounded, the oldest leaves first and its server is told', async () => {
  await using small = await frontWeir({ tools }, { settings: { mcp_parked_per_caller: 2, mcp_parked_ms: 300 } })
  const ask = async (): Promise<unknown> => (await resultOf(call('waits', {}, elicitation, small)))['requestState']
  const first = await ask()
  await ask()
  await ask()
  expect(small.behind.cancelled).toEqual(['its caller left too many questions open'])
  const late = { requestState: first, inputResponses: answers() }
  expect(await resultOf(call('waits', late, elicitation, small))).toMatchObject({ error: { code: -32602 } })
  await until(() => small.world.road.fronts.parked.size === 0)
  expect(small.behind.cancelled.slice(1)).toEqual(['nobody answered in time', 'nobody answered in time'])
})

test('whoever listens hears what it asked for, tagged, until the end in good order', async () => {
  await using own = await frontWeir({ tools })
  const notifications = { toolsListChanged: true, resourceSubscriptions: ['note://1'], other: true }
  const answer = await modern(own, 'subscriptions/listen', { notifications }, { id: 'l1' })
  const events = eventsOf(answer)
  const tag = { 'io.modelcontextprotocol/subscriptionId': 'l1' }
  const next = async (): Promise<unknown> => (await events.next()).value?.data
  expect(await next()).toMatchObject({
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['note://1'] }, _meta: tag },
  })
  own.behind.change('notifications/prompts/list_changed')
  own.behind.change('notifications/resources/updated', { uri: 'note://2' })
  own.behind.change('notifications/resources/updated', { uri: 'note://1', _meta: { more: 1 } })
  expect(await next()).toMatchObject({
    method: 'notifications/resources/updated',
    params: { _meta: { ...tag, more: 1 } },
  })
  own.world.road.fronts.reloaded()
  expect(await next()).toMatchObject({ method: 'notifications/tools/list_changed', params: { _meta: tag } })
  expect(own.behind.listening.map(({ closed }) => closed)).toEqual([true, false])
  own.world.road.followers.letGo()
  expect(await next()).toMatchObject({ id: 'l1', result: { resultType: 'complete', _meta: tag } })
  expect((await events.next()).done).toBe(true)
  expect(own.behind.listening.every(({ closed }) => closed)).toBe(true)
  const nothing = await messagesOf(await modern(own, 'subscriptions/listen', { notifications: { other: true } }))
  expect(nothing).toMatchObject([{ params: { notifications: {} } }, { id: 7, result: {} }])
  const wrong = await messagesOf(await modern(own, 'subscriptions/listen'))
  expect(wrong).toMatchObject([{ error: { code: -32602 } }])
})
