/** `weir mcp stdio` in front of a running Weir: the official clients on their pipes, and the sequences of others, word by word. */
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type McpFixture, serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, type Generation, generations } from '../support/mcp-weir.ts'
import { initialize, mainFile, modern, openPipe, type Pipe } from '../support/pipe-client.ts'
import { until } from '../support/relay.ts'
import { keyOf, startWeir, type Weir } from '../support/weir.ts'

const waits = { begun: 0, aborted: 0 }
let server: McpFixture
let weir: Weir

beforeAll(async () => {
  server = await serveMcpFixture(() => filesServer(waits))
  weir = await startWeir(configForTools(server.url))
})
afterAll(async () => {
  await weir.stop()
  await server[Symbol.asyncDispose]()
})

const env = { KEY: keyOf('alice') }
const args = (): string[] => ['--gateway', weir.url, '--server', 'files', '--token-env', 'KEY']
const pipe = (): Pipe => openPipe(args(), env)
const names = (message: { result?: Readonly<Record<string, unknown>> }): readonly string[] | undefined =>
  (message.result?.['tools'] as { name: string }[] | undefined)?.map(({ name }) => name)

async function connect(generation: Generation): Promise<Client> {
  const who = { name: 'test', version: '1.0.0' }
  const place = { command: process.execPath, args: [mainFile, 'mcp', 'stdio', ...args()], env }
  const isV1 = generation === 'v1'
  const mode = generation === 'v2 modern' ? { versionNegotiation: { mode: 'auto' as const } } : {}
  const client = isV1 ? (new ClientV1(who) as unknown as Client) : new Client(who, mode)
  await client.connect(isV1 ? new TransportV1(place) : new StdioClientTransport(place))
  return client
}

test.each(generations)('the official client %s lists, calls, reads and cancels over its pipe', async (generation) => {
  const from = server.seen.length
  const client = await connect(generation)
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(['read', 'erase', 'wait'])
  const called = await client.callTool({ name: 'read', arguments: { path: 'a/ü' } })
  expect(called.content).toEqual([{ type: 'text', text: 'content of a/ü' }])
  expect((await client.readResource({ uri: 'note://1' })).contents).toHaveLength(1)
  const before = { ...waits }
  const abort = new AbortController()
  const waiting = client.callTool({ name: 'wait', arguments: {} }, ...signalled(generation, abort.signal))
  void waiting.catch(() => undefined)
  await until(() => waits.begun > before.begun)
  abort.abort()
  await expect(waiting).rejects.toThrow()
  await until(() => waits.aborted > before.aborted)
  await client.close()
  const isModern = server.seen.slice(from).some(({ headers }) => headers['mcp-method'] === 'tools/call')
  const isLegacy = server.seen.slice(from).some(({ headers }) => headers['mcp-session-id'] !== undefined)
  expect([isModern, isLegacy]).toEqual(generation === 'v2 modern' ? [true, false] : [false, true])
})

/** Options stand in another place in each generation. */
function signalled(generation: Generation, signal: AbortSignal): [{ signal: AbortSignal }] {
  return (generation === 'v1' ? [undefined, { signal }] : [{ signal }]) as [{ signal: AbortSignal }]
}

test('a client that gives its probe up and begins with initialize on the same pipe is answered both (Copilot CLI)', async () => {
  const client = pipe()
  client.write(modern(0, 'server/discover'), initialize(1))
  expect((await client.answer(1)).result?.['protocolVersion']).toBe('2025-11-25')
  client.write({ method: 'notifications/initialized' }, { id: 2, method: 'tools/list' })
  expect(names(await client.answer(2))).toContain('read')
  expect((await client.answer(0)).result?.['supportedVersions']).toContain('2026-07-28')
  expect(await client.end()).toBe(0)
})

test('a client that sends initialize after a successful probe is answered, and stays free to be modern (Claude Code)', async () => {
  const client = pipe()
  client.write(modern(0, 'server/discover'))
  expect((await client.answer(0)).result).toBeDefined()
  client.write(initialize(1, '2025-06-18'))
  expect((await client.answer(1)).result?.['protocolVersion']).toBe('2025-06-18')
  client.write(
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/list', params: {} },
    modern(3, 'tools/list'),
  )
  expect(names(await client.answer(2))).toEqual(names(await client.answer(3)))
  expect((await client.answer(3)).result?.['resultType']).toBe('complete')
  client.write({ id: 'four', method: 'tools/call', params: { name: 'read', arguments: { path: 'x' } } })
  expect((await client.answer('four')).result?.['content']).toEqual([{ type: 'text', text: 'content of x' }])
  expect(await client.end()).toBe(0)
})

