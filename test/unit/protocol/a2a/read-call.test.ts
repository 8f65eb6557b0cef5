import { expect, test } from 'vitest'
import { isHopId } from '../../../../src/domain/ids.ts'
import type { Inbound } from '../../../../src/protocol/http.ts'
import { isMalformed, type Malformed, readCall, refuseVersion } from '../../../../src/protocol/a2a/dialect.ts'
import { agentId } from '../../../support/hop.ts'

const ref = 'hop_00000000000000aa'
const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }

function inboundOf(body: unknown, headers: Readonly<Record<string, string>> = {}, query = ''): Inbound {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    method: 'POST',
    path: '/a2a/research',
    query,
    headers: new Map(Object.entries(headers)),
    body: Buffer.from(text),
    receivedAt: 1,
    startedAt: 1,
    peer: '127.0.0.1',
    clientCert: null,
  }
}

function read(body: unknown, headers: Readonly<Record<string, string>> = {}, query = '') {
  if (!isHopId(ref)) throw new Error('the ref is a hop id')
  return readCall(inboundOf(body, headers, query), agentId('agent:research'), ref)
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
  [send({ method: 'GetTask' }), -32004],
  [send({ method: 'SubscribeToTask' }), -32004],
  [send({ method: 'tasks/cancel' }), -32004],
  [send({ params: undefined }), -32602],
  [send({ params: [message] }), -32602],
  [send({ params: { message: 'hi' } }), -32602],
  [send({ params: { message: { ...message, taskId: 7 } } }), -32602],
  [send({ params: { message: { ...message, contextId: 'x'.repeat(300) } } }), -32602],
  [send({ params: { message: { ...message, task_id: 'foreign' } } }), -32600],
  [send({ params: { message, tenant: 'other' } }), -32602],
  [send({ params: { message, configuration: { taskPushNotificationConfig: { url: 'http://x' } } } }), -32003],
  [send({ method: 'message/send', params: { message, configuration: { pushNotificationConfig: {} } } }), -32003],
])('%j is answered with %d', (body, code) => {
  expect(codeOf(body)).toBe(code)
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

test('a target that speaks another revision is told apart only after the call was read', () => {
  const call = read(send())
  if (isMalformed(call)) throw new Error(call.body)
  expect(refuseVersion(call, ['1.0', '0.3'])).toBeNull()
  expect(refuseVersion(call, ['0.3'])).toMatchObject({ code: -32009, status: 200 })
})
