/** A running gateway takes a new configuration into use without dropping anything, or keeps the last good one and says so. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refusalOf, say } from '../support/caller.ts'
import { type LongWork, longWork, openStream } from '../support/open-stream.ts'
import { completedTask, type ScriptedAgent, startScriptedAgent } from '../support/scripted-agent.ts'
import { apiKey, keyOf, metricOf, startWeir, type Weir, type WeirConfig, writeConfig } from '../support/weir.ts'

const policies = join(import.meta.dirname, '../../config/policy')
const fromOutside = { from: 'console', to: 'orchestrator' }
const prompt = 'a prompt nobody else may read'

let work: LongWork
let agent: ScriptedAgent
let weir: Weir
let directory: string

beforeEach(async () => {
  work = longWork(() => completedTask('done'))
  agent = await startScriptedAgent(work.script)
  directory = mkdtempSync(join(tmpdir(), 'weir-test-'))
  mkdirSync(join(directory, 'policy'))
  for (const name of ['graph.cedar', 'guards.cedar', 'runs.cedar', 'schema.cedarschema'])
    copyFileSync(join(policies, name), join(directory, 'policy', name))
  weir = await startWeir(configWith({}), directory)
})

afterEach(async () => {
  await weir.stop()
  await agent.stop()
})

function configWith(change: WeirConfig): WeirConfig {
  return {
    identity: { api_keys: [apiKey('console', 'tomas'), apiKey('orchestrator')] },
    agents: agentsWith({}),
    policy: { dir: join(directory, 'policy') },
    alerts: { webhooks: [{ url: 'http://127.0.0.1:9/hook/path-secret', secret: 'webhook-secret' }] },
    ...change,
  }
}

function agentsWith(more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    console: { groups: ['entrypoints'], may_start_runs: true },
    orchestrator: {
      url: agent.url,
      may_start_runs: true,
      headers: { 'X-Api-Key': 'header-secret' },
      price: { call_micros: 10 },
    },
    ...more,
  }
}

/** Waits for the gateway to have tried a configuration that it has not taken before, or not. */
async function untilMetric(name: string, value: number): Promise<void> {
  await vi.waitFor(async () => expect(await metricOf(weir, name)).toBe(value), { timeout: 10_000, interval: 20 })
}

test('agents, limits and policies are swapped under an open stream, which goes on', async () => {
  const stream = await openStream(weir, 'console', 'orchestrator')
  const addition = 'permit(principal == Weir::Agent::"console", action, resource == Weir::Agent::"writer");\n'
  writeFileSync(join(directory, 'policy', 'addition.cedar'), `@id("graph.addition")\n${addition}`)
  const run = { cost_micros_max: 15 }
  writeConfig(configWith({ agents: agentsWith({ writer: { url: agent.url } }), limits: { run } }), directory)
  await vi.waitFor(async () => expect(refusalOf(await say(weir, { from: 'console', to: 'writer' }))).toBe(null), 10_000)

  const joined = { 'weir-run-id': stream.headers.get('weir-run-id') ?? '' }
  expect(refusalOf(await say(weir, { ...fromOutside, headers: joined }))).toBe('run_budget_exhausted')
  const other = await openStream(weir, 'console', 'orchestrator')
  work.finish()
  expect(JSON.stringify((await other.ended).at(-1))).toContain('COMPLETED')
})

test('a stream that was open before a reload ends with its own last event', async () => {
  const stream = await openStream(weir, 'console', 'orchestrator')
  process.kill(weir.pid, 'SIGHUP')
  await untilMetric('weir_config_epoch', 2)
  expect(stream.events()).toHaveLength(1)
  work.finish()
  expect(JSON.stringify((await stream.ended).at(-1))).toContain('TASK_STATE_COMPLETED')
})

test('an agent that is taken out of the file is not there any more', async () => {
  expect(refusalOf(await say(weir, fromOutside))).toBe(null)
  writeConfig(
    configWith({ agents: { console: { groups: ['entrypoints'] } }, identity: { api_keys: [apiKey('console')] } }),
    directory,
  )
  await untilMetric('weir_config_epoch', 2)
  expect(refusalOf(await say(weir, fromOutside))).toBe('not_found')
  expect((await say(weir, { from: 'orchestrator', to: 'orchestrator' })).status).toBe(401)
})

test('a file that does not hold changes nothing, is reported with its place, and mended is taken', async () => {
  writeConfig(configWith({ limits: { run: { depth_max: 'many' } } }), directory)
  await untilMetric('weir_config_last_reload_successful', 0)
  expect(refusalOf(await say(weir, fromOutside))).toBe(null)
  await vi.waitFor(() => expect(weir.log()).toMatch(/weir\.yaml:\d+:\d+.*limits\.run\.depth_max/), 20_000)
  expect(await metricOf(weir, 'weir_config_epoch')).toBe(1)
  writeConfig(configWith({}), directory)
  await untilMetric('weir_config_last_reload_successful', 1)
})

test('a policy that does not hold changes nothing, is reported, and mended is taken', async () => {
  const path = join(directory, 'policy', 'graph.cedar')
  const good = readFileSync(path, 'utf8')
  writeFileSync(path, 'permit(principal, action, resource) when { context.nonsense };')
  await untilMetric('weir_config_last_reload_successful', 0)
  expect(refusalOf(await say(weir, fromOutside))).toBe(null)
  await vi.waitFor(() => expect(weir.log()).toContain('graph.cedar'), 20_000)
  writeFileSync(path, good)
  await untilMetric('weir_config_last_reload_successful', 1)
})

test('no secret and no prompt is ever in the log', async () => {
  const said = await say(weir, { ...fromOutside, text: prompt })
  await weir.ask(`/api/v1/runs/${said.headers.get('weir-run-id')}/halt`, { reason: 'test' })
  await say(weir, { ...fromOutside, authorization: 'Bearer wk_console_guessed-secret' })
  writeConfig(
    configWith({ agents: agentsWith({ 'Bad Slug': {}, worse: { headers: { 'X-Api-Key': ['header-secret'] } } }) }),
    directory,
  )
  await untilMetric('weir_config_last_reload_successful', 0)
  writeConfig(configWith({ alerts: { webhooks: [{ url: 'no url', secret: 'webhook-secret' }] } }), directory)
  process.kill(weir.pid, 'SIGHUP')
  await vi.waitFor(() => expect(weir.log()).toContain('alerts.webhooks'), 10_000)
  writeConfig(configWith({}), directory)
  await untilMetric('weir_config_last_reload_successful', 1)
  await weir.kill('SIGTERM')
  const token = readFileSync(join(directory, 'state', 'admin.token'), 'utf8').trim()
  const delivery = String(agent.asked[0]?.headers['txn-token'])
  const secrets = [
    'header-secret',
    'webhook-secret',
    'path-secret',
    'guessed-secret',
    keyOf('console'),
    token,
    delivery,
    prompt,
  ]
  expect(weir.log()).toContain('was halted by')
  for (const secret of secrets) expect(weir.log()).not.toContain(secret)
})
