/** Real processes behind channels: the official servers, and what servers do on bad days. */
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { childEnvironment } from '../../src/config/load.ts'
import type { ToolProcess } from '../../src/config/settings-tools.ts'
import { openProcessChannel } from '../../src/relay/mcp/children.ts'
import type { LineChannel } from '../../src/relay/mcp/line-channel.ts'
import {
  ask,
  greet,
  isAlive,
  listen,
  type Message,
  type Nursery,
  nursery,
  odd,
  official,
  secretEnv,
} from '../support/lines.ts'
import { until } from '../support/relay.ts'

function open({ children }: Nursery, settings: ToolProcess, server = 'files'): LineChannel {
  return openProcessChannel(server, settings, children)
}

const textOf = (message?: Message): unknown =>
  (message?.result?.['content'] as { text: string }[] | undefined)?.[0]?.text
const call = (id: number, name: string, more = {}) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: {}, ...more },
})

test.each(['v1', 'v2'])('a server of the official SDK %s is greeted and called', async (generation) => {
  await using house = nursery()
  const channel = open(house, official(generation))
  expect((await greet(channel))?.result?.['serverInfo']).toMatchObject({ name: `stdio-${generation}` })
  const { messages } = await ask(channel, call(1, 'echo', { arguments: { said: 'hello\nthere' } }))
  expect(textOf(messages[0])).toBe('hello\nthere')
})

test('progress comes to its request, and what a server asks meanwhile as well', async () => {
  await using house = nursery()
  const channel = open(house, official('v1'))
  await greet(channel, { roots: {} })
  const steps = await ask(channel, call(1, 'steps', { _meta: { progressToken: 'p' } }))
  expect(steps.messages.map(({ method }) => method)).toEqual([
    'notifications/progress',
    'notifications/progress',
    undefined,
  ])
  const asked = await ask(channel, call(2, 'ask'), ({ method, id }) => {
    if (method !== 'roots/list') return
    const answer = { jsonrpc: '2.0', id, result: { roots: [{ uri: 'file:///here' }] } }
    channel.tell({ message: Buffer.from(JSON.stringify(answer)), id: null, progressToken: null, headers: [] }, () => {})
  })
  expect(textOf(asked.messages.at(-1))).toBe('file:///here')
})

test('a modern server answers server/discover and tags what a subscription gets', async () => {
  await using house = nursery()
  const channel = open(house, official('v2'))
  const prefix = 'io.modelcontextprotocol/'
  const _meta = { [`${prefix}protocolVersion`]: '2026-07-28', [`${prefix}clientCapabilities`]: {} }
  const discovered = await ask(channel, { id: 1, method: 'server/discover', params: { _meta } })
  expect(discovered.messages[0]?.result?.['supportedVersions']).toContain('2026-07-28')
  const notifications = { toolsListChanged: true }
  const subscribed = ask(channel, { id: 2, method: 'subscriptions/listen', params: { _meta, notifications } })
  await until(() => subscribed.messages.length > 0)
  expect(subscribed.messages[0]?.method).toBe('notifications/subscriptions/acknowledged')
})

test('a process gets the environment of the list and of its row, its directory and its arguments, and no shell reads them', async () => {
  const inherited = childEnvironment({ PATH: '/bin', HOME: '/home/x', LANG: '() { :; }', ADMIN_TOKEN: 'secret' })
  await using house = nursery(8, { ...inherited })
  const env = secretEnv('API_KEY', 'sesame-sesame')
  const channel = open(house, odd('environment', { env, cwd: tmpdir() }, '$(id) ; *'))
  const { messages } = await ask(channel, { id: 1, method: 'x' })
  expect(messages[0]?.result).toEqual({
    env: { PATH: '/bin', HOME: '/home/x', API_KEY: 'sesame-sesame' },
    cwd: realpathSync(tmpdir()),
    args: ['$(id) ; *'],
  })
})

test('chatter on the standard output is skipped and counted', async () => {
  await using house = nursery()
  const channel = open(house, odd('chatter'))
  expect((await ask(channel, { id: 1, method: 'x' })).messages[0]?.id).toBe(1)
  expect(channel.skipped).toBe(3)
})

