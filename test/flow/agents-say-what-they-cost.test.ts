import { afterAll, expect, test } from 'vitest'
import type { CallRecord } from '../../src/domain/record.ts'
import { callHeaders, say, sendMessage } from '../support/caller.ts'
import { ledgerOf } from '../support/ledger-entries.ts'
import { openStream } from '../support/open-stream.ts'
import { type Asked, startRpcTarget } from '../support/rpc-target.ts'
import { startSdkAgent } from '../support/sdk-agent.ts'
import { apiKey, startWeir } from '../support/weir.ts'

/** What the agent does with the next call. */
let script: (asked: Asked) => void = () => undefined
const target = await startRpcTarget((asked) => script(asked))

const sdk = await startSdkAgent('sdk', ['one', 'two'], 5, { cost: 0.00123 })

const row = { url: target.url, groups: ['subagents'] }
const reported = { cost_usd: '/metadata/cost', max_micros: 5000 }
const weir = await startWeir({
  identity: { api_keys: [apiKey('orchestrator')] },
  agents: {
    orchestrator: { may_start_runs: true },
    plain: { ...row, price: { call_micros: 7 } },
    dollars: { ...row, price: { call_micros: 3, reported } },
    pages: { ...row, price: { units: { at: '/artifacts/0/metadata/pages', micros: 20, max: 50 } } },
    sdk: { ...row, url: sdk.url, price: { reported } },
    sdk03: { ...row, url: sdk.url, versions: ['0.3'], price: { reported } },
    dull: { ...row, streams: false, price: { reported } },
    old: { ...row, versions: ['0.3'], price: { reported } },
    dead: { ...row, url: 'http://127.0.0.1:9/', price: { reported } },
    facet: { facet_of: 'dollars', groups: ['subagents'] },
  },
})

afterAll(async () => {
  await weir.stop()
  await target.stop()
  await sdk.stop()
})

interface Facts {
  readonly metadata?: unknown
  readonly pages?: unknown
}

function task(state: string, { metadata, pages }: Facts = {}): object {
  const artifact = {
    artifactId: 'a',
    parts: [{ text: 'done' }],
    ...(pages === undefined ? {} : { metadata: { pages } }),
  }
  const status = { state: `TASK_STATE_${state}` }
  return { id: 't1', contextId: 'c1', status, artifacts: [artifact], ...(metadata === undefined ? {} : { metadata }) }
}

function status(state: string, cost?: unknown): object {
  const metadata = cost === undefined ? {} : { metadata: { cost } }
  return { statusUpdate: { taskId: 't1', contextId: 'c1', status: { state: `TASK_STATE_${state}` }, ...metadata } }
}

async function recordOf(run: string | null): Promise<CallRecord | undefined> {
  const calls = (await ledgerOf(weir)).filter((entry) => entry.kind === 'call')
  return calls.findLast((record) => record.run === run)
}

/** Calls it with one answer for all; what stands in the record then. */
async function called(to: string, result: object): Promise<CallRecord['outcome'] | undefined> {
  script = (asked) => asked.answer(result)
  const said = await say(weir, { from: 'orchestrator', to })
  expect(said.status).toBe(200)
  return (await recordOf(said.headers.get('weir-run-id')))?.outcome
}

async function streamed(to: string, events: readonly object[]): Promise<CallRecord['outcome'] | undefined> {
  script = (asked) => {
    asked.begin(...events)
    asked.end()
  }
  const stream = await openStream(weir, 'orchestrator', to)
  await stream.ended
  return (await recordOf(stream.headers.get('weir-run-id')))?.outcome
}

test.each([
  ['dollars', 0.0012, 1203, 'provider'],
  ['dollars', 0, 3, 'provider'],
  ['dollars', '0.0012', 5003, 'reserved'],
  ['dollars', -0.0012, 5003, 'reserved'],
  ['dollars', { usd: 1 }, 5003, 'reserved'],
  ['facet', 0.0012, 1203, 'provider'],
])('the metadata of a task say what it cost: %s, %j', async (to, cost, cost_micros, source) => {
  const outcome = await called(to, { task: task('COMPLETED', { metadata: { cost } }) })
  expect(outcome).toMatchObject({ status: 'answered', spent: { cost_micros, tokens: 0 }, used: { source } })
})

test.each(['sdk', 'sdk03'])('an agent of the official SDK says it to who waits and in a stream: %s', async (to) => {
  const said = await say(weir, { from: 'orchestrator', to })
  const stream = await openStream(weir, 'orchestrator', to)
  await stream.ended
  for (const { headers } of [said, stream])
    expect((await recordOf(headers.get('weir-run-id')))?.outcome).toMatchObject({
      spent: { cost_micros: 1230 },
      used: { source: 'provider' },
    })
})

