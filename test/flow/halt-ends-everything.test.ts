/** An operator halts a run: whatever of it is open ends at once and in words, nothing new begins, and somebody is told. */
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunView } from '../support/admin-views.ts'
import { refusalOf, say, type Said } from '../support/caller.ts'
import { loopConfig, startLoop, startLoopCall } from '../support/loop.ts'
import { longWork, openStream, type OpenStream } from '../support/open-stream.ts'
import { until } from '../support/relay.ts'
import { type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const secret = 'a secret for the pager'
const reason = 'it went on for too long'
let agent: ScriptedAgent
let webhook: TestWebhook
let weir: Weir
let run = ''
let streams: readonly OpenStream[]
let unary: Promise<Said>
let halted: RunView

beforeAll(async () => {
  // Never answers a unary call: only a halt can end it.
  agent = await startScriptedAgent(longWork((asked) => (asked.method === 'SendMessage' ? undefined : {})).script)
  webhook = await startWebhook()
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: agent.url, price: { call_micros: 1500 } },
      research: { url: agent.url, groups: ['subagents'], price: { call_micros: 700 } },
    },
    alerts: { webhooks: [{ url: webhook.url, secret }] },
  })
  const outer = await openStream(weir, 'console', 'orchestrator')
  run = outer.headers.get('weir-run-id') ?? ''
  const token = String(agent.asked[0]?.headers['txn-token'])
  const inner = await openStream(weir, 'orchestrator', 'research', { 'txn-token': token })
  streams = [outer, inner]
  unary = say(weir, { from: 'orchestrator', to: 'research', headers: { 'txn-token': token } })
  await until(() => agent.asked.length === 3)
  halted = await weir.ask<RunView>(`/api/v1/runs/${run}/halt`, { reason, actor: 'ana' })
})

afterAll(async () => {
  await weir.stop()
  await agent.stop()
  await webhook.stop()
})

test('the answer to the halt shows the run halted, by whom and why, with nothing of it open', () => {
  expect(halted).toMatchObject({
    id: run,
    state: 'halted',
    open: 0,
    calls: 3,
    halt: { code: 'operator', reason, actor: 'ana' },
  })
  expect(halted.spent.cost_micros).toBe(1500 + 700 + 700)
  expect(halted.hops.map((hop) => hop.state)).toEqual(['halted', 'halted', 'halted'])
})

test('every open stream ends with a cancelled task that says why', async () => {
  for (const [at, stream] of streams.entries()) {
    const status = {
      state: 'TASK_STATE_CANCELED',
      message: { parts: [{ text: expect.stringContaining('[weir:run_halted]') as string }] },
    }
    const metadata = { 'weir.dev/run': { code: 'run_halted', run } }
    expect((await stream.ended).at(-1)).toMatchObject({
      result: { statusUpdate: { taskId: `long-${at + 1}`, status, metadata } },
    })
  }
})

test('a unary call under way is answered', async () => {
  const said = await unary
  expect([said.status, refusalOf(said)]).toEqual([200, 'run_halted'])
  expect(said.headers.get('weir-run-id')).toBe(run)
})

test('the targets are told to stop working on the tasks they opened', async () => {
  const cancelled = (): readonly unknown[] =>
    agent.asked.filter(({ method }) => method === 'CancelTask').map(({ params }) => params['id'])
  await until(() => cancelled().length === 2)
  expect(new Set(cancelled())).toEqual(new Set(['long-1', 'long-2']))
})

test('nothing more of the run is let through, neither by token nor by header', async () => {
  const before = agent.asked.length
  const byToken = { 'txn-token': String(agent.asked[0]?.headers['txn-token']) }
  expect(refusalOf(await say(weir, { from: 'orchestrator', to: 'research', headers: byToken }))).toBe('run_halted')
  const byHeader = { 'weir-run-id': run }
  expect(refusalOf(await say(weir, { from: 'console', to: 'orchestrator', headers: byHeader }))).toBe('run_halted')
  const refused = await openStream(weir, 'orchestrator', 'research', byToken)
  expect(JSON.stringify(await refused.ended)).toContain('[weir:run_halted]')
  expect(agent.asked).toHaveLength(before)
})

test('a second halt is a conflict, and one without a reason or with a strange actor is no halt', async () => {
  const again = (body: unknown) => weir.ask(`/api/v1/runs/${run}/halt`, body)
  await expect(again({ reason: 'again' })).rejects.toThrow('409')
  for (const body of [{}, { reason: ' ' }, { reason: 7 }, { reason: 'x'.repeat(501) }, { reason, actor: 7 }])
    await expect(again(body)).rejects.toThrow('400')
  await expect(weir.ask(`/api/v1/runs/run_0/halt`, { reason })).rejects.toThrow('404')
  expect((await weir.ask<RunView>(`/api/v1/runs/${run}`)).halt).toMatchObject({ actor: 'ana', reason })
})

test('the alert says who, where and how much, signed over its bytes', async () => {
  await until(() => webhook.delivered.length > 0)
  const [{ headers, body } = { headers: {}, body: '' }] = webhook.delivered
  expect(headers['weir-signature']).toBe(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const alert = JSON.parse(body) as { readonly run: RunView; readonly sentence: string }
  expect(alert).toMatchObject({ schema: 'weir.alert/v1', kind: 'run_halted', code: 'operator', rule: null })
  expect(alert.run).toMatchObject({ id: run, spent: { cost_micros: 2900 }, calls: 3 })
  expect(alert.run.edges).toMatchObject([
    { from: 'agent:console', to: 'agent:orchestrator', calls: 1 },
    { from: 'agent:orchestrator', to: 'agent:research', calls: 2 },
  ])
  for (const word of [run, 'ana', reason, 'user:tomas', '$0.00']) expect(alert.sentence).toContain(word)
})

test('the alert of a breach names the edge where the circle closes', async () => {
  const loop = await startLoop()
  const policy = join(import.meta.dirname, '../../config/policy-open')
  const more = { alerts: { webhooks: [{ url: webhook.url }] } }
  const looping = await startWeir(loopConfig(loop, { policy, limits: { run: { depth_max: 4 } }, more }))
  loop.connect(looping)
  await startLoopCall(looping)
  await until(() => webhook.delivered.length > 1)
  await looping.stop()
  await loop.stop()
  const alert: unknown = JSON.parse(webhook.delivered[1]?.body ?? '')
  const edge = { from: 'agent:research', to: 'agent:orchestrator', depth: 3, lap: 2 }
  expect(alert).toMatchObject({
    code: 'depth_exceeded',
    rule: 'run.depth_max',
    edge,
    run: { spent: { cost_micros: 40_000 } },
  })
})
