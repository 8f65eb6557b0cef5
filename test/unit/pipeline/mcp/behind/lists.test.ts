import { beforeEach, expect, test } from 'vitest'
import { type BehindWorld, behindWorld, errorCodeOf, resultOf } from '../../../../support/behind-world.ts'
import type { ScriptedLists } from '../../../../support/scripted-known.ts'

let world: BehindWorld

const lists: Readonly<Record<string, ScriptedLists>> = {
  files: {
    tools: ['read', 'erase', { name: 'new', state: 'pending' }, { name: 'odd', state: 'quarantined' }],
    prompts: ['greet'],
    resources: ['file:///a', 'both://1'],
    resourceTemplates: ['file:///logs/{day}'],
  },
  maps: {
    tools: [
      { name: 'route', more: { title: 'Route' } },
      { name: 'old', state: 'changed' },
    ],
    resources: ['both://1'],
  },
  vault: { tools: ['open'], prompts: ['secret'], resources: ['vault://1'] },
}

beforeEach(async () => {
  const sets = { desk: { servers: ['files'], tools: ['maps/route'] }, empty: { tools: ['maps/nothing'] } }
  world = await behindWorld(['vault', 'files', 'maps'], { sets })
  for (const [server, of] of Object.entries(lists)) world.known.set(server, of)
})

interface Shown {
  readonly name: string
  readonly uri?: string
  readonly title?: string
}

async function listed(agent: string, method: string, address = { kind: 'all' } as const): Promise<readonly Shown[]> {
  const result = await resultOf(world.behind(world.client(agent), address), method)
  return Object.values(result).find(Array.isArray) as readonly Shown[]
}

const names = (shown: readonly Shown[]): readonly string[] => shown.map(({ name }) => name)

test('several servers are one list, in one order, of what its reader may call', async () => {
  expect(names(await listed('alice', 'tools/list'))).toEqual(['search_tools', 'files_read', 'maps_route'])
  expect(names(await listed('carol', 'tools/list'))).toEqual([
    'search_tools',
    'files_read',
    'files_erase',
    'maps_route',
    'vault_open',
  ])
})

test('the name it has at its server is the title of a tool that has none', async () => {
  const [, read, route] = await listed('alice', 'tools/list')
  expect([read?.title, route?.title]).toEqual(['read', 'Route'])
})

test('what a token says of tools holds for lists as well', async () => {
  const authority = { scopes: ['tool:route'], details: null }
  const behind = world.behind(world.client('carol', { authority }))
  const { tools } = await resultOf(behind, 'tools/list')
  expect(names(tools as readonly Shown[])).toEqual(['search_tools', 'maps_route'])
})

test('prompts, resources and templates of servers one may not use are not there', async () => {
  expect(names(await listed('alice', 'prompts/list'))).toEqual(['files_greet'])
  expect(names(await listed('carol', 'prompts/list'))).toEqual(['files_greet', 'vault_secret'])
  const uris = (await listed('alice', 'resources/list')).map(({ uri }) => uri)
  expect(uris).toEqual(['file:///a', 'weir://files/both://1', 'weir://maps/both://1'])
  expect(await listed('alice', 'resources/templates/list')).toEqual([
    { uriTemplate: 'file:///logs/{day}', name: 'file:///logs/{day}' },
  ])
})

test('a set is what it names: whole servers, and single tools of others', async () => {
  const desk = { kind: 'set', set: 'desk' } as unknown as { kind: 'all' }
  expect(names(await listed('carol', 'tools/list', desk))).toEqual([
    'search_tools',
    'files_read',
    'files_erase',
    'maps_route',
  ])
  const uris = (await listed('carol', 'resources/list', desk)).map(({ uri }) => uri)
  expect(uris).toEqual(['file:///a', 'both://1'])
  for (const set of ['empty', 'unknown']) {
    expect(names(await listed('carol', 'tools/list', { kind: 'set', set } as unknown as { kind: 'all' }))).toEqual([
      'search_tools',
    ])
  }
})

test('one server as it is keeps its names, URIs and definitions, and shows only what is approved', async () => {
  const maps = { kind: 'server', server: 'maps' } as unknown as { kind: 'all' }
  expect(await listed('alice', 'tools/list', maps)).toEqual([
    { name: 'route', inputSchema: { type: 'object' }, title: 'Route' },
  ])
  expect((await listed('alice', 'resources/list', maps)).map(({ uri }) => uri)).toEqual(['both://1'])
})

test('a server that may not be used is one that does not exist', async () => {
  for (const server of ['vault', 'nowhere']) {
    const behind = world.behind(world.client('alice'), { kind: 'server', server })
    expect(await errorCodeOf(behind, 'tools/list')).toBe(-32602)
  }
})

test('who is missing or stale is named to those who may use it, without a word of where it is', async () => {
  world.known.set('maps', { ...lists['maps'], state: 'stale' })
  world.known.set('vault', { state: 'missing' })
  const alice = await resultOf(world.behind(world.client('alice')), 'tools/list')
  expect(alice['_meta']).toMatchObject({ 'dev.weir/partial': { servers: [{ server: 'maps', state: 'stale' }] } })
  expect(names(alice['tools'] as readonly Shown[])).toContain('maps_route')
  const carol = await resultOf(world.behind(world.client('carol')), 'tools/list')
  expect(carol['_meta']).toMatchObject({ 'dev.weir/partial': { servers: [{ server: 'maps' }, { server: 'vault' }] } })
  expect(JSON.stringify([alice, carol])).not.toContain('10.0.0.7')
})

test('a list waits for no server, and asks none', async () => {
  for (const server of ['files', 'maps', 'vault']) world.links.silent.add(server)
  await listed('carol', 'tools/list')
  expect([world.links.opened, world.known.looks]).toEqual([[], []])
})

test('clients of the modern era are told that a list is theirs alone', async () => {
  const modern = await resultOf(world.behind(world.client('alice', { era: 'modern' })), 'prompts/list')
  expect(modern).toMatchObject({ resultType: 'complete', cacheScope: 'private', ttlMs: expect.any(Number) as number })
  expect(Object.keys(await resultOf(world.behind(world.client('alice')), 'prompts/list'))).toEqual(['prompts'])
})

test('of one server whose lists nobody could get, prompts are asked for and tools are none', async () => {
  world.known.set('maps', { state: 'missing' })
  const behind = world.behind(world.client('alice'), { kind: 'server', server: 'maps' })
  world.links.answer = () => ({ prompts: [{ name: 'own' }] })
  expect(await resultOf(behind, 'prompts/list')).toEqual({ prompts: [{ name: 'own' }] })
  expect(await errorCodeOf(behind, 'tools/list')).toBe('upstream_unavailable')
})
