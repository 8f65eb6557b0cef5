/**
 * Tools: fifty agents call one tool out of twenty servers with fifty tools each, directly, through the bare pass-through,
 * through the address of its server and through the one address of all. Alternated round by round.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { setUpMcp } from './mcp-setup.ts'
import { type Server, startServer } from './processes.ts'
import { showSpread, type Spread, spreadOf } from './statistics.ts'

export interface McpOptions {
  readonly rounds: number
  readonly seconds: number
  readonly servers: number
  readonly agents: number
}

const sides = ['direct', 'pass-through', '/mcp/s/<slug>', '/mcp'] as const
type SideName = (typeof sides)[number]

interface Place {
  readonly server: Server
  readonly url: string
  /** The name of the tool there. */
  readonly tool: string
  /** Of the n-th agent. */
  headersOf(agent: number): Readonly<Record<string, string>>
}

interface Round {
  readonly requests_per_second: number
  readonly cpu_us: number
  readonly p50_ms: number
  readonly p99_ms: number
}

interface McpReport extends McpOptions {
  readonly schema: 'weir.bench.mcp/v1'
  readonly node: string
  readonly calls: Readonly<Record<SideName, Readonly<Record<keyof Round, Spread>>>>
  /** Of the pair of each round. */
  readonly cpu_of_passthrough: Readonly<Record<SideName, Spread>>
  /** One list of everything, through `/mcp`. */
  readonly list: { readonly tools: number; readonly bytes: number; readonly ms: Spread }
}

/** Before anything is counted: code that was not compiled yet costs several times as much. */
const warm_s = 4

const here = import.meta.dirname
const version = '2026-07-28'
const prefix = 'io.modelcontextprotocol/'
const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {} }

export async function benchMcp(options: McpOptions, progress: (line: string) => void): Promise<McpReport> {
  await using stack = new AsyncDisposableStack()
  const tools = stack.use(await startServer('the mock tool server', join(here, 'mock-tools.ts')))
  const plain = stack.use(await startServer('the pass-through', join(here, 'passthrough.ts'), [tools.url]))
  const setup = setUpMcp(tools.url, options)
  stack.defer(() => rmSync(setup.directory, { recursive: true, force: true }))
  const main = join(here, '..', 'src', 'main.ts')
  const weir = stack.use(await startServer('Weir', main, ['serve', '--config', setup.configPath]))
  const keyed = (agent: number) => ({ authorization: `Bearer ${setup.keyOf(agent)}` })
  const list = await listAll(`${weir.url}/mcp`, keyed(0), options.servers)
  const bare = { tool: 'tool_07', headersOf: () => ({}) }
  const places: Readonly<Record<SideName, Place>> = {
    direct: { ...bare, server: tools, url: tools.url },
    'pass-through': { ...bare, server: plain, url: plain.url },
    '/mcp/s/<slug>': await withRuns({ ...bare, server: weir, url: `${weir.url}/mcp/s/s7` }, options.agents, keyed),
    '/mcp': await withRuns({ server: weir, url: `${weir.url}/mcp`, tool: list.example }, options.agents, keyed),
  }
  const rounds: Record<SideName, Round[]> = { direct: [], 'pass-through': [], '/mcp/s/<slug>': [], '/mcp': [] }
  for (const side of sides) await round(places[side], { ...options, seconds: warm_s })
  for (let n = 1; n <= options.rounds; n += 1) {
    for (const side of sides) rounds[side].push(await round(places[side], options))
    const said = sides.map((side) => `${side} ${rounds[side].at(-1)?.requests_per_second.toFixed(0)}/s`)
    progress(`round ${n}/${options.rounds}: ${said.join(', ')}`)
  }
  return reportOf(options, rounds, list)
}

/** The first call of each agent opens its run; the others belong to it. */
async function withRuns(
  place: Omit<Place, 'headersOf'>,
  agents: number,
  keyed: (agent: number) => Readonly<Record<string, string>>,
): Promise<Place> {
  const headers = await Promise.all(
    Array.from({ length: agents }, async (_, agent) => {
      const answer = await post(place.url, callOf(place.tool), keyed(agent))
      const run = answer.headers.get('weir-run-id')
      const text = await answer.text()
      if (run === null || !text.includes('"result"')) throw new Error(`Weir refused the first call: ${text}`)
      return { ...keyed(agent), 'weir-run-id': run }
    }),
  )
  return { ...place, headersOf: (agent) => headers[agent % agents] ?? {} }
}

interface Said {
  readonly method: string
  readonly name?: string
  readonly params: object
}

function callOf(name: string): Said {
  return { method: 'tools/call', name, params: { name, arguments: { query: 'x'.repeat(320) }, _meta } }
}

function headersOf({ method, name }: Said): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': name }),
  }
}