test('messages of a session carry its id and version, its stream is opened, and the end of the pipe ends it', async () => {
  const client = pipe()
  const from = server.seen.length
  // Without waiting: what comes after initialize waits for its answer, and for each other.
  client.write(initialize(1), { method: 'notifications/initialized' }, { id: 2, method: 'tools/list' })
  await client.answer(2)
  await until(() => server.seen.slice(from).some(({ method }) => method === 'GET'))
  expect(await client.end()).toBe(0)
  const seen = server.seen.slice(from)
  const session = seen[1]?.headers['mcp-session-id']
  expect(session).toBeTruthy()
  expect(
    seen.map(({ method, body }) => (body ? (JSON.parse(body) as { method: string }).method : method)).toSorted(),
  ).toEqual(['DELETE', 'GET', 'initialize', 'notifications/initialized', 'tools/list'])
  for (const { headers } of seen.slice(1))
    expect([headers['mcp-session-id'], headers['mcp-protocol-version']]).toEqual([session, '2025-11-25'])
  expect(seen[1]?.body).toMatch('notifications/initialized')
})

test('modern messages say in headers what stands in them, also where that is no header value', async () => {
  const client = pipe()
  const from = server.seen.length
  client.write(modern(1, 'tools/call', { name: 'réad' }), modern(2, 'resources/read', { uri: 'note://1' }))
  await Promise.all([client.answer(1), client.answer(2)])
  expect(await client.end()).toBe(0)
  const headers = server.seen
    .slice(from)
    .map(({ headers: { 'mcp-method': method, 'mcp-name': name } }) => [method, name])
  expect(headers).toContainEqual(['resources/read', 'note://1'])
})

test('a slow answer does not hold up the others, and what is open at the end of the pipe is let go of', async () => {
  const client = pipe()
  const { aborted } = waits
  client.write(modern(1, 'tools/call', { name: 'wait' }), modern(2, 'tools/list'))
  await client.answer(2)
  expect(client.lines).toHaveLength(1)
  expect(await client.end()).toBe(0)
  await until(() => waits.aborted > aborted)
})

test('a cancelled modern request is cancelled at its server, and never answered', async () => {
  const client = pipe()
  const { begun, aborted } = waits
  client.write(modern(1, 'tools/call', { name: 'wait' }))
  await until(() => waits.begun > begun)
  client.write(
    { method: 'notifications/cancelled', params: { requestId: 1, reason: 'enough' } },
    modern(2, 'tools/list'),
  )
  await client.answer(2)
  await until(() => waits.aborted > aborted)
  expect(await client.end()).toBe(0)
  expect(client.lines).toHaveLength(1)
})

test('lines that are no messages are errors, by their id where there is one', async () => {
  const client = pipe()
  client.write('hello', '{"jsonrpc":"2.0","id":5,"method":7}', '[]', '', modern(6, 'tools/list'))
  client.write('{"jsonrpc":"2.0","id":7,"ID":8,"method":"tools/list"}')
  await client.answer(6)
  expect(await client.end()).toBe(0)
  const errors = client.lines.map((line) => JSON.parse(line) as { id: unknown; error?: { code: number } })
  expect(errors.filter(({ error }) => error).map(({ id, error }) => [id, error?.code])).toEqual([
    [null, -32700],
    [5, -32600],
    [null, -32600],
    [7, -32600],
  ])
})

test('a refused call is a result, and a refused caller an error with an exit code', async () => {
  const client = pipe()
  client.write(modern(1, 'tools/call', { name: 'vault' }))
  expect((await client.answer(1)).error ?? (await client.answer(1)).result?.['isError']).toBeTruthy()
  expect(await client.end()).toBe(0)
  const stranger = openPipe(args(), { KEY: 'wk_stranger' })
  stranger.write(initialize(1), modern('two' as unknown as number, 'tools/list'))
  expect((await stranger.answer(1)).error).toBeDefined()
  expect((await stranger.answer('two')).error).toBeDefined()
  expect(await stranger.end()).toBe(4)
  expect(stranger.stderr()).toMatch('does not accept the credential')
})

test('a gateway that is away is said to be, with what to do about it, for every request', async () => {
  const client = openPipe(['--url', 'http://127.0.0.1:9/mcp'])
  client.write(
    modern(0, 'server/discover'),
    initialize(1),
    { method: 'notifications/initialized' },
    { id: 2, method: 'ping' },
  )
  for (const id of [0, 1, 2]) expect((await client.answer(id)).error?.message).toMatch('Start it with: weir serve')
  expect(await client.end()).toBe(7)
  expect(client.stderr().match(/Start it with/g)).toHaveLength(1)
})
