import { expect, test } from 'vitest'
import { paramsOf } from '../../../../src/protocol/a2a/params.ts'
import { forwardRequest } from '../../../../src/protocol/a2a/write-request.ts'
import { readBadly, readWell } from '../../../support/reading.ts'

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
const configs = 'pushNotificationConfigs'

test('what clients in Python send over 0.3 goes on in the spelling everybody reads', () => {
  const request = {
    message_id: 'm',
    task_id: 't',
    context_id: 'c',
    role: 'ROLE_USER',
    content: [
      { file: { file_with_uri: 'http://f', mime_type: 'image/png' }, metadata: { a_b: 1 } },
      { data: { data: { c_d: 2 } } },
    ],
    metadata: { e_f: { g_h: 3 } },
  }
  const configuration = {
    accepted_output_modes: ['a'],
    history_length: 2,
    blocking: true,
    push_notification: { url: 'http://x' },
  }
  const call = readWell({ rest: '/v1/message:send', body: { request, configuration } })
  expect(call).toMatchObject({ taskId: 't', contextId: 'c', push: '{"url":"http://x"}' })
  expect(JSON.parse(Buffer.from(call.body).toString())).toEqual({
    message: {
      messageId: 'm',
      taskId: 't',
      contextId: 'c',
      role: 'ROLE_USER',
      content: [
        { file: { fileWithUri: 'http://f', mimeType: 'image/png' }, metadata: { a_b: 1 } },
        { data: { data: { c_d: 2 } } },
      ],
      metadata: { e_f: { g_h: 3 } },
    },
    configuration: {
      acceptedOutputModes: ['a'],
      historyLength: 2,
      blocking: true,
      pushNotification: { url: 'http://x' },
    },
  })
  expect(JSON.parse(forwardRequest(call)?.body?.toString() ?? '')).not.toHaveProperty('configuration.pushNotification')
})

test.each([
  '{"request":{"task_id":"a","taskId":"b"}}',
  '{"message":{"task_id":"a","taskId":"b"}}',
  '{"message":{"task_id":"a","content":[{"x_y":1,"xY":2}]}}',
  '{"message":{"TaskId":"a"}}',
  '{"message":{"task_id":"a","task_id":"b"}}',
])('two spellings of one member in %s are not chosen between', (body) => {
  expect(readBadly({ rest: '/v1/message:send', body }).code).toBe(-32600)
})

test('1.0 has one spelling', () => {
  expect(readBadly({ rest: '/message:send', body: { message: { ...message, task_id: 'a' } } }).code).toBe(-32600)
})

test('bytes that hold no other spelling stay as they are', () => {
  const body = '{ "message" : {"messageId":"m","metadata":{"a_b":9007199254740993}} }'
  expect(Buffer.from(readWell({ rest: '/v1/message:send', body }).body).toString()).toBe(body)
})

test('a config may come inside of the request of its protobuf', () => {
  const inner = { id: 'c', url: 'http://x', authentication: { schemes: ['Bearer'], credentials: 's' } }
  const body = {
    parent: 'tasks/t',
    config_id: 'c',
    config: { name: `tasks/t/${configs}/c`, push_notification_config: inner },
  }
  const call = readWell({ rest: `/v1/tasks/t/${configs}`, body })
  const push = { taskId: 't', id: 'c', url: 'http://x', authentication: { scheme: 'Bearer', credentials: 's' } }
  expect([JSON.parse(call.push ?? ''), paramsOf(call)]).toEqual([push, push])
})

test('a query may be spelled either way', () => {
  const query = 'context_id=c&page_size=2&include_artifacts=true'
  expect(paramsOf(readWell({ method: 'GET', rest: '/tasks', query }))).toEqual({
    contextId: 'c',
    pageSize: 2,
    includeArtifacts: true,
  })
  expect(readBadly({ method: 'GET', rest: '/tasks', query: 'page_size=2&pageSize=3' }).code).toBe(-32602)
})