function bodyOf({ method, params }: Said): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
}

function post(url: string, said: Said, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...headersOf(said), ...headers }, body: bodyOf(said) })
}

/** Fifty connections, each of an agent of its own. Throws if any call was not answered with a result. */
async function round(place: Place, { seconds, agents }: McpOptions): Promise<Round> {
  const said = callOf(place.tool)
  const before = place.server.cpu()
  let next = 0
  const result = await autocannon({
    url: place.url,
    method: 'POST',
    headers: headersOf(said),
    body: bodyOf(said),
    connections: agents,
    duration: seconds,
    sampleInt: 100,
    verifyBody: (text: unknown) => String(text).includes('"result"'),
    setupClient: (client) => client.setHeaders({ ...headersOf(said), ...place.headersOf(next++) }),
  })
  const bad = result.non2xx + result.mismatches + result.errors
  if (bad > 0) throw new Error(`${place.url} answered ${bad} of ${result.requests.total} calls without a result`)
  const calls = result.requests.total
  return {
    requests_per_second: calls / result.duration,
    cpu_us: (place.server.cpu().all_us - before.all_us) / calls,
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
  }
}

interface Listed {
  readonly tools: number
  readonly bytes: number
  readonly ms: Spread
  /** The name that a tool of one of the servers has there. */
  readonly example: string
}

const lists = 20
const patience_ms = 10_000

/** Waits until every server has been looked at, then lists everything again and again. */
async function listAll(url: string, headers: Readonly<Record<string, string>>, servers: number): Promise<Listed> {
  const until = performance.now() + patience_ms
  const took: number[] = []
  for (;;) {
    const began = performance.now()
    const answer = await post(url, { method: 'tools/list', params: { _meta } }, headers)
    const text = await answer.text()
    const { result } = JSON.parse(text) as {
      readonly result?: { readonly tools: readonly { readonly name: string }[] }
    }
    const names = result?.tools.map(({ name }) => name) ?? []
    if (names.length >= servers * 50) took.push(performance.now() - began)
    else if (performance.now() > until) throw new Error(`only ${names.length} tools were listed: ${text.slice(0, 300)}`)
    else await new Promise((resolve) => setTimeout(resolve, 100))
    const example = names.find((name) => name.includes('tool_07'))
    if (took.length === lists && example !== undefined)
      return { tools: names.length, bytes: text.length, ms: spreadOf(took), example }
  }
}

function reportOf(options: McpOptions, rounds: Readonly<Record<SideName, readonly Round[]>>, list: Listed): McpReport {
  const spreads = (side: SideName) => {
    const of = (member: keyof Round): Spread => spreadOf(rounds[side].map((each) => each[member]))
    return {
      requests_per_second: of('requests_per_second'),
      cpu_us: of('cpu_us'),
      p50_ms: of('p50_ms'),
      p99_ms: of('p99_ms'),
    }
  }
  const ratio = (side: SideName): Spread =>
    spreadOf(rounds[side].map(({ cpu_us }, n) => cpu_us / (rounds['pass-through'][n]?.cpu_us ?? Number.NaN)))
  const each = <T>(of: (side: SideName) => T): Record<SideName, T> => ({
    direct: of('direct'),
    'pass-through': of('pass-through'),
    '/mcp/s/<slug>': of('/mcp/s/<slug>'),
    '/mcp': of('/mcp'),
  })
  const { tools, bytes, ms } = list
  return {
    schema: 'weir.bench.mcp/v1',
    node: process.version,
    ...options,
    calls: each(spreads),
    cpu_of_passthrough: each(ratio),
    list: { tools, bytes, ms },
  }
}

export function showMcp({ calls, cpu_of_passthrough, list, servers, agents }: McpReport): string {
  const columns = ['requests/s', 'CPU us a call', 'p50 ms', 'p99 ms', 'CPU / pass-through']
  const rows = sides.map((side) => {
    const { requests_per_second, cpu_us, p50_ms, p99_ms } = calls[side]
    return [
      side.padEnd(16),
      showSpread(requests_per_second, 0).padEnd(24),
      showSpread(cpu_us, 0).padEnd(24),
      showSpread(p50_ms, 1).padEnd(24),
      showSpread(p99_ms, 1).padEnd(24),
      showSpread(cpu_of_passthrough[side], 2),
    ].join('')
  })
  return [
    `${servers} servers with 50 tools each, ${agents} agents on one tool`,
    `${''.padEnd(16)}${columns.map((column) => column.padEnd(24)).join('')}`,
    ...rows,
    `a list of ${list.tools} tools (${(list.bytes / 1024).toFixed(0)} KiB): ${showSpread(list.ms, 1)} ms`,
    '',
  ].join('\n')
}
