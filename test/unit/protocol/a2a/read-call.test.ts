import { expect, test } from 'vitest'
import { isMalformed, type Malformed } from '../../../../src/protocol/a2a/malformed.ts'
import { read as readRequest, readBadly, readWell, ref } from '../../../support/reading.ts'

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }

function read(body: unknown, headers: Readonly<Record<string, string>> = {}, query = '') {
  return readRequest({ body, headers, query })
}

function send(fields: object = {}): object {
  return { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message }, ...fields }
}

function codeOf(body: unknown, headers: Readonly<Record<string, string>> = {}): number | null {
  const call = read(body, headers)
  return isMalformed(call) ? call.code : null
}

test('a call keeps its bytes, its id token, its method and the names of its task', () => {
  const inbound = send({ params: { message: { ...message, taskId: 't1', contextId: 'c1' } } })
  const call = read(inbound)
  expect(call).toMatchObject({
    id: ref,
    dialect: 'a2a-1.0-jsonrpc',
    operation: 'send',
    method: 'SendMessage',
    target: { kind: 'agent', id: 'agent:research' },
    rpcId: '1',
    taskId: 't1',
    contextId: 'c1',
    body: Buffer.from(JSON.stringify(inbound)),
  })
})

test.each(['1', '-7', '9007199254740993', '1.50', '1e3', '"a"', '"\\u0061\\""', '""'])(
  'the id %s is kept as it is',
  (id) => {
    const text = `{"jsonrpc":"2.0","id":${id},"method":"message/stream","params":{"message":{}}}`
    expect(read(text)).toMatchObject({ rpcId: id, operation: 'stream', dialect: 'a2a-0.3-jsonrpc', taskId: null })
    const wrong = read(text.replace('message/stream', 'no/such'))
    expect((wrong as Malformed).body).toContain(`{"jsonrpc":"2.0","id":${id},"error":`)
  },
)

const versions: readonly (readonly [string | null, string, string | number])[] = [
  [null, 'SendMessage', '1.0'],
  [null, 'message/send', '0.3'],
  ['1.0', 'SendMessage', '1.0'],
  ['1.0.1', 'SendMessage', '1.0'],
  ['0.3', 'message/send', '0.3'],
  ['0.3.0', 'message/send', '0.3'],
  ['', 'message/send', '0.3'],
  ['', 'SendMessage', -32601],
  ['1.0', 'message/send', -32601],
  ['0.3', 'SendMessage', -32601],
  ['2.0', 'SendMessage', -32009],
  ['1', 'SendMessage', -32009],
  ['garbage', 'message/send', -32009],
]

test.each(versions)('version %j with %s gives %s, in the header as in the query', (version, method, expected) => {
  const body = send({ method })
  const answers = [
    read(body, version === null ? {} : { 'a2a-version': version }),
    read(body, {}, version === null ? '' : `x=1&A2A-Version=${version}`),
  ]
  for (const call of answers) expect(isMalformed(call) ? call.code : call.dialect.slice(4, 7)).toBe(expected)
})

