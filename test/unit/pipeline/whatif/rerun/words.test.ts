/** What is said again holds what was captured, and nothing that would lead out of the replay. */
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../../src/base/json.ts'
import type { CallRecord } from '../../../../../src/domain/record.ts'
import type { Asked } from '../../../../../src/pipeline/whatif/rerun/said.ts'
import { answerOf, requestOf, saidAtOnce } from '../../../../../src/pipeline/whatif/rerun/speak.ts'
import { call, hop } from '../../../ledger/entries.ts'

const fresh = (task: string): string => `${task}-new`
const asked = (method: string, path = '/agents/b'): Asked => ({ path, body: {}, method, id: 7 })
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const parsed = (text: string | undefined): JsonObject => JSON.parse(text ?? '{}') as JsonObject
const parts = (captured: Buffer | null, cost: { cost_micros: number; tokens: number } | null = null) => {
  return { captured, cost, fresh }
}

test('a message is sent again without the task it went on with and without a place that wants to be told', () => {
  const message = { messageId: 'm', taskId: 't', contextId: 'c', referenceTaskIds: ['r'], parts: [{ text: 'hello' }] }
  const configuration = { returnImmediately: true, taskPushNotificationConfig: { url: 'https://outside.example' } }
  const captured = bytes({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message, configuration } })
  const request = requestOf(call(hop(1)), captured)
  expect(request).toMatchObject({ path: '/a2a/b/', from: 'captured', headers: { 'a2a-version': '1.0' } })
  expect(parsed(request?.body)).toMatchObject({
    method: 'SendMessage',
    params: { message: { messageId: 'm', parts: [{ text: 'hello' }] }, configuration: { returnImmediately: true } },
  })
  for (const gone of ['outside.example', 'taskId', 'contextId', 'referenceTaskIds'])
    expect(request?.body).not.toContain(gone)
})

test.each<[string, Partial<CallRecord>]>([
  ['was not captured', {}],
  ['came in words of something else', { dialect: 'mcp-2026-07-28', action: 'call_tool' }],
])('a message that %s is made up, and says so', (_how, facts) => {
  const captured = 'dialect' in facts ? bytes({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} }) : null
  const request = requestOf(call(hop(1), facts), captured)
  expect(request).toMatchObject({ from: 'made_up' })
  expect(request?.body).toContain('Made up by weir replay')
})

test('a task is answered under an id of its own, with the cost that was recorded', () => {
  const task = { id: 't1', status: { state: 'TASK_STATE_COMPLETED' }, metadata: { kept: true } }
  const answer = answerOf(
    call(hop(1)),
    asked('SendMessage'),
    parts(bytes({ id: 1, result: { task } }), { cost_micros: 42, tokens: 3 }),
  )
  expect(answer.from).toBe('captured')
  expect(parsed(answer.body)).toMatchObject({
    id: 7,
    result: { task: { id: 't1-new', metadata: { kept: true, weirReplayCostMicros: 42, weirReplayTokens: 3 } } },
  })
})

test.each([
  ['SendMessage', 'application/json'],
  ['SendStreamingMessage', 'text/event-stream'],
  ['message/send', 'application/json'],
  ['message/stream', 'text/event-stream'],
])('%s is answered as %s where nothing was captured', (method, contentType) => {
  const answer = answerOf(call(hop(1)), asked(method), parts(null))
  expect(answer).toMatchObject({ contentType, from: 'made_up' })
})

test('a tool is called with the arguments of then, and answers what it said and not what Weir added', () => {
  const tool = call(hop(1), { target: 'tool:files/read a', dialect: 'mcp-2025-11-25', action: 'call_tool' })
  const captured = bytes({
    jsonrpc: '2.0',
    id: 3,
    method: 'tools/call',
    params: { name: 'read a', arguments: { path: 'x' }, _meta: { progressToken: 1 } },
  })
  const request = requestOf(tool, captured)
  expect(request).toMatchObject({ path: '/mcp/s/files', from: 'captured', headers: { 'mcp-name': 'read a' } })
  expect(parsed(request?.body)).toMatchObject({ params: { name: 'read a', arguments: { path: 'x' } } })
  expect(request?.body).not.toContain('progressToken')
  const content = [{ type: 'text', text: 'found' }]
  const said = bytes({ jsonrpc: '2.0', id: 3, result: { content, isError: true, _meta: { 'dev.weir/hop': 'hop_1' } } })
  expect(parsed(answerOf(tool, asked('tools/call', '/tools/files'), parts(said)).body)).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: { content, isError: true },
  })
})

test('a model is asked what it was asked, without a conversation that its provider kept', () => {
  const model = call(hop(1), { target: 'model:everyday', dialect: 'openai-responses', action: 'generate' })
  const request = requestOf(model, bytes({ model: 'everyday', input: 'hello', previous_response_id: 'resp_1' }))
  expect(request).toMatchObject({ path: '/v1/responses', from: 'captured' })
  expect(parsed(request?.body)).toEqual({ model: 'everyday', input: 'hello' })
})

test('what is no call of the run is answered at once', () => {
  const tools = (): readonly string[] => ['read']
  expect(saidAtOnce(asked('SendMessage'), tools)).toBeUndefined()
  expect(saidAtOnce(asked('tools/call', '/tools/files'), tools)).toBeUndefined()
  expect(saidAtOnce(asked('tools/list', '/tools/files'), tools)).toContain('"name":"read"')
  expect(saidAtOnce({ ...asked('notifications/initialized', '/tools/files'), id: null }, tools)).toBeNull()
  expect(saidAtOnce(asked('GetTask'), tools)).toContain('Task not found')
})
