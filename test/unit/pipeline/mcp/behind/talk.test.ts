import { beforeEach, expect, test } from 'vitest'
import type { Behind } from '../../../../../src/pipeline/mcp/behind.ts'
import { careFor } from '../../../../../src/pipeline/mcp/care.ts'
import type { Ask, End, Talk } from '../../../../../src/relay/mcp/link.ts'
import { askBehind, type BehindWorld, behindWorld, errorCodeOf, resultOf } from '../../../../support/behind-world.ts'

let world: BehindWorld
let alice: Behind

beforeEach(async () => {
  world = await behindWorld(['files', 'maps', 'vault'])
  world.known.set('files', {
    tools: ['read'],
    prompts: ['greet'],
    resources: ['file:///a', 'both://1'],
    resourceTemplates: ['file:///logs/{day}', 'same://{id}'],
  })
  world.known.set('maps', { tools: ['route'], resources: ['both://1'], resourceTemplates: ['same://{id}'] })
  world.known.set('vault', { resources: ['vault://1'] })
  alice = world.behind(world.client('alice'))
})

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const said = (): readonly (readonly [string, string | undefined])[] =>
  world.links.asked.map(({ server, asking }) => [server, asking.params?.toString()])

test.each([
  ['tools/call', { name: 'files_read', arguments: { n: 1 } }, 'files', { name: 'read', arguments: { n: 1 } }],
  ['prompts/get', { name: 'files_greet' }, 'files', { name: 'greet' }],
  ['resources/read', { uri: 'file:///a' }, 'files', { uri: 'file:///a' }],
  ['resources/read', { uri: 'weir://maps/both://1' }, 'maps', { uri: 'both://1' }],
  ['resources/read', { uri: 'file:///logs/monday' }, 'files', { uri: 'file:///logs/monday' }],
  ['resources/read', { uri: 'weir://maps/any:thing' }, 'maps', { uri: 'any:thing' }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'files_greet' }, argument: { name: 'a' } },
    'files',
    { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'a' } },
  ],
  [
    'completion/complete',
    { ref: { type: 'ref/resource', uri: 'weir://maps/same://{id}' } },
    'maps',
    { ref: { type: 'ref/resource', uri: 'same://{id}' } },
  ],
])('%s of %j goes to %s', async (method, params, server, there) => {
  await resultOf(alice, method, params)
  expect(said()).toEqual([[server, JSON.stringify(there)]])
})

test('digits, spaces and members that nobody knows reach the server as they are', async () => {
  const text = '{ "x-more": 1.0e+2, "name" : "files_read" ,"arguments":{"n":12345678901234567890}}'
  const meant = await alice.find('tools/call', Buffer.from(text))
  const asking = { method: 'tools/call', params: Buffer.from(text), logLevel: null, mirrors: [], trace: null }
  await new Promise<void>((resolve) => {
    const hearer = { onNotice: () => undefined, onAsk: () => undefined, onEnd: () => resolve() }
    alice.ask(careFor('files'), meant, asking, hearer)
  })
  expect(said()).toEqual([['files', text.replace('files_read', 'read')]])
})

test('every URI that a result holds can be read, and leads to the server that said it', async () => {
  const links = ['file:///a', 'both://1', 'vault://1', 'https://x.example/1', 'ui://view', 'weir://files/file:///a']
  world.links.answer = (_, { method, params }) => {
    if (method === 'resources/read') return { contents: [JSON.parse(String(params))] }
    return { content: links.map((uri) => ({ type: 'resource_link', uri })) }
  }
  const { content } = await resultOf(alice, 'tools/call', { name: 'maps_route' })
  for (const [i, { uri }] of (content as readonly { readonly uri: string }[]).entries()) {
    const { contents } = await resultOf(alice, 'resources/read', { uri })
    expect(said().at(-1)).toEqual(['maps', JSON.stringify({ uri: links[i] })])
    expect(contents).toEqual([{ uri }])
  }
})

test('a server cannot point at what another one has', async () => {
  world.links.answer = () => ({ content: [{ type: 'resource_link', uri: 'file:///a' }] })
  const { content } = await resultOf(alice, 'tools/call', { name: 'maps_route' })
  expect(content).toEqual([{ type: 'resource_link', uri: 'weir://maps/file:///a' }])
})

test('one server as it is says and hears its own names and URIs', async () => {
  const behind = world.behind(world.client('alice'), { kind: 'server', server: 'maps' })
  world.links.answer = () => ({ content: [{ type: 'resource_link', uri: 'file:///a' }] })
  const { content } = await resultOf(behind, 'tools/call', { name: 'route' })
  expect(content).toEqual([{ type: 'resource_link', uri: 'file:///a' }])
  await resultOf(behind, 'resources/read', { uri: 'weir://files/x' })
  expect(said().at(-1)).toEqual(['maps', '{"uri":"weir://files/x"}'])
})

