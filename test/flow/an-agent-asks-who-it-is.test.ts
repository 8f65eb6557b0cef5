/** `/mcp/_weir`: what an agent may know of itself, with the official clients, and nothing of anybody else. */
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { completedTask, ownClient, startAskedAgents } from '../support/agents-as-tools.ts'
import { generations, type Generation } from '../support/mcp-weir.ts'
import { keyOf, startWeir, type Weir, type WeirConfig } from '../support/weir.ts'
import { say } from '../support/caller.ts'

const path = '/mcp/_weir'
const seen: Record<string, Record<string, unknown>> = {}
let generation: Generation = 'v2 modern'
const asked = await startAskedAgents({
  helper: () => completedTask('done'),
  vault: () => completedTask('gold'),
  // Asks helper first, so that the run has something to show by the time it looks.
  looker: async ({ headers }) => {
    const forwarded = { 'txn-token': String(headers['txn-token']) }
    await say(weir, { from: 'looker', to: 'helper', headers: forwarded })
    await using client = await ownClient(weir, 'looker', { path, generation, headers: forwarded })
    for (const name of ['whoami', 'my_run']) seen[name] = { ...(await client.call(name)).structured }
    const { run_id } = seen['whoami'] ?? {}
    seen['admin'] = { ...(await weir.ask<RunView>(`/api/v1/runs/${String(run_id)}`)) }
    return completedTask('looked')
  },
})
let weir: Weir
beforeAll(async () => {
  weir = await startWeir(asked.config({ limits: { run: { cost_micros_max: 1_000_000, depth_max: 5, calls_max: 10 } } }))
})
afterAll(async () => {
  await weir.stop()
  await asked[Symbol.asyncDispose]()
})

describe.each(generations)('with a client of %s', (each) => {
  test('whoever works in no run has none, and asking starts none', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation: each })
    const before = await weir.ask<{ runs: RunView[] }>('/api/v1/runs')
    expect((await alice.call('my_run')).structured).toEqual({ run: null })
    const { structured, text } = await alice.call('whoami')
    expect(structured).toMatchObject({
      agent: 'agent:alice',
      person: null,
      chain: ['agent:alice'],
      scopes: null,
      credential: { kind: 'api_key', bound: false, expires_at: null },
      may_start_runs: true,
      run_id: null,
    })
    expect(JSON.parse(text)).toEqual(structured)
    expect(await weir.ask('/api/v1/runs')).toEqual(before)
  })

  test('an agent in a run sees its place, and the numbers that operators see', async () => {
    generation = each
    await say(weir, { from: 'alice', to: 'looker' })
    const { admin, whoami, my_run } = seen
    const view = admin as unknown as RunView & { left: object }
    expect(whoami).toMatchObject({
      agent: 'agent:looker',
      chain: ['agent:alice', 'agent:looker'],
      run_id: view.id,
      run_found_by: 'token',
    })
    expect(my_run?.['run']).toMatchObject({
      run_id: view.id,
      state: 'active',
      spent: view.spent,
      left: view.left,
      depth: 1,
      depth_max: 5,
      laps: view.laps,
      calls: view.calls,
      calls_left: 10 - view.calls,
    })
    expect(view).toMatchObject({ calls: 2, spent: { cost_micros: 1000, tokens: 10 } })
  })

  test('what may be called is what policy lets be called, a page at a time', async () => {
    await using alice = await ownClient(weir, 'alice', { path, generation: each })
    const all = await alice.call('what_may_i_call')
    const names = (structured: typeof all.structured) =>
      ((structured?.['items'] ?? []) as { name: string }[]).map(({ name }) => name)
    expect(names(all.structured)).toEqual(['agent:helper', 'agent:looker'])
    const first = await alice.call('what_may_i_call', { limit: 1 })
    expect(names(first.structured)).toEqual(['agent:helper'])
    const next = await alice.call('what_may_i_call', { limit: 1, cursor: first.structured?.['next_cursor'] })
    expect(names(next.structured)).toEqual(['agent:looker'])
    expect(next.structured).not.toHaveProperty('next_cursor')
    expect(await alice.call('what_may_i_call', { limit: 0 })).toMatchObject({ isError: true, structured: undefined })
  })
})

test('an agent in a halted run reads that it is, and its asking leaves records and calls nothing', async () => {
  let token = ''
  await using stopped = await startAskedAgents({
    looker: async ({ headers }) => {
      token = String(headers['txn-token'])
      return completedTask('looked')
    },
  })
  await using other = await weirOf(stopped.config())
  const { headers } = await say(other, { from: 'alice', to: 'looker' })
  const run = headers.get('weir-run-id') ?? ''
  await other.ask(`/api/v1/runs/${run}/halt`, { reason: 'enough', actor: 'user:ana' })
  await using client = await ownClient(other, 'looker', { path, headers: { 'txn-token': token } })
  const { structured } = await client.call('my_run')
  expect(structured).toMatchObject({ run: { run_id: run, state: 'halted', halted_by: 'operator', calls: 1 } })
})

test('whoever asks too often reads it as the answer of the tool', async () => {
  const limits = { agent: { invokes_per_minute: 1 } }
  await using other = await weirOf(asked.config({ limits }))
  await using alice = await ownClient(other, 'alice', { path })
  let said = await alice.call('whoami')
  for (let i = 0; i < 100 && !said.isError; i += 1) said = await alice.call('whoami')
  expect(said).toMatchObject({ isError: true, structured: undefined })
  expect(said.text).toContain('[weir:rate_limited]')
  expect(said.meta?.['dev.weir/problem']).toMatchObject({ code: 'rate_limited' })
})

test('two callers on one socket see only themselves', async () => {
  const socket = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = new Set<number | undefined>()
  const who = (agent: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const version = '2026-07-28'
      const prefix = 'io.modelcontextprotocol/'
      const _meta = { [`${prefix}protocolVersion`]: version, [`${prefix}clientCapabilities`]: {} }
      const headers = {
        authorization: `Bearer ${keyOf(agent)}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': version,
        'mcp-method': 'tools/call',
        'mcp-name': 'whoami',
      }
      const asking = request(`${weir.url}${path}`, { agent: socket, method: 'POST', headers }, (answer) => {
        ports.add(answer.socket.localPort)
        let text = ''
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
        answer.on('end', () => {
          const { result } = JSON.parse(text) as { result: { structuredContent: { agent: string } } }
          resolve(result.structuredContent.agent)
        })
      })
      asking.on('error', reject)
      const params = { name: 'whoami', arguments: {}, _meta }
      asking.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }))
    })
  const callers = ['alice', 'bob', 'carol', 'bob', 'alice']
  const answers = await Promise.all(callers.map(who))
  expect(answers).toEqual(callers.map((name) => `agent:${name}`))
  expect(ports.size).toBe(1)
  socket.destroy()
})

async function weirOf(config: WeirConfig): Promise<Weir & AsyncDisposable> {
  const started = await startWeir(config)
  return Object.assign(started, { [Symbol.asyncDispose]: async () => void (await started.stop()) })
}