test('and so do those of a message', async () => {
  const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hi' }], metadata: { cost: 0.0004 } }
  expect((await called('dollars', { message }))?.spent.cost_micros).toBe(403)
  expect((await streamed('dollars', [{ message }]))?.spent.cost_micros).toBe(403)
})

test('an artifact counts its pages', async () => {
  expect((await called('pages', { task: task('COMPLETED', { pages: 4 }) }))?.spent.cost_micros).toBe(80)
  const artifact = { artifactId: 'a', parts: [{ text: 'done' }], metadata: { pages: 6 } }
  const artifactUpdate = { taskId: 't1', contextId: 'c1', artifact, lastChunk: true }
  const { artifacts: _none, ...bare } = task('WORKING') as { artifacts?: unknown }
  expect(await streamed('pages', [{ task: bare }, { artifactUpdate }, status('COMPLETED')])).toMatchObject({
    spent: { cost_micros: 120 },
    used: { source: 'provider', units: 6 },
  })
})

test('of what a stream says about its cost the last word counts', async () => {
  const events = [
    { task: task('WORKING', { metadata: { cost: 0.001 } }) },
    status('WORKING', 0.002),
    status('COMPLETED'),
  ]
  expect((await streamed('dollars', events))?.spent.cost_micros).toBe(2003)
  expect((await streamed('dollars', [...events.slice(0, 2), status('COMPLETED', 0.003)]))?.spent.cost_micros).toBe(3003)
})

test('of an agent that does not stream the last look counts', async () => {
  let looks = 0
  const state = (): string => (looks < 2 ? 'WORKING' : 'COMPLETED')
  script = (asked) => {
    looks += 1
    const seen = task(state(), { metadata: { cost: looks / 10_000 } })
    asked.answer(asked.method === 'SendMessage' ? { task: seen } : seen)
  }
  const stream = await openStream(weir, 'orchestrator', 'dull')
  expect(JSON.stringify((await stream.ended).at(-1))).toContain('"cost":0.0002')
  expect((await recordOf(stream.headers.get('weir-run-id')))?.outcome.spent.cost_micros).toBe(200)
})

test('an agent of 0.3 is read in the words of 1.0', async () => {
  const status03 = { state: 'completed' }
  const result = { kind: 'task', id: 't3', contextId: 'c3', status: status03, metadata: { cost: 0.0001 } }
  expect((await called('old', result))?.spent.cost_micros).toBe(100)
})

test('a task that goes on, and a stream that its caller leaves, are booked at the most', async () => {
  script = (asked) => asked.answer({ task: task('WORKING', { metadata: { cost: 0.0001 } }) })
  const asked = JSON.parse(sendMessage('hi')) as { params: object }
  const body = { ...asked, params: { ...asked.params, configuration: { returnImmediately: true } } }
  const answer = await fetch(`${weir.url}/a2a/dollars/`, {
    method: 'POST',
    headers: callHeaders('orchestrator'),
    body: JSON.stringify(body),
  })
  await answer.text()
  expect((await recordOf(answer.headers.get('weir-run-id')))?.outcome).toMatchObject({
    spent: { cost_micros: 5003 },
    used: { source: 'reserved', why: 'the answer was not heard to its end' },
  })
  script = (one) => one.begin({ task: task('WORKING', { metadata: { cost: 0.0001 } }) })
  const stream = await openStream(weir, 'orchestrator', 'dollars')
  stream.leave()
  await stream.ended.catch(() => undefined)
  const run = stream.headers.get('weir-run-id')
  await expect.poll(async () => (await recordOf(run))?.outcome.status).toBe('aborted')
  expect((await recordOf(run))?.outcome.spent.cost_micros).toBe(5003)
})

test('an error says nothing, a call that never left costs nothing, and no price of an answer is found without asking', async () => {
  script = (asked) => asked.fail(-32603)
  const failed = await say(weir, { from: 'orchestrator', to: 'dollars' })
  expect((await recordOf(failed.headers.get('weir-run-id')))?.outcome).toMatchObject({
    spent: { cost_micros: 5003 },
    used: { source: 'reserved', why: 'nothing at /metadata/cost' },
  })
  const dead = await say(weir, { from: 'orchestrator', to: 'dead' })
  const unsent = (await recordOf(dead.headers.get('weir-run-id')))?.outcome
  expect(unsent).toMatchObject({ status: 'failed', spent: { cost_micros: 0 } })
  expect(unsent).not.toHaveProperty('used')
  const outcome = await called('plain', { task: task('COMPLETED', { metadata: { cost: 9 } }) })
  expect(outcome).toMatchObject({ spent: { cost_micros: 7 } })
  expect(outcome).not.toHaveProperty('used')
})