interface Made {
  readonly taskId?: string
  readonly task?: { readonly taskId: string }
}

test.each([
  [{ task: { taskId: 't1' } }, ({ task }: Made) => task?.taskId ?? ''],
  [{ resultType: 'task', taskId: 't1' }, ({ taskId }: Made) => taskId ?? ''],
])('a task of %j is called something else outside, the same each time, by its caller only', async (made, idOf) => {
  world.links.answer = (_, { method }) => (method === 'tools/call' ? made : { taskId: 't1', status: 'working' })
  const taskId = idOf(await resultOf(alice, 'tools/call', { name: 'files_read' }))
  expect(taskId).not.toContain('t1')
  expect(await resultOf(alice, 'tasks/get', { taskId })).toEqual({ taskId, status: 'working' })
  for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update', 'tasks/result']) {
    await resultOf(world.behind(world.client('alice')), method, { taskId })
    expect(said().at(-1)).toEqual(['files', '{"taskId":"t1"}'])
    for (const other of [world.client('bob'), world.client('alice', { person: 'user:ann' })]) {
      expect(await errorCodeOf(world.behind(other), method, { taskId })).toBe(-32602)
    }
  }
})

interface Open {
  readonly talk: Talk
  readonly ends: End[]
  readonly asks: Ask[]
  readonly notices: unknown[]
}

async function begin(method = 'tools/call', params: object = { name: 'files_read' }): Promise<Open> {
  const meant = await alice.find(method, json(params))
  const [ends, asks, notices]: [End[], Ask[], unknown[]] = [[], [], []]
  const asking = { method, params: json(params), logLevel: null, mirrors: [], trace: null }
  const talk = alice.ask(careFor('files'), meant, asking, {
    onNotice: (name, said) => notices.push([name, said === null ? null : JSON.parse(said.toString())]),
    onAsk: (ask) => asks.push(ask),
    onEnd: (end) => ends.push(end),
  })
  return { talk, ends, asks, notices }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is cancelled before its link is open never reaches the server', async () => {
  const { talk, ends } = await begin()
  talk.cancel('gone')
  await turn()
  expect([ends, world.links.asked, talk.sent]).toEqual([[], [], false])
})

test('what is cancelled under way is cancelled at its server', async () => {
  world.links.answer = () => null
  const { talk } = await begin()
  await turn()
  expect(talk.sent).toBe(true)
  talk.cancel('enough')
  expect(world.links.asked[0]?.cancelled()).toBe('enough')
})

test('a server that cannot be reached is the end of the request, in its own words only', async () => {
  world.links.down.add('files')
  const { end } = await askBehind(alice, 'tools/call', { name: 'files_read' })
  expect(end).toMatchObject({ kind: 'fault', fault: { code: 'connect_failed' } })
})

test('whoever is asked sees which server asks, and log messages say whose they are', async () => {
  world.links.answer = () => null
  const { asks, notices } = await begin()
  await turn()
  const hearer = world.links.asked[0]?.hearer
  const questions = new Map([['q', { method: 'elicitation/create', params: json({ message: 'Name?' }) }]])
  hearer?.onAsk({ questions, rests: false, state: null })
  hearer?.onAsk({ questions: new Map([['r', { method: 'roots/list', params: null }]]), rests: true, state: 's' })
  const [first, second] = asks.map((ask) => [...ask.questions].map(([key, { params }]) => [key, String(params)]))
  expect(first).toEqual([['q', '{"message":"Name?","_meta":{"dev.weir/server":"files"}}']])
  expect(second).toEqual([['r', '{"_meta":{"dev.weir/server":"files"}}']])
  expect(asks[1]).toMatchObject({ rests: true, state: 's' })
  hearer?.onNotice('notifications/message', json({ level: 'info', logger: 'db', data: 1 }))
  hearer?.onNotice('notifications/message', json({ level: 'info', data: 1 }))
  hearer?.onNotice('notifications/progress', json({ progressToken: 7, progress: 1 }))
  expect(notices).toEqual([
    ['notifications/message', { level: 'info', logger: 'files/db', data: 1 }],
    ['notifications/message', { level: 'info', logger: 'files', data: 1 }],
    ['notifications/progress', { progressToken: 7, progress: 1 }],
  ])
})

test('what is told reaches the servers that are spoken with, and no other', async () => {
  await resultOf(alice, 'tools/call', { name: 'files_read' })
  for (const agent of ['alice', 'bob']) world.behind(world.client(agent)).tell('notifications/roots/list_changed', null)
  await turn()
  expect(world.links.told).toEqual(['files notifications/roots/list_changed'])
})
