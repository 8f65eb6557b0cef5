import { afterAll, beforeEach, expect, test } from 'vitest'
import { eventsOf, eventWhere, isRequest, messagesOf, only } from '../support/front-events.ts'
import { begin, frontWeir, inSession } from '../support/front-weir.ts'
import { type Act, type Questions, text } from '../support/plain-behind.ts'

const form = { method: 'elicitation/create', params: { mode: 'form', message: 'Who?', requestedSchema: {} } }
const page = { method: 'elicitation/create', params: { mode: 'url', message: 'Go', url: 'https://example.test/' } }
const roots = { method: 'roots/list' }

const asks =
  (questions: Questions): Act =>
  async (turn) => {
    const answers = await turn.ask(questions)
    return text([...answers].map(([key, answer]) => `${key}=${answer.kind}`).join())
  }

const tools: Record<string, Act> = {
  asks: asks({ who: form }),
  both: asks({ who: form, where: roots }),
  rests: (turn) => (turn.resume ? text(JSON.stringify(turn.resume)) : turn.rest({ who: form, where: roots }, 'kept')),
  pages: (turn) => (turn.resume ? text('been there') : turn.rest({ go: page }, null)),
}

const weir = await frontWeir({ tools })
afterAll(() => weir[Symbol.asyncDispose]())
beforeEach(() => weir.behind.cancelled.splice(0))

const call = (name: string, id: number | string = 1) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
const all = { elicitation: { form: {}, url: {} }, roots: {}, sampling: {} }
const session = await begin(weir, { capabilities: all })

test('a client is asked on the stream of its own request, and nobody else answers for it', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('asks', 'a')))
  const asked = await eventWhere(events, isRequest)
  expect(asked.data).toMatchObject({ method: 'elicitation/create', params: { message: 'Who?' } })
  const answer = { jsonrpc: '2.0', id: asked.data?.['id'], result: { action: 'accept' } }
  expect((await inSession(weir, session, answer)).status).toBe(202)
  expect((await inSession(weir, mine, { ...answer, id: 'weir-1' })).status).toBe(202)
  expect((await inSession(weir, mine, answer)).status).toBe(202)
  const end = await eventWhere(events, ({ data }) => data?.['id'] === 'a')
  expect(end.data).toMatchObject({ result: { content: [{ text: 'who=result' }] } })
})

test('a server that waits hears which of its questions nobody can answer', async () => {
  const mine = await begin(weir, { capabilities: { elicitation: {} } })
  const events = eventsOf(await inSession(weir, mine, call('both')))
  const asked = await eventWhere(events, isRequest)
  await inSession(weir, mine, { jsonrpc: '2.0', id: asked.data?.['id'], error: { code: -1, message: 'no' } })
  const end = await eventWhere(events, ({ data }) => data?.['id'] === 1)
  expect(end.data).toMatchObject({ result: { content: [{ text: 'where=error,who=error' }] } })
})

test('a server that let go is asked anew with every answer, or the call ends with the sentence', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('rests')))
  const asked = [await eventWhere(events, isRequest), await eventWhere(events, isRequest)]
  for (const { data } of asked)
    await inSession(weir, mine, { jsonrpc: '2.0', id: data?.['id'], result: { of: data?.['method'] } })
  const end = await eventWhere(events, ({ data }) => data?.['id'] === 1)
  const said = { state: 'kept', answers: { who: { of: 'elicitation/create' }, where: { of: 'roots/list' } } }
  expect(end.data).toMatchObject({ result: { content: [{ text: JSON.stringify(said) }] } })

  const refusing = eventsOf(await inSession(weir, mine, call('rests')))
  const first = await eventWhere(refusing, isRequest)
  const second = await eventWhere(refusing, isRequest)
  await inSession(weir, mine, { jsonrpc: '2.0', id: first.data?.['id'], error: { code: -1, message: 'no' } })
  const taken = await eventWhere(refusing, ({ data }) => data?.['method'] === 'notifications/cancelled')
  expect(taken.data).toMatchObject({ params: { requestId: second.data?.['id'] } })
  expect((await eventWhere(refusing, () => true)).data).toMatchObject({ id: 1, result: { isError: true } })

  const unable = await begin(weir, { capabilities: { elicitation: {} } })
  expect(await only(inSession(weir, unable, call('rests')))).toMatchObject({ result: { isError: true } })
})

test('a page to visit is told to clients that know of pages, with a name for the visit', async () => {
  const mine = await begin(weir, { capabilities: all })
  const events = eventsOf(await inSession(weir, mine, call('pages')))
  const asked = await eventWhere(events, isRequest)
  expect(asked.data).toMatchObject({ params: { mode: 'url', elicitationId: asked.data?.['id'] } })
  await inSession(weir, mine, { jsonrpc: '2.0', id: asked.data?.['id'], result: { action: 'accept' } })
  expect((await eventWhere(events, ({ data }) => data?.['id'] === 1)).data).toMatchObject({ result: {} })
  const older = await begin(weir, { version: '2025-06-18', capabilities: all })
  expect(await only(inSession(weir, older, call('pages')))).toMatchObject({
    result: { isError: true, content: [{ text: expect.stringContaining('page') as string }] },
  })
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

test('two principals with the same ids, tokens and tools on one socket never meet', async () => {
  const people = ['alice', 'bob', 'alice/user:ana', 'alice/user:ben']
  const sessions = await Promise.all(people.map((agent) => begin(weir, { agent, capabilities: all })))
  const streams = await Promise.all(
    people.map(async (agent, i) => eventsOf(await inSession(weir, sessions[i] ?? '', call('asks', 1), { agent }))),
  )
  const asked = await Promise.all(streams.map((events) => eventWhere(events, isRequest)))
  expect(new Set(asked.map(({ data }) => data?.['id'])).size).toBe(4)
  // Everybody answers everybody's questions; only one's own counts.
  const answers = people.flatMap((agent, i) =>
    asked.map(({ data }) =>
      inSession(weir, sessions[i] ?? '', { jsonrpc: '2.0', id: data?.['id'], result: { by: agent } }, { agent }),
    ),
  )
  await Promise.all(answers)
  const ends = await Promise.all(streams.map((events) => eventWhere(events, ({ data }) => data?.['id'] === 1)))
  for (const end of ends) expect(end.data).toMatchObject({ result: { content: [{ text: 'who=result' }] } })
  const keys = weir.behind.asked.slice(-4).map(({ key }) => key)
  expect(new Set(keys).size).toBe(4)
  for (const [i, agent] of people.entries())
    for (const other of people)
      expect((await inSession(weir, sessions[i] ?? '', ping, { agent: other })).status).toBe(
        other === agent ? 200 : 404,
      )
})
