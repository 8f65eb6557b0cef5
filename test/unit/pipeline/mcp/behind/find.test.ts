import { beforeEach, expect, test } from 'vitest'
import type { Meant } from '../../../../../src/pipeline/mcp/behind.ts'
import { askBehind, type BehindWorld, behindWorld, errorCodeOf, resultOf } from '../../../../support/behind-world.ts'

let world: BehindWorld

beforeEach(async () => {
  const sets = { desk: { tools: ['maps/route'] } }
  world = await behindWorld(['files', 'maps', 'vault'], { sets })
  world.known.set('files', {
    tools: ['read', { name: 'new', state: 'pending' }, { name: 'odd', state: 'quarantined' }],
  })
  world.known.set('maps', { tools: ['route', 'locate'] })
  world.known.set('vault', { tools: ['open'] })
})

const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const all = { kind: 'all' } as const

function find(agent: string, name: string, address: object = all): Promise<Meant> {
  return world.behind(world.client(agent), address as typeof all).find('tools/call', json({ name }))
}

test('a tool is found by the name it has here, and means one of its server', async () => {
  expect(await find('alice', 'files_read')).toMatchObject({ kind: 'tool', tool: 'read', refusal: null, misfit: null })
  expect(await find('alice', 'route', { kind: 'server', server: 'maps' })).toMatchObject({
    kind: 'tool',
    tool: 'route',
  })
  expect(await find('alice', 'maps_route', { kind: 'set', set: 'desk' })).toMatchObject({ kind: 'tool', tool: 'route' })
  expect(await find('alice', 'search_tools')).toEqual({ kind: 'own' })
})

test.each([
  ['a name of nothing', 'alice', 'nothing', all],
  ['a tool that nobody approved yet', 'alice', 'files_new', all],
  ['a tool in quarantine', 'alice', 'files_odd', all],
  ['a tool of a server that may not be used', 'alice', 'vault_open', all],
  ['a tool that the set does not name', 'alice', 'maps_locate', { kind: 'set', set: 'desk' }],
  ['a name it has elsewhere', 'alice', 'read', all],
  ['our own tool at an address of one server', 'alice', 'search_tools', { kind: 'server', server: 'maps' }],
])('%s is no tool', async (_, agent, name, address) => {
  expect(await find(agent, name, address)).toMatchObject({ kind: 'nothing', error: { code: -32602 } })
})

test('a definition that changed between list and call is refused, for it is looked at with the call', async () => {
  world.known.next.set('files', { tools: [{ name: 'read', state: 'changed', more: { description: 'another' } }] })
  const meant = await find('alice', 'files_read')
  expect(world.known.looks).toEqual(['files 5000'])
  expect(meant).toMatchObject({ kind: 'tool', refusal: { code: 'tool_definition_changed', rule: 'tools.lock' } })
  const { end } = await askBehind(world.behind(world.client('alice')), 'tools/call', { name: 'files_read' })
  expect(end).toMatchObject({ kind: 'denial', denial: { code: 'tool_definition_changed' } })
  expect(world.links.asked).toEqual([])
})

test('a tool that is gone by the time it is called is none', async () => {
  world.known.next.set('files', { tools: [] })
  expect(await find('alice', 'files_read')).toMatchObject({ kind: 'nothing' })
})

test('arguments that do not fit are told to the model, and to no server', async () => {
  world.known.misfits.set('files/read', '/path must be a string')
  const result = await resultOf(world.behind(world.client('alice')), 'tools/call', {
    name: 'files_read',
    arguments: {},
  })
  expect(result).toEqual({ content: [{ type: 'text', text: '/path must be a string' }], isError: true })
  expect(world.links.asked).toEqual([])
})

test('just after the start a tool is waited for, later nobody waits for who is away', async () => {
  world.known.set('files', { state: 'missing' })
  world.known.next.set('files', { tools: ['read'] })
  expect(await find('alice', 'files_read')).toMatchObject({ kind: 'tool', tool: 'read' })
  world.known.set('files', { state: 'missing' })
  world.clock.advance(120_000)
  world.known.looks.length = 0
  expect(await find('alice', 'files_read')).toMatchObject({ kind: 'nothing' })
  expect(world.known.looks).toEqual([])
})

test('the only server there is, and that has not answered, refuses', async () => {
  world.known.set('maps', { state: 'missing' })
  const meant = await find('alice', 'route', { kind: 'server', server: 'maps' })
  expect(meant).toMatchObject({ kind: 'tool', refusal: { code: 'upstream_unavailable' } })
})

test.each(['ping', 'logging/setLevel', 'tasks/list', 'skills/list', 'initialize', 'constructor', ''])(
  'nobody knows the method %s',
  async (method) => {
    expect(await errorCodeOf(world.behind(world.client('alice')), method)).toBe(-32601)
  },
)

test.each([
  ['tools/call', {}],
  ['tools/call', { name: 7 }],
  ['prompts/get', { name: 'files_greet' }],
  ['resources/read', { uri: 'file:///nowhere' }],
  ['resources/read', { uri: 'weir://vault/vault://1' }],
  ['resources/read', { uri: ['weir://files/x'] }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' } }],
  ['completion/complete', { ref: 'ref' }],
  ['completion/complete', {}],
  ['tasks/get', { taskId: 'plain' }],
  ['tasks/cancel', {}],
])('%s of %j is nothing', async (method, params) => {
  expect(await errorCodeOf(world.behind(world.client('alice')), method, params)).toBe(-32602)
})
