/** What apps inside AgentCore stream beside what the app of the other test does: the Python SDK, bare texts, cuts. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { openAgentCore } from '../../src/relay/drivers/agentcore.ts'
import { DriverTrial, stateIn, textIn } from '../support/driver-bench.ts'

const options = {
  kind: 'agentcore',
  runtime_arn: null,
  qualifier: 'DEFAULT',
  aws: null,
  request_template: '{}',
  prompt_pointer: '/prompt',
  response_pointer: null,
  event_pointer: null,
  question_pointer: null,
} as const
const stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function serve(answer: (response: ServerResponse) => void, more: object = {}): Promise<DriverTrial> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(response))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const trial = new DriverTrial(`http://127.0.0.1:${port}/`, (upstream, bench) =>
    openAgentCore({ ...options, ...more }, upstream, bench),
  )
  stops.push(async () => {
    await trial.stop()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  })
  return trial
}

function stream(...data: readonly string[]): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(data.map((each) => `data: ${each}\n\n`).join(''))
  }
}

test('bare texts, JSON texts and numbers are tokens', async () => {
  const trial = await serve(stream('one', '" two "', '3', '{"data":" four"}'))
  const { said } = await trial.stream('hi').heard
  expect(textIn(said)).toBe('one two 3 four')
  expect(stateIn(said.at(-1))).toBe('TASK_STATE_COMPLETED')
})

test('an error in an event without a name fails the task, and nothing follows it', async () => {
  const error = { error: 'kaboom', error_type: 'ValueError', message: 'An error occurred during streaming' }
  const trial = await serve(stream('"one"', JSON.stringify(error), '"two"'))
  const heard = await trial.stream('hi').heard
  expect(textIn(heard.said)).toBe('one')
  expect(stateIn(heard.said.at(-1))).toBe('TASK_STATE_FAILED')
  expect(JSON.stringify(heard.said)).not.toContain('kaboom')
  expect(heard.detail).toBe('kaboom')
})

test('where the operator says which events hold text, others say nothing', async () => {
  const inner = (text: string) => JSON.stringify({ event: { delta: { text } } })
  const trial = await serve(stream('{"init":true}', inner('a'), inner('b')), { event_pointer: '/event/delta/text' })
  const heard = await trial.send('hi').heard
  expect(heard.said[0]).toMatchObject({ task: { artifacts: [{ parts: [{ text: 'ab' }] }] } })
  expect(heard.quiet).toBe(1)
})

test('a question in an event makes the task wait for its next message', async () => {
  const trial = await serve(stream('{"text":"let me see"}', '{"ask":"Sure?"}'), { question_pointer: '/ask' })
  const heard = await trial.stream('hi').heard
  expect(textIn(heard.said)).toBe('let me see')
  expect(heard.said.at(-1)).toMatchObject({
    statusUpdate: { status: { state: 'TASK_STATE_INPUT_REQUIRED', message: { parts: [{ text: 'Sure?' }] } } },
  })
  const { id } = (heard.said[0] as { readonly task: { readonly id: string } }).task
  const again = await trial.send('yes', { taskId: id, known: heard.memo }).heard
  expect(again.said[0]).toMatchObject({ task: { id, status: { state: 'TASK_STATE_INPUT_REQUIRED' } } })
})

test('a connection that breaks is a fault and no end', async () => {
  const trial = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n', () => response.destroy())
  })
  const heard = await trial.stream('hi').heard
  expect(heard.fault?.code).toBe('truncated')
  expect(heard.said.map(stateIn)).toEqual(['TASK_STATE_WORKING', null])
})

test('an answer that is no JSON is a text', async () => {
  const trial = await serve((response) => response.end('plain words'))
  expect(textIn((await trial.send('hi').heard).said)).toBe('plain words')
})

test('an answer that is too large is a fault', async () => {
  const trial = await serve((response) => response.end('x'.repeat(1_100_000)))
  expect((await trial.send('hi').heard).fault?.code).toBe('too_large')
})

test('more text than may be kept is a fault', async () => {
  const trial = await serve(stream(...Array.from({ length: 12 }, () => 'x'.repeat(100_000))))
  expect((await trial.send('hi').heard).fault?.code).toBe('too_large')
})