test.each([
  ['{', -32700],
  ['"\\ud8"', -32700],
  [[send()], -32600],
  [[], -32600],
  ['7', -32600],
  [send({ id: null }), -32600],
  [send({ id: undefined }), -32600],
  [send({ id: true }), -32600],
  [send({ id: 'x'.repeat(300) }), -32600],
  [send({ jsonrpc: '1.0' }), -32600],
  [send({ method: 7 }), -32600],
  [send({ Method: 'GetTask' }), -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"SendMessage","method":"GetTask","params":{"message":{}}}', -32600],
  [send({ method: 'Frobnicate' }), -32601],
  [send({ method: 'ListTask' }), -32601],
  [send({ method: 'GetTask' }), -32602],
  [send({ method: 'GetTask', params: { id: '' } }), -32602],
  [send({ method: 'GetTask', params: { id: 7 } }), -32602],
  [send({ method: 'GetTask', params: { id: '..' } }), -32602],
  [send({ method: 'GetTask', params: { id: '\ud800' } }), -32602],
  [send({ method: 'GetTask', params: { id: 'x'.repeat(257) } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', historyLength: -1 } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', historyLength: 1.5 } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', historyLength: '1' } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', name: 'tasks/other' } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', tenant: 'x' } }), -32602],
  [send({ method: 'GetTask', params: { id: 't', ID: 'other' } }), -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"t","id":"other"}}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"GetTask","params":["t"]}', -32602],
  [send({ method: 'SubscribeToTask' }), -32602],
  [send({ method: 'tasks/cancel' }), -32602],
  [send({ method: 'CancelTask', params: { id: 't', metadata: 'x' } }), -32602],
  [send({ method: 'ListTasks', params: { pageSize: 0 } }), -32602],
  [send({ method: 'ListTasks', params: { pageSize: 101 } }), -32602],
  [send({ method: 'ListTasks', params: { status: 'DONE' } }), -32602],
  [send({ method: 'ListTasks', params: { status: 3 } }), -32602],
  [send({ method: 'ListTasks', params: { pageToken: 7 } }), -32602],
  [send({ method: 'ListTasks', params: { includeArtifacts: 'yes' } }), -32602],
  [send({ method: 'ListTasks', params: { statusTimestampAfter: 'yesterday' } }), -32602],
  [send({ method: 'CreateTaskPushNotificationConfig', params: { url: 'http://x' } }), -32602],
  [send({ method: 'CreateTaskPushNotificationConfig', params: { taskId: 't' } }), -32602],
  [send({ method: 'GetTaskPushNotificationConfig', params: { taskId: 't' } }), -32602],
  [send({ method: 'tasks/pushNotificationConfig/delete', params: { id: 't' } }), -32602],
  [send({ params: undefined }), -32602],
  [send({ params: [message] }), -32602],
  [send({ params: { message: 'hi' } }), -32602],
  [send({ params: { message: { ...message, taskId: 7 } } }), -32602],
  [send({ params: { message: { ...message, contextId: 'x'.repeat(300) } } }), -32602],
  [send({ params: { message: { ...message, task_id: 'foreign' } } }), -32600],
  [send({ params: { message, tenant: 'other' } }), -32602],
  [send({ params: { message: { ...message, referenceTaskIds: ['t', 7] } } }), -32602],
  [send({ params: { message: { ...message, referenceTaskIds: 't' } } }), -32602],
  [send({ params: { message: { ...message, referenceTaskIds: Array(65).fill('t') } } }), -32602],
  [send({ params: { message: { ...message, reference_task_ids: ['t'] } } }), -32600],
  [send({ params: { message, metadata: 7 } }), -32602],
  [send({ params: { message, configuration: [] } }), -32602],
  [send({ params: { message, configuration: { historyLength: -1 } } }), -32602],
  [send({ params: { message, configuration: { returnImmediately: 'no' } } }), -32602],
  [send({ params: { message, configuration: { taskPushNotificationConfig: 'http://x' } } }), -32602],
  [send({ params: { message, configuration: { push_notification_config: { url: 'http://x' } } } }), -32600],
  [
    send({ params: { message, configuration: { taskPushNotificationConfig: { url: 'http://x', taskId: 'other' } } } }),
    -32602,
  ],
  [
    send({
      params: { message, configuration: { pushNotification: { url: 'a' }, pushNotificationConfig: { url: 'b' } } },
    }),
    -32602,
  ],
  [send({ method: 'message/send', params: { message, configuration: { pushNotificationConfig: {} } } }), -32602],
])('%j is answered with %d', (body, code) => {
  expect(codeOf(body)).toBe(code)
})

const task = { taskId: 't', contextId: null, referenceTaskIds: [] }

test.each([
  ['GetTask', 'tasks/get', 'get', { id: 't' }],
  ['CancelTask', 'tasks/cancel', 'cancel', { id: 't' }],
  ['SubscribeToTask', 'tasks/resubscribe', 'subscribe', { id: 't' }],
])('%s and %s are read as %s with the task they are about', (rpc10, rpc03, operation, params) => {
  expect(read(send({ method: rpc10, params }))).toMatchObject({
    operation,
    method: rpc10,
    dialect: 'a2a-1.0-jsonrpc',
    ...task,
    push: null,
  })
  expect(read(send({ method: rpc03, params }))).toMatchObject({
    operation,
    method: rpc03,
    dialect: 'a2a-0.3-jsonrpc',
    ...task,
    push: null,
  })
})

const config = { id: 'c', url: 'http://x', token: 'k' }