test('a flood on the standard error is read and dropped, and its end is shown without controls and secrets', async () => {
  await using house = nursery()
  const channel = open(house, odd('flood', { env: secretEnv('API_KEY', 'sesame-sesame') }))
  expect((await ask(channel, { id: 1, method: 'x' })).fault).toBeNull()
  channel.close()
  await house.children.close()
  const stderr = house.log.at(-1)?.facts['stderr'] as string[]
  expect(stderr.slice(-2)).toEqual(['the key is [secret]', 'last words'])
  expect(stderr).toHaveLength(5)
  expect(stderr.join('').length).toBeLessThan(2000)
  expect(stderr.join('').includes('\u001b')).toBe(false)
})

test('a server that ignores SIGTERM ends, and so does what it started', async () => {
  await using house = nursery()
  const channel = open(house, odd('stubborn'))
  const { messages } = await ask(channel, { id: 1, method: 'x' })
  const pids = [messages[0]?.result?.['pid'], messages[0]?.result?.['grandchild']] as number[]
  expect(pids.map(isAlive)).toEqual([true, true])
  channel.close()
  await house.children.close()
  expect(pids.map(isAlive)).toEqual([false, false])
})

test('what a server leaves behind ends with it', async () => {
  await using house = nursery()
  const channel = open(house, odd('orphans'))
  const { messages } = await ask(channel, { id: 1, method: 'x' })
  const grandchild = messages[0]?.result?.['grandchild'] as number
  expect(isAlive(grandchild)).toBe(true)
  expect((await ask(channel, { id: 2, method: 'go' })).fault).toMatchObject({ code: 'reset', sent: true })
  await until(() => !isAlive(grandchild))
})

test('the end of a process during a call is a fault for all that is open, and is told to operators', async () => {
  await using house = nursery()
  const channel = open(house, odd('leaves'))
  const [listened, open1, going] = [
    listen(channel),
    ask(channel, { id: 1, method: 'stay' }),
    ask(channel, { id: 2, method: 'go' }),
  ]
  expect((await open1).fault).toMatchObject({ code: 'reset', sent: true })
  expect((await going).fault?.detail).toBe('the process of the server: it ended with code 3')
  expect((await listened.end)?.code).toBe('reset')
  expect((await ask(channel, { id: 3, method: 'x' })).fault).toMatchObject({ code: 'reset', sent: false })
  const warned = house.log.filter(({ level }) => level === 'warn')
  expect(warned.map(({ message, facts }) => [message, facts['stderr']])).toEqual([
    ['the process of a tool server is gone: it ended with code 3', ['I cannot do that', 'I cannot do that']],
  ])
})

test('a crash loop is refused at once while it is waited out, longer each time, and then tried again', async () => {
  await using house = nursery()
  const settings = odd('crash', { restart: { first_ms: 400, max_ms: 700, steady_ms: 60_000 } })
  const attempt = async () => (await ask(open(house, settings), { id: 1, method: 'x' })).fault?.code
  expect([await attempt(), await attempt()]).toEqual(['reset', 'reset'])
  expect(await attempt()).toBe('connect_failed')
  expect(house.children.health('files')).toMatchObject({
    started: 2,
    crashes: 2,
    running: 0,
    lastEnd: 'it ended with code 1',
  })
  await until(() => house.children.health('files').wait_ms === 0)
  expect(await attempt()).toBe('reset')
  expect(house.children.health('files').wait_ms).toBeGreaterThan(400)
  expect(house.children.health('files').wait_ms).toBeLessThanOrEqual(700)
  expect(await attempt()).toBe('connect_failed')
  expect(house.children.health('others')).toMatchObject({ started: 0, wait_ms: 0 })
})

test('a server that ends on being greeted in words it does not know has not crashed', async () => {
  await using house = nursery()
  const greeted = [1, 2, 3, 4].map((id) => ask(open(house, odd('old')), { id, method: 'server/discover' }))
  for (const each of greeted) expect((await each).fault?.code).toBe('reset')
  expect(house.children.health('files')).toMatchObject({ crashes: 0, wait_ms: 0, lastEnd: 'it ended with code 1' })
  expect((await ask(open(house, odd('old')), { id: 5, method: 'initialize' })).fault).toBeNull()
})

