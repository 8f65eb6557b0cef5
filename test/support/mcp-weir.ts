/** Weir in front of a tool server, policies that let some tools be called, and the official clients of both generations. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { apiKey, keyOf, type Weir, type WeirConfig } from './weir.ts'

/**
 * Users may call all tools but `vault`, which is carol's; `erase` only with more money than a run of these tests has.
 * `mallory` may not even look.
 */
const policy = `
@id("mcp.use") permit(principal in Weir::AgentGroup::"users", action == Weir::Action::"useServer", resource);
@id("mcp.call") permit(principal in Weir::AgentGroup::"users", action == Weir::Action::"callTool",
  resource in Weir::ToolServer::"files") unless { resource == Weir::Tool::"files/vault" };
@id("mcp.vault") permit(principal == Weir::Agent::"carol", action == Weir::Action::"callTool",
  resource == Weir::Tool::"files/vault");
@id("mcp.erase") forbid(principal, action == Weir::Action::"callTool", resource == Weir::Tool::"files/erase")
  when { context.budgetLeftMicros < 1000000000000 };
@id("mcp.start") permit(principal, action == Weir::Action::"startRun", resource);
@id("mcp.token") permit(principal, action == Weir::Action::"exchange", resource);
`

/** Users may use every server but call no tool with `secret` in its name; `bob` not those of `payroll` either. */
const policyOfMany = `
@id("mcp.use") permit(principal in Weir::AgentGroup::"users", action == Weir::Action::"useServer", resource)
  unless { principal == Weir::Agent::"bob" && resource == Weir::ToolServer::"payroll" };
@id("mcp.call") permit(principal in Weir::AgentGroup::"users", action == Weir::Action::"callTool", resource)
  unless { principal == Weir::Agent::"bob" && resource in Weir::ToolServer::"payroll" };
@id("mcp.start") permit(principal, action == Weir::Action::"startRun", resource);
`

function policiesForTools(text = policy): string {
  const dir = mkdtempSync(join(tmpdir(), 'weir-mcp-policy-'))
  const shipped = join(import.meta.dirname, '../../config/policy')
  for (const name of ['schema.cedarschema', 'guards.cedar']) copyFileSync(join(shipped, name), join(dir, name))
  writeFileSync(join(dir, 'tools.cedar'), text)
  return dir
}

/** Members to lay over those of the server, of the file and of its section of tools. */
export function configForTools(
  url: string,
  server: object = {},
  more: WeirConfig = {},
  tools: object = {},
): WeirConfig {
  const user = { groups: ['users'], may_start_runs: true }
  const names = ['alice', 'bob', 'carol', 'mallory']
  return {
    policy: { dir: policiesForTools() },
    agents: { alice: user, bob: user, carol: user, mallory: { may_start_runs: true } },
    identity: { api_keys: names.map((name) => apiKey(name)) },
    limits: { run: { cost_micros_max: 1000 } },
    tools: {
      ...tools,
      servers: { files: { url, effect: 'write', headers: { 'x-backend-key': 'of-weir' }, ...server } },
    },
    ...more,
  }
}

/** Weir before several servers: their rows by slug. */
export function configForServers(servers: Readonly<Record<string, object>>, more: WeirConfig = {}): WeirConfig {
  const base = configForTools('', {}, {})
  return { ...base, policy: { dir: policiesForTools(policyOfMany) }, tools: { servers }, ...more }
}

/** What became of the calls of `wait`. */
export interface Waits {
  begun: number
  aborted: number
}

/** What is behind Weir: `wait` ends when it is cancelled, or after two seconds. */
export function filesServer(waits: Waits = { begun: 0, aborted: 0 }): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })
  server.registerTool('read', { description: 'Reads', inputSchema: z.object({ path: z.string() }) }, async ({ path }) =>
    text(`content of ${path}`),
  )
  for (const name of ['erase', 'vault']) server.registerTool(name, { description: name }, async () => text('done'))
  server.registerTool('wait', { description: 'Waits' }, async (context) => {
    waits.begun += 1
    await new Promise((resolve) => {
      setTimeout(resolve, 2000).unref()
      context.mcpReq.signal.addEventListener('abort', () => resolve((waits.aborted += 1)))
    })
    return text('waited')
  })
  server.registerResource('note', 'note://1', {}, async (uri) => ({ contents: [{ uri: uri.href, text: 'a note' }] }))
  return server
}

/** One message as a client of the modern era sends it. */
export function modernPost(weir: Pick<Weir, 'url'>, agent: string, sent: ModernMessage): Promise<Response> {
  const { method, params = {}, meta = {}, server = 'files', path, headers = {}, signal = null } = sent
  const version = '2026-07-28'
  const prefix = 'io.modelcontextprotocol/'
  const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {}, ...meta }
  const name = params['name'] ?? params['uri']
  return rawPost(weir, agent, {
    server,
    ...(path !== undefined && { path }),
    signal,
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { ...params, _meta } }),
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(typeof name === 'string' && { 'mcp-name': name }),
      ...headers,
    },
  })
}