test.each([
  ['CreateTaskPushNotificationConfig', 'push_create', { taskId: 't', ...config }, { taskId: 't', ...config }],
  ['GetTaskPushNotificationConfig', 'push_get', { taskId: 't', id: 'c' }, { taskId: 't', id: 'c' }],
  ['DeleteTaskPushNotificationConfig', 'push_delete', { taskId: 't', id: 'c' }, { taskId: 't', id: 'c' }],
  ['ListTaskPushNotificationConfigs', 'push_list', { taskId: 't' }, null],
  [
    'tasks/pushNotificationConfig/set',
    'push_create',
    { taskId: 't', pushNotificationConfig: config },
    { taskId: 't', ...config },
  ],
  [
    'tasks/pushNotificationConfig/get',
    'push_get',
    { id: 't', pushNotificationConfigId: 'c' },
    { taskId: 't', id: 'c' },
  ],
  ['tasks/pushNotificationConfig/get', 'push_get', { id: 't' }, { taskId: 't', id: 't' }],
  [
    'tasks/pushNotificationConfig/delete',
    'push_delete',
    { id: 't', pushNotificationConfigId: 'c' },
    { taskId: 't', id: 'c' },
  ],
  ['tasks/pushNotificationConfig/list', 'push_list', { id: 't' }, null],
])('%s is read as %s of the config it is about', (method, operation, params, push) => {
  const call = readWell({ body: send({ method, params }) })
  expect(call).toMatchObject({ operation, ...task })
  expect(call.push === null ? null : JSON.parse(call.push)).toEqual(push)
})

test.each(['GetExtendedAgentCard', 'agent/getAuthenticatedExtendedCard'])('%s needs no parameters', (method) => {
  expect(read({ jsonrpc: '2.0', id: 1, method })).toMatchObject({ operation: 'card', taskId: null })
})

test('a message may refer to tasks, and each is named', () => {
  const params = { message: { ...message, referenceTaskIds: ['t1', 't2'] } }
  expect(readWell({ body: send({ params }) }).referenceTaskIds).toEqual(['t1', 't2'])
})

test.each([
  [
    'SendMessage',
    { taskPushNotificationConfig: { ...config, authentication: { scheme: 'Bearer', credentials: 's' } } },
  ],
  [
    'message/send',
    { pushNotificationConfig: { ...config, authentication: { schemes: ['Bearer'], credentials: 's' } } },
  ],
])('a webhook that comes along with %s is kept apart, in one form', (method, configuration) => {
  const call = readWell({ body: send({ method, params: { message, configuration } }) })
  expect(JSON.parse(call.push ?? '')).toEqual({ ...config, authentication: { scheme: 'Bearer', credentials: 's' } })
})

test('members that are null or empty count as absent', () => {
  const params = { message: { ...message, taskId: null, contextId: '' }, tenant: '', configuration: {} }
  expect(read(send({ params }))).toMatchObject({ taskId: null, contextId: null })
})

test('a refusal of a streaming call is an event, so that its text is not lost', () => {
  const refused = read(send({ method: 'SendStreamingMessage', params: {} })) as Malformed
  expect(refused.status).toBe(200)
  expect(refused.headers).toContainEqual(['content-type', 'text/event-stream'])
  expect(refused.body).toMatch(/^data: \{"jsonrpc":"2\.0","id":1,"error":\{"code":-32602,.*\}\n\n$/)
})

test.each(['tasks/resubscribe', 'SubscribeToTask', 'message/stream'])(
  'a refusal of %s is an event as well',
  (method) => {
    expect(readBadly({ body: send({ method, params: {} }) }).body).toMatch(/^data: \{"jsonrpc"/)
    const strange = readBadly({ body: send({ method }), headers: { 'a2a-version': '2.0' } })
    expect(strange.body).toMatch(/^data: .*"code":-32009/)
  },
)

test('an error says what 1.0 can read of it, and to 0.3 no more than code and sentence', () => {
  expect(readBadly({ body: send({ method: 'GetTask' }) }).body).toContain('"reason":"INVALID_PARAMS"')
  expect(JSON.parse(readBadly({ body: send({ method: 'tasks/get' }) }).body)).toMatchObject({
    error: { code: -32602, message: 'The id of the task must be a string of at most 256 characters' },
  })
  expect(readBadly({ body: send({ method: 'tasks/get' }) }).body).not.toContain('data')
})

test.each([
  ['application/json', null],
  ['application/json; charset=utf-8', null],
  ['application/a2a+json', null],
  ['text/plain;charset=UTF-8', null],
  ['', null],
  ['application/xml', -32005],
  ['multipart/form-data; boundary=x', -32005],
  ['application/x-www-form-urlencoded', -32005],
])('a body said to be %j is answered with %j', (type, code) => {
  expect(codeOf(send(), { 'content-type': type })).toBe(code)
})

test('JSON-RPC is posted', () => {
  const answer = readBadly({ method: 'GET' })
  expect([answer.status, answer.headers.at(-1)]).toEqual([405, ['allow', 'POST']])
})