test('a life that was long enough, or was ended by us, is no crash', async () => {
  await using house = nursery()
  const settings = odd('leaves', { restart: { first_ms: 60_000, max_ms: 60_000, steady_ms: 0 } })
  for (const id of [1, 2, 3]) expect((await ask(open(house, settings), { id, method: 'go' })).fault?.code).toBe('reset')
  for (const id of [1, 2, 3]) {
    const channel = open(house, odd('plain'), 'other')
    expect((await ask(channel, { id, method: 'x' })).fault).toBeNull()
    channel.close()
  }
  expect(house.children.health('files').crashes + house.children.health('other').crashes).toBe(0)
})

test('a program that is not there is a fault, and so is one that cannot even be asked for', async () => {
  await using house = nursery()
  const missing = open(house, odd('plain', { command: '/no/such/program' }))
  expect((await ask(missing, { id: 1, method: 'x' })).fault).toMatchObject({
    code: 'connect_failed',
    detail: 'the process of the server: it cannot be started (ENOENT)',
  })
  const tooLong = open(house, odd('plain', { args: ['x'.repeat(10_000_000)] }), 'other')
  expect((await ask(tooLong, { id: 1, method: 'x' })).fault?.code).toBe('connect_failed')
})

test('a line of 20 MB ends a server that may send ten', async () => {
  await using house = nursery()
  const channel = open(house, odd('long', {}, '20000000'))
  expect((await ask(channel, { id: 1, method: 'x' })).fault?.code).toBe('too_large')
  await until(() => house.children.health('files').running === 0)
  const large = open(house, odd('long', { line_bytes: 30_000_000 }, '20000000'), 'other')
  expect((await ask(large, { id: 1, method: 'x' })).fault).toBeNull()
})

test('a server that says nothing is ended in time, and one that has closed its output as well', async () => {
  await using house = nursery()
  const mute = open(house, odd('mute', { start_ms: 200 }))
  expect((await ask(mute, { id: 1, method: 'x' })).fault?.code).toBe('first_byte_timeout')
  const voiceless = open(house, odd('voiceless'), 'other')
  expect((await ask(voiceless, { id: 1, method: 'x' })).fault?.detail).toMatch('closed its standard output')
})

test('a server that does not read what it is sent is told nothing more, and nothing piles up', async () => {
  await using house = nursery()
  const channel = open(house, odd('deaf', { line_bytes: 100_000 }))
  await ask(channel, { id: 1, method: 'x' })
  const asked = [2, 3, 4, 5, 6, 7].map((id) => ask(channel, { id, method: 'x', params: { x: 'x'.repeat(60_000) } }))
  expect((await asked.at(-1))?.fault).toMatchObject({ code: 'overloaded', sent: false })
})

test('each channel has a process of its own, up to a maximum', async () => {
  await using house = nursery(2)
  const channels = [1, 2, 3].map(() => open(house, odd('plain')))
  const asked = await Promise.all(channels.map((channel) => ask(channel, { id: 1, method: 'x' })))
  const pids = asked.map(({ messages }) => messages[0]?.result?.['pid'])
  expect(new Set(pids.slice(0, 2)).size).toBe(2)
  expect(asked[2]?.fault?.detail).toMatch('maximums.tool_processes')
  channels[0]?.close()
  await until(() => house.children.health('files').running === 1)
  expect((await ask(open(house, odd('plain')), { id: 1, method: 'x' })).fault).toBeNull()
})

test('after the end of the house nothing is started', async () => {
  const house = nursery()
  const channel = open(house, odd('plain'))
  await ask(channel, { id: 1, method: 'x' })
  await house.children.close()
  expect(house.children.health('files').running).toBe(0)
  expect((await ask(open(house, odd('plain')), { id: 1, method: 'x' })).fault?.code).toBe('connect_failed')
})

test('a gateway that just exits leaves nobody behind', async () => {
  const holder = spawn(process.execPath, [fileURLToPath(new URL('../support/exits-with-child.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [chunk] = (await once(holder.stdout, 'data')) as [Buffer]
  const pids = JSON.parse(chunk.toString()) as number[]
  await once(holder, 'exit')
  await until(() => !pids.some(isAlive))
})
