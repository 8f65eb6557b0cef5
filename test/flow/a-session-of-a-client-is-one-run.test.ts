/** Clients that know nothing of Weir: what they send of themselves makes one run of the calls of one session. */
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { type Said, say } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer, modernPost } from '../support/mcp-weir.ts'
import { completedTask, startScriptedAgent } from '../support/scripted-agent.ts'
import { keyOf, startWeir, type Weir } from '../support/weir.ts'

const agent = await startScriptedAgent(() => completedTask('done'))
const files = await serveMcpFixture(filesServer)
const price = { call_micros: 1000, call_tokens: 10 }
const base = configForTools(files.url, { price: { call_micros: 100 } })
const config = {
  ...base,
  gateway: { tags: ['project'] },
  policy: { dir: join(import.meta.dirname, '../../config/policy-open') },
  agents: { ...(base['agents'] as object), orchestrator: { url: agent.url, price } },
  limits: {
    run: { cost_micros_max: 1_000_000, tokens_max: 1000, depth_max: 5, calls_max: 20 },
    agent: { invokes_per_minute: 600 },
  },
}
let weir = await startWeir(config)

afterAll(async () => {
  await weir.stop()
  await agent.stop()
  await files[Symbol.asyncDispose]()
})

type Headers = Readonly<Record<string, string>>

async function ask(from: string, headers: Headers): Promise<Said> {
  const said = await say(weir, { from, to: 'orchestrator', headers })
  expect(said.text).toContain('TASK_STATE_COMPLETED')
  return said
}

async function readFile(from: string, headers: Headers): Promise<Response> {
  const params = { name: 'read', arguments: { path: 'a' } }
  const answer = await modernPost(weir, from, { method: 'tools/call', params, headers })
  expect(await answer.text()).toContain('content of a')
  return answer
}

const runOf = ({ headers }: Pick<Response, 'headers'>): string | null => headers.get('weir-run-id')

async function recordsOf(of: Weir, run: string | null): Promise<readonly CallRecord[]> {
  const entries = await ledgerOf(of)
  return entries.filter((entry): entry is CallRecord => entry.kind === 'call' && entry.run === run)
}

/** As its headers are with both of its settings for gateways on. */
const claudeCode = {
  'x-claude-code-session-id': '0b2c6d0e-1111-4222-8333-444455556666',
  'x-claude-code-agent-id': 'agent-main',
  'x-claude-code-agent-type': 'main',
  'x-claude-code-request-class': 'interactive',
}

test('a session of Claude Code, its subagents too, is one run over agents and tools', async () => {
  const first = await ask('alice', claudeCode)
  const child = {
    ...claudeCode,
    'x-claude-code-agent-id': 'agent-2',
    'x-claude-code-parent-agent-id': 'agent-main',
    'x-claude-code-agent-type': 'Explore',
  }
  const later = [await readFile('alice', claudeCode), await readFile('alice', child), await ask('alice', child)]
  expect(later.map(runOf)).toEqual([runOf(first), runOf(first), runOf(first)])
  const records = await recordsOf(weir, runOf(first))
  expect(records.map(({ run_origin, depth }) => [run_origin, depth])).toEqual([
    ['new', 1],
    ['vendor', 1],
    ['vendor', 1],
    ['vendor', 1],
  ])
  expect(records[2]?.claims).toEqual({
    vendor: 'claude-code',
    session: claudeCode['x-claude-code-session-id'],
    agent: 'agent-2',
    parent: 'agent-main',
    type: 'Explore',
  })
})

test('a session of Codex is one run, with the threads it starts', async () => {
  const first = await ask('alice', { 'session-id': 'c1', 'thread-id': 'c1' })
  const child = {
    'session-id': 'c2',
    'thread-id': 'c2',
    'x-codex-parent-thread-id': 'c1',
    'x-openai-subagent': 'review',
  }
  expect([runOf(await readFile('alice', child)), runOf(await ask('alice', child))]).toEqual([
    runOf(first),
    runOf(first),
  ])
})

test('whoever else says the same ids is in a run of its own', async () => {
  const mine = await ask('alice', claudeCode)
  const theirs = await ask('bob', claudeCode)
  expect(runOf(theirs)).not.toBe(runOf(mine))
  expect(runOf(await ask('bob', { 'weir-run-id': runOf(mine) ?? '' }))).not.toBe(runOf(mine))
  expect(runOf(await ask('bob', claudeCode))).toBe(runOf(theirs))
})

test('calls of one trace are one run, whether a header says it or the message', async () => {
  const traceparent = `00-${'4'.repeat(32)}-${'a'.repeat(16)}-01`
  const first = await ask('alice', { traceparent, 'weir-tags': 'project=atlas,owner=me' })
  expect(runOf(await ask('alice', { traceparent: traceparent.replace('aaaa', 'bbbb') }))).toBe(runOf(first))
  const params = { name: 'read', arguments: { path: 'a' } }
  const body = (meta: object): string =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...params, _meta: meta } })
  const version = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  for (const [said, meta] of [
    [{}, { traceparent }],
    [{ traceparent: `00-${'9'.repeat(32)}-${'a'.repeat(16)}-01` }, { traceparent }],
    [{}, { 'dev.weir/run': { run_id: runOf(first) } }],
  ] as const) {
    const answer = await fetch(`${weir.url}/mcp/s/files`, {
      method: 'POST',
      headers: { ...mcpHeaders('alice'), ...said },
      body: body({ ...version, ...meta }),
    })
    expect([answer.status, runOf(answer)]).toEqual([200, runOf(first)])
    await answer.text()
  }
  const [record] = await recordsOf(weir, runOf(first))
  expect(record?.tags).toEqual({ project: 'atlas' })
})

test('answers say what was decided, what it cost and what is left', async () => {
  const said = await ask('carol', {})
  expect(said.headers.get('weir-decision')).toMatch(/^allow;rule="[\w.-]+";config="[0-9a-f]{12}"$/)
  expect(said.headers.get('weir-cost')).toBe('1000;unit=micro-usd')
  expect(said.headers.get('weir-run-budget')).toBe(
    'cost;q=1000000;r=999000;unit=micro-usd, tokens;q=1000;r=990, depth;q=5;r=4, calls;q=20;r=19',
  )
  expect(said.headers.get('ratelimit-policy')).toBe('"agent-invoke";q=600;w=60')
  expect(said.headers.get('ratelimit')).toMatch(/^"agent-invoke";r=59\d;t=1$/)
})

test('a restart forgets the names of runs, and the next call of a session begins one', async () => {
  const before = await ask('alice', claudeCode)
  await weir.kill('SIGKILL')
  weir = await startWeir(config, weir.directory)
  const after = await ask('alice', claudeCode)
  expect(runOf(after)).not.toBe(runOf(before))
  expect(runOf(await ask('alice', claudeCode))).toBe(runOf(after))
})

function mcpHeaders(from: string): Headers {
  return {
    authorization: `Bearer ${keyOf(from)}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'read',
  }
}
