/** `weir agent doctor` on agents of frameworks: their own door first, then their driver, as in a call. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AgentCoreServer, awsKeys, runtimeArn, startAgentCore } from '../support/agentcore.ts'
import { examined } from '../support/doctor.ts'
import { type FoundryEmulator, startFoundry } from '../support/foundry.ts'
import { type FrameworkServer, startLangGraph } from '../support/langgraph.ts'
import { startVertex, type VertexEmulator } from '../support/vertex.ts'

let graph: FrameworkServer
let core: AgentCoreServer
let foundry: FoundryEmulator
let vertex: VertexEmulator

beforeAll(async () => {
  ;[graph, core, foundry, vertex] = await Promise.all([
    startLangGraph(),
    startAgentCore(),
    startFoundry(),
    startVertex(),
  ])
})

afterAll(async () => {
  await Promise.all([graph, core, foundry, vertex].map((server) => server.stop()))
})

const authorization = 'Bearer token-of-the-operator'

test('a LangGraph server does everything by itself', async () => {
  const driver = { kind: 'langgraph', assistant_id: 'agent' }
  const { verdict, results } = await examined({ url: graph.url, driver })
  expect(verdict).toBe('ready')
  expect(Object.keys(results)).toEqual([
    'connection',
    'framework (langgraph /ok)',
    'framework (langgraph /assistants/search)',
    'send',
    'stream',
    'return at once',
    'subscribe',
    'cancel',
  ])
})

test('an assistant that does not exist is found before anything is sent', async () => {
  const { verdict, findings, of } = await examined({
    url: graph.url,
    driver: { kind: 'langgraph', assistant_id: 'agnet' },
  })
  expect(verdict).toBe('broken')
  expect(of('framework (langgraph /assistants/search)')).toMatchObject({
    seen: 'there is agent',
    keys: ['driver.assistant_id'],
  })
  expect(findings.some(({ check }) => check === 'send')).toBe(false)
})

test('an AgentCore app has no tasks, and Weir makes up for that', async () => {
  const { verdict, results, of } = await examined({ url: core.container, driver: { kind: 'agentcore' } })
  expect(verdict).toBe('works with emulation')
  expect(of('framework (agentcore /ping)').seen).toBe('Healthy')
  expect(results).toMatchObject({
    send: 'ok',
    stream: 'ok',
    get: 'emulated',
    subscribe: 'emulated',
    cancel: 'emulated',
  })
})

test('a runtime of AgentCore is asked with signatures, and wrong keys are told', async () => {
  const aws = { access_key_id: awsKeys.access_key_id, session_token: awsKeys.session }
  const driver = { kind: 'agentcore', runtime_arn: runtimeArn, ...aws }
  const right = await examined({ url: core.url, driver: { ...driver, secret_access_key: awsKeys.secret } })
  expect([right.verdict, right.results['send']]).toEqual(['works with emulation', 'ok'])
  const wrong = await examined({ url: core.url, driver: { ...driver, secret_access_key: 'not-the-secret-at-all' } })
  expect(wrong.of('send')).toMatchObject({ result: 'problem', keys: expect.arrayContaining(['driver']) as string[] })
  expect(JSON.stringify(wrong)).not.toContain('not-the-secret')
})

test('Foundry is asked for the agent and does everything by itself', async () => {
  const driver = { kind: 'foundry', agent_name: 'my-agent' }
  const right = await examined({ url: foundry.url, headers: { authorization }, driver })
  expect(right.results).toMatchObject({ 'framework (foundry /agents/my-agent)': 'ok', send: 'ok', stream: 'ok' })
  const wrong = await examined({ url: foundry.url, driver })
  expect(wrong.of('framework (foundry /agents/my-agent)').keys).toContain('credential')
  expect(wrong.verdict).toBe('broken')
})

test('Agent Engine is asked what its app has, and works for nobody whom it knows', async () => {
  const row = { url: vertex.url, headers: { authorization }, driver: { kind: 'vertex' } }
  const right = await examined(row)
  expect(right.verdict).toBe('works with emulation')
  expect(right.results).toMatchObject({ 'framework (vertex)': 'ok', send: 'ok', stream: 'ok', get: 'emulated' })
  expect(vertex.users.every((user) => /^[0-9a-f]{64}$/.test(user))).toBe(true)
  const wrong = await examined({ ...row, driver: { kind: 'vertex', class_method: 'query_all' } })
  expect(wrong.of('framework (vertex)')).toMatchObject({ result: 'problem', keys: ['driver.class_method'] })
})
