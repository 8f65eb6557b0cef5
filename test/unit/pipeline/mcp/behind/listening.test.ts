import { beforeEach, expect, test } from 'vitest'
import { careFor } from '../../../../../src/pipeline/mcp/care.ts'
import type { ServersAddress } from '../../../../../src/pipeline/mcp/behind.ts'
import type { Listening, Wants } from '../../../../../src/relay/mcp/link.ts'
import { type BehindWorld, behindWorld, resultOf } from '../../../../support/behind-world.ts'

let world: BehindWorld
let heard: [string, unknown][]
let asked: string[]

beforeEach(async () => {
  world = await behindWorld(['files', 'maps', 'vault'], { sets: { desk: { servers: ['files'], tools: ['maps/*'] } } })
  world.known.set('files', { tools: ['read'], resources: ['file:///a', 'both://1'] })
  world.known.set('maps', { tools: ['route'], resources: ['both://1'] })
  world.known.set('vault', { resources: ['vault://1'] })
  ;[heard, asked] = [[], []]
})

const nothing: Wants = {
  toolsListChanged: false,
  promptsListChanged: false,
  resourcesListChanged: false,
  resources: [],
  tasks: [],
}
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function listen(
  wants: Partial<Wants>,
  agent = 'alice',
  address: ServersAddress = { kind: 'all' },
): Promise<Listening> {
  const listening = world.behind(world.client(agent), address).listen(
    careFor('any'),
    { ...nothing, ...wants },
    {
      onNotice: (method, params) => heard.push([method, params === null ? null : JSON.parse(params.toString())]),
      onAsk: ({ questions }) => asked.push(...[...questions.values()].map(({ params }) => String(params))),
      onEnd: () => heard.push(['end', null]),
    },
  )
  await turn()
  return listening
}

test('each server is listened to for what is wanted of it, and no other', async () => {
  await listen({ resources: ['file:///a', 'weir://files/both://1', 'weir://vault/vault://1', 'nowhere://'] })
  expect([...world.links.listening.keys()]).toEqual(['files'])
  expect(world.links.listening.get('files')?.wants).toEqual({ ...nothing, resources: ['file:///a', 'both://1'] })
})

test('that a resource was updated is heard by the URI it has here', async () => {
  await listen({ resources: ['weir://maps/both://1'] })
  world.links.listening.get('maps')?.hearer.onNotice('notifications/resources/updated', json({ uri: 'both://1' }))
  expect(heard).toEqual([['notifications/resources/updated', { uri: 'weir://maps/both://1' }]])
})

test('of a part of what is watched, the whole is heard of', async () => {
  await listen({ resources: ['file:///a', 'weir://maps/both://1'] })
  const updated = (server: string, uri: string): void =>
    world.links.listening.get(server)?.hearer.onNotice('notifications/resources/updated', json({ uri }))
  updated('files', 'file:///a/part')
  updated('maps', 'both://1/part')
  updated('maps', 'file:///a')
  expect(heard.map(([, said]) => said)).toEqual([
    { uri: 'file:///a' },
    { uri: 'weir://maps/both://1/part' },
    { uri: 'weir://maps/file:///a' },
  ])
})

test('that a list changed is heard once it is known, once for many changes', async () => {
  await listen({ toolsListChanged: true, resources: ['file:///a'] })
  expect([...world.links.listening.keys()]).toEqual(['files'])
  const { hearer, wants } = world.links.listening.get('files') ?? {}
  expect(wants?.toolsListChanged).toBe(false)
  for (let i = 0; i < 100; i += 1) hearer?.onNotice('notifications/tools/list_changed', null)
  world.pass(500)
  expect(heard).toEqual([])
  expect(new Set(world.known.words)).toEqual(new Set(['files tools']))
  for (const server of ['files', 'maps', 'files']) world.known.tellChange(server, 'tools')
  world.known.tellChange('files', 'prompts')
  world.known.tellChange('vault', 'tools')
  world.pass(200)
  expect(heard).toEqual([['notifications/tools/list_changed', null]])
})

test('of a server in a set with its tools only, nothing is heard but tools', async () => {
  await listen({ resourcesListChanged: true }, 'alice', { kind: 'set', set: 'desk' })
  world.known.tellChange('maps', 'resources')
  world.pass(200)
  expect(heard).toEqual([])
  world.known.tellChange('files', 'resourceTemplates')
  world.pass(200)
  expect(heard).toEqual([['notifications/resources/list_changed', null]])
})

test('a dead server does not end the listening, and is tried again', async () => {
  world.links.down.add('maps')
  await listen({ resources: ['file:///a', 'weir://maps/both://1'] })
  expect([...world.links.listening.keys()]).toEqual(['files'])
  world.links.listening.get('files')?.hearer.onEnd(null)
  world.links.listening.delete('files')
  world.links.down.delete('maps')
  world.pass(1200)
  await turn()
  expect([...world.links.listening.keys()].toSorted()).toEqual(['files', 'maps'])
  expect(heard).toEqual([])
})

test('a server that is known to be back is listened to at once', async () => {
  world.links.down.add('maps')
  await listen({ resources: ['weir://maps/both://1'] })
  world.links.down.delete('maps')
  world.known.tellChange('maps', 'tools')
  await turn()
  expect([...world.links.listening.keys()]).toContain('maps')
})

test('other wants, and other meanings of a URI, go on at once', async () => {
  const listening = await listen({ resources: ['file:///a'] })
  listening.use({ ...nothing, resources: ['weir://maps/both://1'] })
  await turn()
  expect(world.links.listening.get('files')?.wants.resources).toEqual([])
  expect(world.links.listening.get('maps')?.wants.resources).toEqual(['both://1'])
})

test('a task is listened to at its server, by the id it has there', async () => {
  world.links.answer = () => ({ task: { taskId: 't1' } })
  const behind = world.behind(world.client('alice'))
  const { task } = await resultOf(behind, 'tools/call', { name: 'files_read' })
  const { taskId } = task as { readonly taskId: string }
  await listen({ tasks: [taskId, 'x'] })
  const lane = world.links.listening.get('files')
  expect(lane?.wants.tasks).toEqual(['t1'])
  lane?.hearer.onNotice('notifications/tasks', json({ taskId: 't1', status: 'working' }))
  expect(heard).toEqual([['notifications/tasks', { taskId, status: 'working' }]])
})

test('lists of many servers are heard of without a word to any of them, those of the only one at that one', async () => {
  await listen({ toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true })
  expect(world.links.opened).toEqual([])
  await listen({ toolsListChanged: true }, 'alice', { kind: 'server', server: 'maps' })
  expect(world.links.listening.get('maps')?.wants).toEqual({ ...nothing, toolsListChanged: true })
})

test('what a server asks outside of a request says who asks', async () => {
  await listen({ resources: ['weir://maps/both://1'] })
  const questions = new Map([['q', { method: 'roots/list', params: null }]])
  world.links.listening.get('maps')?.hearer.onAsk({ questions, rests: false, state: null }, () => undefined)
  expect(asked).toEqual(['{"_meta":{"dev.weir/server":"maps"}}'])
})

test('who closes it hears nothing more, and nothing is listened to any more', async () => {
  const listening = await listen({ toolsListChanged: true, resources: ['file:///a'] })
  world.known.tellChange('files', 'tools')
  listening.close()
  world.known.tellChange('files', 'tools')
  world.pass(100_000)
  await turn()
  expect([heard, world.links.listening.size]).toEqual([[], 0])
})
