/** One run in every protocol and shape there is, with what was said captured or not: played again it decides and costs the same. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunRerun } from '../../src/pipeline/whatif/rerun/compare.ts'
import { sendMessage } from '../support/caller.ts'
import { runWeir } from '../support/evidence.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { policyOpen } from '../support/loop.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { filesServer, modernPost } from '../support/mcp-weir.ts'
import { type RecordingProvider, startRecordingProvider } from '../support/recording-provider.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, startWeir, type Weir } from '../support/weir.ts'

let agent: ScriptedAgent
let files: Awaited<ReturnType<typeof serveMcpFixture>>
let provider: RecordingProvider
const open: Weir[] = []

beforeAll(async () => {
  provider = await startRecordingProvider()
  files = await serveMcpFixture(filesServer)
  agent = await startScriptedAgent(({ method, id }, response) => {
    const told = { ...(completedTask('done') as { task: object }) }
    const result = { task: { ...told.task, metadata: { cost: 0.0042, tokens: 17 } } }
    if (method !== 'SendStreamingMessage') return result
    response.setHeader('content-type', 'text/event-stream')
    response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
    return undefined
  })
})

afterAll(async () => {
  for (const weir of open) await weir.stop()
  await agent.stop()
  await provider.stop()
  await files[Symbol.asyncDispose]()
})

async function start(capture: object): Promise<Weir> {
  const reported = { cost_usd: '/metadata/cost', tokens: '/metadata/tokens', max_micros: 9000, max_tokens: 100 }
  const models = { echo: { price: { input: 2, output: 10, call_micros: 100 } } }
  const known = { keys: [{ key: 'sk-of-the-operator' }], prices_as: 'nobody', models }
  const weir = await startWeir({
    policy: { dir: policyOpen },
    ledger: { capture },
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('nobody')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      nobody: {},
      worker: { url: agent.url, price: { call_micros: 1000, reported } },
      broken: { url: 'http://127.0.0.1:9/', price: { call_micros: 10 } },
    },
    limits: { run: { calls_max: 13, cost_micros_max: 10_000_000, wall_clock_ms: 60_000 } },
    tools: { servers: { files: { url: files.url, effect: 'write', price: { call_micros: 70 } } } },
    models: {
      providers: {
        openai: { api: 'openai', url: provider.v1, ...known },
        anthropic: { api: 'anthropic', url: provider.url, ...known },
        fake: { api: 'fake' },
      },
      routes: { everyday: { to: [{ model: 'openai/echo' }] } },
    },
  })
  open.push(weir)
  return weir
}

/** All calls of one run: they say one trace. */
async function work(weir: Weir): Promise<string> {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const post = async (path: string, body: unknown, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const answer = await fetch(`${weir.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keyOf('console')}`,
        'content-type': 'application/json',
        traceparent,
        ...more,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    await answer.text()
    return answer.headers.get('weir-run-id') ?? ''
  }
  const v10 = { 'a2a-version': '1.0' }
  const v03 = { 'a2a-version': '0.3' }
  const message = { messageId: 'm2', role: 'ROLE_USER', parts: [{ text: 'hello' }] }
  const message03 = { kind: 'message', messageId: 'm3', role: 'user', parts: [{ kind: 'text', text: 'hello' }] }
  const run = await post('/a2a/worker/', sendMessage('hello'), v10)
  const rpc = { jsonrpc: '2.0', id: 'x' }
  await post('/a2a/worker/', { ...rpc, method: 'message/send', params: { message: message03 } }, v03)
  await post('/a2a/worker/', { ...rpc, method: 'SendStreamingMessage', params: { message } }, v10)
  await post('/a2a/worker/message:send', { message }, v10)
  await post('/a2a/broken/', sendMessage('hello'), v10)
  await (
    await modernPost(weir, 'console', {
      method: 'tools/call',
      params: { name: 'read', arguments: { path: 'a' } },
      headers: { traceparent },
    })
  ).text()
  const messages = [{ role: 'user', content: 'say this again' }]
  await post('/v1/chat/completions', { model: 'everyday', messages })
  await post('/v1/chat/completions', { model: 'openai/echo', messages, stream: true })
  await post('/v1/responses', { model: 'openai/echo', input: 'say this again' })
  await post('/v1/embeddings', { model: 'openai/echo', input: ['one', 'two words'] })
  const ended = { model: 'anthropic/echo', max_tokens: 99, messages }
  await post('/v1/messages', ended)
  await post('/v1/messages', { ...ended, stream: true })
  await post('/v1/chat/completions', { model: 'fake/echo', messages })
  // One more than its run may make.
  await post('/a2a/worker/', sendMessage('too much'), v10)
  await post('/a2a/worker/', sendMessage('hello'), { ...v10, authorization: `Bearer ${keyOf('nobody')}` })
  return run
}

async function playedAgain(weir: Weir, run: string): Promise<RunRerun> {
  const config = join(weir.directory, 'weir.yaml')
  const { stdout, stderr } = await runWeir('replay', run, '--upstream', 'mock', '--json', '--config', config)
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as RunRerun
}

test.each([
  ['captured', { level: 'full' }],
  ['not captured', {}],
])('what was %s comes out the same', async (_how, capture) => {
  const weir = await start(capture)
  const run = await work(weir)
  const records = (await ledgerOf(weir)).filter((entry) => entry.kind === 'call' && entry.run === run)
  const asked = [agent.asked.length, files.seen.length, provider.recorded.length]
  const report = await playedAgain(weir, run)
  expect([agent.asked.length, files.seen.length, provider.recorded.length]).toEqual(asked)
  expect(report).toMatchObject({ sent: records.length, same: records.length, not_sent: [], changed: [] })
  expect(records).toHaveLength(14)
  expect(report.would.cost_micros).toBeGreaterThan(0)
})
