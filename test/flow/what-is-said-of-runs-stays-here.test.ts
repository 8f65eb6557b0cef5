/**
 * Canaries in every place where a caller can speak of its run: no target hears of them, whatever is spoken to it. A trace
 * goes on as its row says.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runExtension } from '../../src/protocol/a2a/run-extension.ts'
import { vendorHeaders } from '../../src/protocol/run-context.ts'
import { sendMessage } from '../support/caller.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers, everythingListed, filesServer, rawPost } from '../support/mcp-weir.ts'
import { answerTo } from '../support/recording-server.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { serveRawSse } from '../support/sse-server.ts'
import { apiKey, keyOf, startWeir } from '../support/weir.ts'

const own = ['weir-run-id', 'weir-parent-hop', 'weir-tags', 'weir-anything', 'baggage']
const canaries = Object.fromEntries([...own, ...vendorHeaders].map((name) => [name, `canary-${name}`]))
const traceId = '7'.repeat(32)
const traceparent = `00-${traceId}-${'8'.repeat(16)}-01`

const agent = await startScriptedAgent(() => completedTask('done'))
const tracing = await startScriptedAgent(() => completedTask('done'))
const dull = await startScriptedAgent(() => completedTask('done'))
const files = await serveMcpFixture(filesServer)
const posted: string[] = []
let stream: { write(text: string): unknown } | null = null
const sse = await serveRawSse((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('event: endpoint\ndata: /mcp/messages\n\n')
    stream = response
    return
  }
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    posted.push(body)
    response.writeHead(202).end()
    const answer = answerTo(body)
    if (answer !== null) stream?.write(`event: message\ndata: ${answer}\n\n`)
  })
})
const heard = join(mkdtempSync(join(tmpdir(), 'weir-heard-')), 'lines')
const program = join(import.meta.dirname, '../support/recording-server.ts')
const base = configForServers({
  files: { url: files.url },
  line: { process: { command: process.execPath, args: [program, heard], shared: true } },
  events: { url: sse.url, transport: 'sse' },
})
const agents = base['agents'] as object
const weir = await startWeir({
  ...base,
  policy: { dir: join(import.meta.dirname, '../../config/policy-open') },
  agents: {
    ...agents,
    plain: { url: agent.url, headers: { 'x-upstream-key': 'operators-own' } },
    tracing: { url: tracing.url, traceparent: 'open' },
    dull: { url: dull.url, traceparent: 'strip' },
  },
  identity: { api_keys: ['alice', 'bob', 'carol', 'mallory'].map((name) => apiKey(name)) },
})

afterAll(async () => {
  await weir.stop()
  await Promise.all([agent.stop(), tracing.stop(), dull.stop()])
  await files[Symbol.asyncDispose]()
  await sse[Symbol.asyncDispose]()
})

function message(extension: unknown = { run_id: 'canary-metadata' }): string {
  const said = JSON.parse(sendMessage('hello')) as { params: { message: Record<string, unknown> } }
  said.params.message['metadata'] = { [runExtension]: extension, own: 'stays' }
  return JSON.stringify(said)
}

async function call(slug: string, more: Readonly<Record<string, string>> = {}, said = message()): Promise<Response> {
  return await fetch(`${weir.url}/a2a/${slug}/`, {
    method: 'POST',
    headers: {
      ...canaries,
      'content-type': 'application/json',
      'a2a-version': '1.0',
      'a2a-extensions': `https://other.example/ext, ${runExtension}`,
      authorization: `Bearer ${keyOf('alice')}`,
      ...more,
    },
    body: said,
  })
}

test('an agent hears none of it, and everything else of the message', async () => {
  const answer = await call('plain', { traceparent })
  expect(await answer.text()).toContain('TASK_STATE_COMPLETED')
  const [asked] = agent.asked
  expect(asked?.raw).not.toContain('canary')
  expect(asked?.raw).not.toContain(runExtension)
  expect(asked?.raw).toContain('"own":"stays"')
  expect(asked?.headers).toMatchObject({ traceparent, 'a2a-extensions': 'https://other.example/ext' })
})

test('nor of what has not the form of it', async () => {
  await (await call('plain', {}, message('canary-text'))).text()
  expect(agent.asked.at(-1)?.raw).toContain('"metadata":{"own":"stays"}')
})

test('of traces an agent hears what its row says', async () => {
  const opened = await call('tracing')
  const id = opened.headers.get('weir-run-id')?.slice('run_'.length)
  const span = opened.headers.get('weir-hop-id')?.slice('hop_'.length)
  await (await call('tracing', { traceparent })).text()
  expect(tracing.asked.map(({ headers }) => headers['traceparent'])).toEqual([`00-${id}-${span}-01`, traceparent])
  await (await call('dull', { traceparent, tracestate: 'a=b' })).text()
  expect(dull.asked[0]?.raw).not.toContain('trace')
})

test('in a trace of ours an agent hears of the hop that calls it, with the tracestate as it stood', async () => {
  const opened = await call('tracing')
  const run = opened.headers.get('weir-run-id') ?? ''
  for (const slug of ['plain', 'tracing']) {
    const said = { traceparent: `00-${run.slice(4)}-${'9'.repeat(16)}-00`, tracestate: 'b=2,a=1' }
    const answer = await call(slug, { ...said, 'weir-run-id': run })
    expect(answer.headers.get('weir-run-id')).toBe(run)
    const span = answer.headers.get('weir-hop-id')?.slice('hop_'.length)
    const asked = (slug === 'plain' ? agent : tracing).asked.at(-1)
    expect(asked?.headers).toMatchObject({ traceparent: `00-${run.slice(4)}-${span}-00`, tracestate: 'b=2,a=1' })
  }
})

test.each([
  [{ traceparent: 'garbage', tracestate: 'a=b' }, {}],
  [{ tracestate: 'a=b' }, {}],
  [{ traceparent, tracestate: 'NO' }, { traceparent }],
  [
    { traceparent: `cc-${traceId}-${'8'.repeat(16)}-01-more`, tracestate: 'a=b' },
    { traceparent, tracestate: 'a=b' },
  ],
] as const)('of %j an agent hears %j', async (said, heardOf) => {
  await (await call('plain', said)).text()
  const headers = agent.asked.at(-1)?.headers ?? {}
  const got = Object.entries(headers).filter(([name]) => name === 'traceparent' || name === 'tracestate')
  expect(Object.fromEntries(got)).toEqual(heardOf)
})

test('what the message says of its trace wins over the headers, and its agent hears that one', async () => {
  const inside = `00-${'5'.repeat(32)}-${'6'.repeat(16)}-01`
  await (await call('plain', { traceparent, tracestate: 'a=b' }, message({ traceparent: inside }))).text()
  const { headers } = agent.asked.at(-1) ?? { headers: {} }
  expect(headers).toMatchObject({ traceparent: inside })
  expect(headers).not.toHaveProperty('tracestate')
})

const meta = {
  'dev.weir/run': { run_id: 'canary-run', parent_hop: 'canary-hop' },
  'dev.weir/more': 'canary-more',
  baggage: 'canary=baggage',
  'example.org/own': 'stays',
}

function toolCall(name: string): Parameters<typeof rawPost>[2] {
  const version = '2026-07-28'
  const prefix = 'io.modelcontextprotocol/'
  const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {}, ...meta }
  const params = { name, arguments: name.endsWith('read') ? { path: 'a' } : {}, _meta }
  return {
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params }),
    headers: { ...canaries, 'mcp-protocol-version': version, 'mcp-method': 'tools/call', 'mcp-name': name },
  }
}

test('a tool server whose messages are carried hears none of it', async () => {
  const answer = await rawPost(weir, 'alice', toolCall('read'))
  expect(await answer.text()).toContain('content of a')
  const seen = JSON.stringify(files.seen.findLast(({ body }) => body.includes('tools/call')))
  expect(seen).not.toContain('canary')
  expect(seen).toContain('example.org/own')
})

test('nor does one behind the address of all of them, over HTTP, HTTP+SSE or standard streams', async () => {
  await everythingListed(weir, 'alice', 6)
  for (const name of ['files_read', 'events_echo', 'line_echo']) {
    const answer = await rawPost(weir, 'alice', { ...toolCall(name), path: '/mcp' })
    expect([name, await answer.text()]).toEqual([name, expect.stringMatching(/content of a|heard/)])
  }
  const places = [
    JSON.stringify(files.seen),
    `${posted.join()}${JSON.stringify(sse.seen)}`,
    readFileSync(heard, 'utf8'),
  ]
  for (const place of places) {
    expect(place).toContain('tools/call')
    expect(place).toContain('example.org/own')
    expect(place).not.toContain('canary')
    expect(place).not.toContain('dev.weir/')
  }
})
