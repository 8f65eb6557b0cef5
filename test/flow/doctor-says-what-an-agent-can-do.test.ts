/** `weir agent doctor` on agents that speak A2A as people run them: what works, what Weir makes up for, what to change. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { examined } from '../support/doctor.ts'
import { startFastA2a } from '../support/fasta2a.ts'
import { startScriptedAgent } from '../support/scripted-agent.ts'
import { startSdk03Agent } from '../support/sdk03-agent.ts'
import { startSdkAgent } from '../support/sdk-agent.ts'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function started<Agent extends { stop(): Promise<unknown> }>(starting: Promise<Agent>): Promise<Agent> {
  const agent = await starting
  open.push(() => agent.stop())
  return agent
}

const steps = Array.from({ length: 20 }, (_, at) => `step ${at}`)

test('an agent of the SDK is asked everything in both of its versions', async () => {
  const { url } = await started(startSdkAgent('worker', steps))
  const { verdict, results, of } = await examined({ url, versions: ['1.0', '0.3'] })
  for (const version of ['1.0', '0.3'])
    for (const check of ['dialect', 'list', 'send', 'stream', 'return at once', 'subscribe'])
      expect([check, version, results[`${check} (${version} jsonrpc)`]]).toEqual([check, version, 'ok'])
  expect(results['card agrees']).toBe('ok')
  expect(of('card (/.well-known/agent-card.json)')).toMatchObject({ result: 'ok', keys: ['card.url'] })
  // A number of JavaScript cannot hold it, and webhooks are not offered.
  expect(of('id (1.0 jsonrpc)')).toMatchObject({ result: 'emulated', advice: 'Callers get back the id they sent.' })
  expect(results['push (1.0 jsonrpc)']).toBe('emulated')
  expect(of('stream (1.0 jsonrpc)').seen).toContain('22 events, TASK_STATE_COMPLETED')
  expect(verdict).toBe('works with emulation')
})

test('an agent that speaks more than is configured is told of, and nothing is wrong with that', async () => {
  const { url } = await started(startSdkAgent('worker', ['a']))
  const { verdict, of } = await examined({ url }, { message: null })
  expect(of('dialect (0.3 jsonrpc /)')).toMatchObject({ result: 'ok', keys: ['versions', 'bindings', 'interfaces'] })
  expect(verdict).not.toBe('broken')
})

test('an agent of 0.3 that is taken for one of 1.0 is broken, and it is said what to write', async () => {
  const { url } = await started(startSdk03Agent())
  const wrong = await examined({ url })
  expect(wrong.verdict).toBe('broken')
  expect(wrong.of('dialect (1.0 jsonrpc)')).toMatchObject({ result: 'problem' })
  expect(wrong.of('dialect (0.3 jsonrpc /)')).toMatchObject({
    result: 'ok',
    advice: expect.stringContaining('what it speaks') as string,
  })
  const right = await examined({ url, versions: ['0.3'] })
  expect(right.verdict).toBe('works with emulation')
  expect(right.results).toMatchObject({
    'send (0.3 jsonrpc)': 'ok',
    'stream (0.3 jsonrpc)': 'ok',
    'return at once (0.3 jsonrpc)': 'ok',
    'subscribe (0.3 jsonrpc)': 'ok',
    'cancel (0.3 jsonrpc)': 'ok',
  })
})

test('FastA2A is pointed to its driver, with which everything is made up for', async () => {
  const { url } = await started(startFastA2a())
  const plain = await examined({ url, versions: ['0.3'] })
  expect(plain.verdict).toBe('broken')
  expect(plain.results).toMatchObject({ 'send (0.3 jsonrpc)': 'emulated' })
  expect(plain.of('stream (0.3 jsonrpc)').keys).toContain('driver.kind')
  const driven = await examined({ url, driver: { kind: 'fasta2a' } })
  expect(driven.verdict).toBe('works with emulation')
  expect(driven.results).toMatchObject({
    'dialect (0.3 jsonrpc)': 'ok',
    send: 'emulated',
    stream: 'emulated',
    cancel: 'ok',
  })
})

test('an agent over HTTP is asked by its paths, and one that has none of them is told from a missing task', async () => {
  const server = createServer((request, response) => {
    const done = { id: 't1', contextId: 'c1', status: { state: 'TASK_STATE_COMPLETED' } }
    const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'TASK_NOT_FOUND' }
    const unknown = { error: { code: 404, status: 'NOT_FOUND', message: 'no', details: [info] } }
    const path = request.url ?? ''
    const isStream = path === '/a2a/message:stream'
    const isWork = isStream || path === '/a2a/message:send'
    const body = JSON.stringify(
      isWork ? { task: done } : path.startsWith('/a2a/tasks/') ? unknown : { detail: 'Not Found' },
    )
    response.writeHead(isWork ? 200 : 404, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
    response.end(isStream ? `data: ${body}\n\n` : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => new Promise((resolve) => server.close(resolve)))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const right = await examined({ url: `${origin}/a2a`, bindings: ['rest'] })
  expect(right.results).toMatchObject({
    'dialect (1.0 rest)': 'ok',
    'list (1.0 rest)': 'ok',
    'push (1.0 rest)': 'ok',
    'send (1.0 rest)': 'ok',
    'stream (1.0 rest)': 'ok',
    'return at once (1.0 rest)': 'unknown',
  })
  expect(right.verdict).toBe('ready')
  const wrong = await examined({ url: `${origin}/elsewhere`, bindings: ['rest'] })
  expect([wrong.verdict, wrong.results['dialect (1.0 rest)']]).toEqual(['broken', 'unknown'])
  expect(wrong.of('send (1.0 rest)').keys).toContain('url')
})

test('nobody is made to work where that is not wanted', async () => {
  const agent = await started(
    startScriptedAgent((asked, response) => {
      const error = { code: -32001, message: 'Task not found' }
      response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, error }))
    }),
  )
  await examined({ url: agent.url }, { message: null })
  expect(new Set(agent.asked.map(({ method }) => method))).toEqual(
    new Set(['GetTask', 'ListTasks', 'CreateTaskPushNotificationConfig']),
  )
})
