/** Task ids with colons (`urn:x:1`): in a path the last colon alone may be that of a verb. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MatrixWorld, startMatrixWorld } from '../support/matrix-world.ts'

const servers: Server[] = []
let world: MatrixWorld
let tasks = 0

const view = (id: string, state: string): object => ({ id, contextId: 'c1', status: { state: `TASK_STATE_${state}` } })
const events = (id: string): readonly object[] => [
  { task: view(id, 'WORKING') },
  { statusUpdate: { taskId: id, contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } } },
]

async function listen(answer: (request: IncomingMessage, body: string, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      answer(request, Buffer.concat(chunks).toString(), response)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function stream(response: ServerResponse, all: readonly object[]): void {
  response.setHeader('content-type', 'text/event-stream')
  response.end(all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
}

function startRpc(): Promise<string> {
  return listen((_request, text, response) => {
    const { id, method, params } = JSON.parse(text) as { id: unknown; method: string; params: { id: string } }
    const envelope = { jsonrpc: '2.0', id }
    const asked = params.id
    if (method === 'SubscribeToTask')
      return stream(
        response,
        events(asked).map((result) => ({ ...envelope, result })),
      )
    const fresh = method === 'SendMessage' ? { task: view(`urn:x:${(tasks += 1)}`, 'WORKING') } : null
    const result = fresh ?? view(asked, method === 'CancelTask' ? 'CANCELED' : 'WORKING')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ ...envelope, result }))
  })
}

function startRest(): Promise<string> {
  return listen((request, _text, response) => {
    const [, coded = '', verb = ''] = /^\/tasks\/([^:?/]+)(:\w+)?/.exec(request.url ?? '') ?? []
    const asked = decodeURIComponent(coded)
    if (verb === ':subscribe') return stream(response, events(asked))
    const fresh = request.url === '/message:send' ? { task: view(`urn:x:${(tasks += 1)}`, 'WORKING') } : null
    response.setHeader('content-type', 'application/a2a+json')
    response.end(JSON.stringify(fresh ?? view(asked, verb === ':cancel' ? 'CANCELED' : 'WORKING')))
  })
}

beforeAll(async () => {
  world = await startMatrixWorld({
    'urn-rpc': { url: await startRpc() },
    'urn-rest': { url: await startRest(), bindings: ['rest'] },
  })
})

afterAll(async () => {
  await world.stop()
  for (const server of servers) server.close().closeAllConnections()
})

async function ask(method: string, at: string, body?: object): Promise<string> {
  const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return await (await world.fetch(at, { method, headers, ...sent })).text()
}

async function begin(slug: string): Promise<string> {
  const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
  const body = { message, configuration: { returnImmediately: true } }
  return /"id":"(urn:x:\d+)"/.exec(await ask('POST', `${world.base(slug)}message:send`, body))?.[1] ?? 'no task'
}

const spellings = {
  raw: (id: string) => id,
  encoded: encodeURIComponent,
  'half encoded': (id: string) => id.replace(':', '%3A'),
}

describe.each(['urn-rpc', 'urn-rest'])('before the agent %s', (slug) => {
  test.each(Object.entries(spellings))('a task called urn:x:1 is reached by its id, %s', async (_name, spell) => {
    const at = (id: string): string => `${world.base(slug)}tasks/${spell(id)}`
    const got = await begin(slug)
    expect(await ask('GET', at(got))).toContain(`"id":"${got}"`)
    for (const method of ['GET', 'POST']) {
      const followed = await begin(slug)
      const told = await ask(method, `${at(followed)}:subscribe`)
      expect(told).toContain(`"id":"${followed}"`)
      expect(told).toContain('TASK_STATE_COMPLETED')
    }
    const cancelled = await begin(slug)
    const gone = await ask('POST', `${at(cancelled)}:cancel`)
    expect(JSON.parse(gone)).toMatchObject({ id: cancelled, status: { state: 'TASK_STATE_CANCELED' } })
  })

  test('a verb that nobody knows is none, whatever is before it', async () => {
    const id = await begin(slug)
    for (const spell of Object.values(spellings))
      expect(await ask('POST', `${world.base(slug)}tasks/${spell(id)}:explode`)).toContain('METHOD_NOT_FOUND')
  })
})