interface ModernMessage {
  readonly path?: string
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
  /** For `_meta`, beside what the era asks for. */
  readonly meta?: object
  readonly server?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | null
}

/** A message to the one address of all servers, as a client of the modern era sends it. */
export function federatedPost(weir: Pick<Weir, 'url'>, agent: string, sent: ModernMessage): Promise<Response> {
  return modernPost(weir, agent, { ...sent, path: '/mcp' })
}

export interface EverythingListed {
  readonly names: readonly string[]
  /** Which servers are missing from it; null where none is. */
  readonly partial: unknown
}

const looked_ms = 10_000

/** Lists all tools until there are as many, for servers are looked at in the background. */
export async function everythingListed(
  weir: Pick<Weir, 'url'>,
  agent: string,
  count: number,
): Promise<EverythingListed> {
  const until = performance.now() + looked_ms
  for (;;) {
    const { result } = await messageOf(await federatedPost(weir, agent, { method: 'tools/list' }))
    const { tools, _meta } = result as ListedResult
    const listed = { names: tools.map(({ name }) => name), partial: _meta?.['dev.weir/partial'] ?? null }
    if (listed.names.filter((name) => name !== 'search_tools').length >= count || performance.now() > until)
      return { ...listed, names: listed.names.filter((name) => name !== 'search_tools') }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

interface ListedResult {
  readonly tools: readonly { readonly name: string }[]
  readonly _meta?: Readonly<Record<string, unknown>>
}

interface RawMessage {
  /** In place of that of a server. */
  readonly path?: string
  readonly body?: string
  readonly method?: string
  readonly server?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | null
}

export function rawPost(weir: Pick<Weir, 'url'>, agent: string, sent: RawMessage): Promise<Response> {
  const { body, method = 'POST', server = 'files', path = `/mcp/s/${server}`, headers = {}, signal = null } = sent
  return fetch(`${weir.url}${path}`, {
    method,
    signal,
    headers: {
      authorization: `Bearer ${keyOf(agent)}`,
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  })
}

/** Begins a session of the legacy era; answers its id. */
export async function beginSession(weir: Pick<Weir, 'url'>, agent: string): Promise<string> {
  const clientInfo = { name: 'test', version: '1.0.0' }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
  const answer = await rawPost(weir, agent, {
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }),
  })
  await answer.text()
  const session = answer.headers.get('mcp-session-id') ?? ''
  await legacyPost(weir, agent, session, { jsonrpc: '2.0', method: 'notifications/initialized' })
  return session
}

export function legacyPost(
  weir: Pick<Weir, 'url'>,
  agent: string,
  session: string,
  message: object,
): Promise<Response> {
  const headers = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }
  return rawPost(weir, agent, { body: JSON.stringify(message), headers })
}

/** The message of an answer, whether it came alone or as the last event of a stream. */
export async function messageOf(answer: Response): Promise<Record<string, unknown>> {
  const text = await answer.text()
  const data = text.split('\n').findLast((line) => line.startsWith('data: {'))
  return JSON.parse(data === undefined ? text : data.slice('data: '.length)) as Record<string, unknown>
}

export type Generation = 'v1' | 'v2 legacy' | 'v2 modern'
export const generations: readonly Generation[] = ['v1', 'v2 legacy', 'v2 modern']

/** What the tests ask of a client of any generation. */
export interface ToolClient extends AsyncDisposable {
  tools(): Promise<readonly string[]>
  call(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>
  read(uri: string): Promise<unknown>
  readonly sessionId: string | undefined
}

export interface ToolAnswer {
  readonly isError: boolean
  readonly text: string
  readonly meta: unknown
}

/** An official client of that generation, greeted; `client` is of v1 where `isV1` says so. */
export async function connectGeneration(
  url: URL,
  generation: Generation,
  headers: Readonly<Record<string, string>>,
): Promise<{
  readonly client: Client | ClientV1
  readonly isV1: boolean
  readonly transport: StreamableHTTPClientTransport | TransportV1
}> {
  const requestInit = { headers: { ...headers } }
  const who = { name: 'test', version: '1.0.0' }
  const isV1 = generation === 'v1'
  const transport = isV1
    ? new TransportV1(url, { requestInit })
    : new StreamableHTTPClientTransport(url, { requestInit })
  const mode = generation === 'v2 modern' ? { versionNegotiation: { mode: 'auto' as const } } : {}
  const client = isV1 ? new ClientV1(who) : new Client(who, mode)
  await (client as Client).connect(transport)
  return { client, isV1, transport }
}

export async function toolClient(weir: Pick<Weir, 'url'>, agent: string, generation: Generation): Promise<ToolClient> {
  const headers = { authorization: `Bearer ${keyOf(agent)}` }
  const { client, transport } = await connectGeneration(new URL('/mcp/s/files', weir.url), generation, headers)
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    async call(name, args = {}) {
      const { content, isError, _meta } = await client.callTool({ name, arguments: args })
      const [first] = content as readonly { readonly text?: string }[]
      return { isError: isError === true, text: first?.text ?? '', meta: _meta }
    },
    read: (uri) => client.readResource({ uri }),
    get sessionId() {
      return transport.sessionId
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}
