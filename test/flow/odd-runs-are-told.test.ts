/** A run of a real gateway that makes the same call again and again is told once, with where it is and what to do, and is not refused. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { say } from '../support/caller.ts'
import { until } from '../support/relay.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { startWebhook, type TestWebhook } from '../support/webhook.ts'
import { apiKey, startWeir, type Weir } from '../support/weir.ts'

const calls = 12
let orchestrator: ScriptedAgent
let research: ScriptedAgent
let webhook: TestWebhook
let weir: Weir
let run = ''
const statuses: number[] = []

beforeAll(async () => {
  webhook = await startWebhook()
  research = await startScriptedAgent(() => completedTask('nothing found'))
  orchestrator = await startScriptedAgent(async ({ headers }) => {
    const onwards = { 'txn-token': String(headers['txn-token']) }
    for (let nth = 0; nth < calls; nth++)
      statuses.push((await say(weir, { from: 'orchestrator', to: 'research', headers: onwards })).status)
    return completedTask('given up')
  })
  weir = await startWeir({
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')] },
    agents: {
      console: { groups: ['entrypoints'], may_start_runs: true },
      orchestrator: { url: orchestrator.url },
      research: { url: research.url, groups: ['subagents'], price: { call_micros: 700 } },
    },
    alerts: {
      webhooks: [{ url: webhook.url }],
      anomalies: { repetition: { same_calls: 5, window_ms: 600_000 } },
    },
  })
  run = (await say(weir, { from: 'console', to: 'orchestrator' })).headers.get('weir-run-id') ?? ''
  await until(() => webhook.delivered.length > 0)
})

afterAll(async () => {
  await weir.stop()
  await Promise.all([orchestrator.stop(), research.stop(), webhook.stop()])
})

test('no call was refused because of it', () => {
  expect(statuses).toEqual(Array.from({ length: calls }, () => 200))
})

test('it is told once, with run, edge, cost and commands', () => {
  expect(webhook.delivered).toHaveLength(1)
  const alert: unknown = JSON.parse(webhook.delivered[0]?.body ?? '')
  expect(alert).toMatchObject({
    schema: 'weir.alert/v1',
    kind: 'repetition',
    run: { id: run, root: 'agent:console', cost_micros: 3500 },
    edge: { from: 'agent:orchestrator', to: 'agent:research', depth: 2 },
    calls: 5,
    commands: [`weir runs show ${run}`, `weir runs tree ${run}`, `weir runs halt ${run} --reason <text>`],
  })
})
