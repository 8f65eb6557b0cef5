/** A Bug ends the process, so nothing that comes over a wire may be one: neither what clients of tools say nor what servers answer. */
import { afterAll, expect, test } from 'vitest'
import { behindWorld } from '../support/behind-world.ts'
import { begin, frontWeir, inSession, modern, say } from '../support/front-weir.ts'
import { askOver, calling, openLinksTo, permit } from '../support/mcp-links.ts'
import { answer, discovery, greeting, serveScript } from '../support/mcp-script.ts'
import { text } from '../support/plain-behind.ts'

const weir = await frontWeir({ tools: { quick: () => text('done') } })
afterAll(() => weir[Symbol.asyncDispose]())

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
const odd = [
  'null',
  '0',
  '-1e999',
  '""',
  String.raw`"\ud800"`,
  '[]',
  '{}',
  '[null]',
  '{"":{"":0}}',
  deep,
  '{"a":1,"a":2}',
]
const methods = [
  'tools/call',
  'tools/list',
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'completion/complete',
  'tasks/get',
  'logging/setLevel',
  'subscriptions/listen',
  'initialize',
  'notifications/cancelled',
  'notifications/roots/list_changed',
]
const members = ['name', 'uri', 'arguments', 'cursor', 'taskId', 'level', 'ref', 'notifications', 'requestId', '_meta']
const resumes = ['requestState', 'inputResponses']

/** What is answered does not matter here; a stream is not waited for. */
async function settled(answering: Promise<Response>): Promise<number> {
  const { status, body } = await answering
  await body?.cancel()
  return status
}

const bugs = (): readonly string[] => weir.world.logged.filter((line) => line.startsWith('bug'))

test.each(methods)('no params of %s are a bug, in either era', async (method) => {
  const session = await begin(weir, { capabilities: { elicitation: {}, roots: {} } })
  const version = '2026-07-28'
  const prefix = 'io.modelcontextprotocol/'
  const meta = `"_meta":{"${prefix}protocolVersion":"${version}","${prefix}clientCapabilities":{}}`
  const headers = { 'mcp-protocol-version': version, 'mcp-method': method }
  const whole = odd.map((value) => value)
  const single = [...members, ...resumes].flatMap((name) => odd.map((value) => `{"${name}":${value}}`))
  const bodies = [...whole, ...single].map(
    (params) => `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`,
  )
  const answers = bodies.map((body) => settled(inSession(weir, session, body)))
  const modernBodies = [...members.slice(0, -1), ...resumes].flatMap((name) =>
    odd.map((value) => `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"${name}":${value},${meta}}}`),
  )
  answers.push(...modernBodies.map((body) => settled(say(weir, body, { headers }))))
  for (const status of await Promise.all(answers)) expect(status).toBeLessThan(600)
  expect(bugs()).toEqual([])
})

test('no id, answer, batch, session or event id is a bug', async () => {
  const session = await begin(weir, { version: '2025-03-26', capabilities: { roots: {} } })
  const ids = odd.flatMap((id) => [
    `{"jsonrpc":"2.0","id":${id},"method":"ping"}`,
    `{"jsonrpc":"2.0","id":${id},"result":{}}`,
    `{"jsonrpc":"2.0","id":${id},"error":null}`,
    `{"jsonrpc":"2.0","id":"weir-1","result":${id}}`,
    `[{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"quick"}},${id}]`,
  ])
  const answers = [...ids, ...odd].map((body) => settled(inSession(weir, session, body)))
  for (const last of ['own-', 'own-0', `own-${'9'.repeat(15)}`, `${'0'.repeat(16)}-1`, '%', '-'])
    answers.push(settled(inSession(weir, session, null, { method: 'GET', headers: { 'last-event-id': last } })))
  for (const shown of ['x', session.slice(1), `${session}A`, 'A'.repeat(5000)])
    for (const method of ['GET', 'DELETE', 'POST']) answers.push(settled(inSession(weir, shown, null, { method })))
  answers.push(settled(modern(weir, 'tools/call', { name: 'quick', requestState: 'A'.repeat(5000) })))
  await Promise.all(answers)
  expect(bugs()).toEqual([])
})

test('no params are a bug behind the address of all servers', async () => {
  const world = await behindWorld(['files', 'maps'])
  world.known.set('files', { tools: ['read'], prompts: ['greet'], resources: ['file:///a'] })
  const alice = world.behind(world.client('alice', { era: 'modern' }))
  const named = [
    '"files_read"',
    '"files_greet"',
    '"search_tools"',
    '"file:///a"',
    '"weir://files/"',
    '"weir://nobody/x"',
  ]
  const values = [...odd.filter((value) => value !== deep), ...named]
  const refs = values.flatMap((value) => [
    `{"ref":{"type":"ref/prompt","name":${value}}}`,
    `{"ref":{"type":"ref/resource","uri":${value}}}`,
  ])
  const all = [...members.flatMap((name) => values.map((value) => `{"${name}":${value}}`)), ...refs]
  const calls = values.map((value) => `{"name":"search_tools","arguments":{"query":${value},"limit":${value}}}`)
  for (const method of methods)
    for (const params of [...all, ...calls].map((each) => Buffer.from(each))) {
      const meant = await alice.find(method, params)
      await new Promise<void>((resolve) => {
        const asking = { method, params, logLevel: null, mirrors: [], trace: null }
        alice.ask(permit, meant, asking, { onNotice() {}, onAsk() {}, onEnd: () => resolve() })
      })
    }
  expect(world.links.asked.length).toBeGreaterThan(0)
})

const said = [
  ...odd.map((value) => `{"jsonrpc":"2.0","id":ID,"result":${value}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","id":ID,"error":${value}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","id":ID,"error":{"code":-32042,"data":{"elicitations":${value}}}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","id":${value},"method":"elicitation/create","params":${value}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","id":ID,"result":{"resultType":${value},"inputRequests":${value}}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","id":ID,"result":{"resultType":"input_required","inputRequests":${value}}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","method":"notifications/progress","params":${value}}`),
  ...odd.map((value) => `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${value}}}`),
  ...odd,
]

test.each(['legacy', 'modern'] as const)('whatever a %s server answers, the request ends once', async (era) => {
  let no = 0
  await using server = await serveScript(({ rpc, response }) => {
    if (rpc.method === 'initialize') return answer(response, rpc.id, greeting())
    if (rpc.method === 'server/discover') return answer(response, rpc.id, discovery())
    if (rpc.method !== 'tools/call') return void response.writeHead(405).end()
    no += 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end((said[no - 1] ?? '').replaceAll('ID', String(rpc.id)))
  })
  await using bench = openLinksTo(server.url, era)
  const link = await bench.link(era)
  for (const _ of said) {
    const heard = askOver(link, calling('a'), () => ({}))
    await heard.end
    expect(heard.ends.length).toBeLessThanOrEqual(1)
  }
})
