import { beforeEach, expect, test } from 'vitest'
import type { ServersAddress } from '../../../../../src/pipeline/mcp/behind.ts'
import { type BehindWorld, behindWorld, type ClientOf } from '../../../../support/behind-world.ts'

let world: BehindWorld

beforeEach(async () => {
  const sets = { desk: { servers: ['files'], instructions: 'Ask first.' }, tools: { tools: ['files/read'] } }
  world = await behindWorld(['files', 'maps', 'vault'], { sets })
  for (const server of ['files', 'maps', 'vault']) world.known.set(server, {})
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
  world.links.abouts.set('files', {
    capabilities: json({ tools: {}, resources: { subscribe: true }, experimental: { x: {} }, completions: {} }),
    instructions: 'Read\u{e0041} before\nyou \u202ewrite.\u001b[31m',
  })
  world.links.abouts.set('maps', {
    capabilities: json({ tools: { listChanged: true }, logging: {}, tasks: { list: {}, cancel: {} } }),
    instructions: 'x'.repeat(9000),
  })
  world.links.abouts.set('vault', { instructions: 'The code is 1234' })
})

async function about(address: ServersAddress = { kind: 'all' }, of: ClientOf = {}) {
  const said = await world.behind(world.client('alice', of), address).about()
  const read = (text: Buffer | null): unknown => (text === null ? null : JSON.parse(text.toString()))
  return { ...said, capabilities: read(said.capabilities), serverInfo: read(said.serverInfo) }
}

test('several servers are Weir, which can do what any of them can', async () => {
  const { capabilities, serverInfo, era, version } = await about()
  expect({ serverInfo, era, version }).toEqual({
    serverInfo: { name: 'weir', title: 'Weir', version: '1.2.3' },
    era: 'legacy',
    version: '2025-11-25',
  })
  expect(capabilities).toEqual({
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: true },
    completions: {},
    logging: {},
    tasks: { cancel: {} },
  })
  expect(await about({ kind: 'all' }, { era: 'modern' })).toMatchObject({ era: 'modern', version: '2026-07-28' })
})

test('what servers say of themselves stands under their names, cut, visible, and only where they may be used', async () => {
  const { instructions } = await about()
  expect(instructions).toContain('[files] says of itself:\nRead before\nyou write.[31m')
  expect(instructions).toMatch(/\[maps\] says of itself:\nx{2000}$/)
  expect(instructions).not.toContain('1234')
})

test('a set says what its operator wrote, and has no prompts where it has tools only', async () => {
  expect(await about({ kind: 'set', set: 'desk' })).toMatchObject({ instructions: 'Ask first.' })
  const { capabilities } = await about({ kind: 'set', set: 'tools' })
  expect(capabilities).not.toHaveProperty('prompts')
})

test('a greeting waits neither for who is missing nor long for who is silent', async () => {
  world.known.set('maps', { state: 'missing' })
  world.links.silent.add('files').add('maps')
  const waiting = about()
  await new Promise((resolve) => setImmediate(resolve))
  expect(world.links.opened).toEqual(['files as alice to files'])
  world.pass(2000)
  expect(await waiting).toMatchObject({ instructions: null, capabilities: { tools: { listChanged: true } } })
})

test('one server is greeted and says of itself what it says', async () => {
  expect(await about({ kind: 'server', server: 'maps' })).toMatchObject({ instructions: 'x'.repeat(9000) })
  world.links.down.add('maps')
  expect(await about({ kind: 'server', server: 'maps' })).toMatchObject({
    instructions: null,
    capabilities: { tools: {} },
  })
})

test('several servers are greeted as Weir itself where it may, else as the client', async () => {
  const { speakerFor } = world.client('alice')
  world.ownSpeaker = (server) => (server.settings.id === 'maps' ? null : { ...speakerFor(server), key: 'weir' })
  await about()
  expect(world.links.opened).toEqual(['files as weir', 'maps as alice to maps'])
})

test('what does not cross from one era to the other is not promised', async () => {
  world.links.abouts.set('maps', { era: 'legacy', capabilities: Buffer.from('{"tasks":{"cancel":{}},"logging":{}}') })
  const { capabilities } = await about({ kind: 'all' }, { era: 'modern' })
  expect(capabilities).not.toHaveProperty('tasks')
  expect(capabilities).toHaveProperty('logging')
})
