import { expect, test } from 'vitest'
import { isMalformed } from '../../../../src/protocol/a2a/malformed.ts'
import { paramsOf } from '../../../../src/protocol/a2a/params.ts'
import { read, readBadly, readWell } from '../../../support/reading.ts'

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
const message03 = { messageId: 'm', role: 'ROLE_USER', content: [{ text: 'hi' }] }

const sends = { send: '/message:send', stream: '/message:stream' } as const

test.each(Object.entries(sends))('%s is posted in either revision', (operation, path) => {
  const body = { message: { ...message, taskId: 't', contextId: 'c', referenceTaskIds: ['r'] } }
  expect(read({ rest: path, body })).toMatchObject({
    dialect: 'a2a-1.0-rest',
    operation,
    method: `POST ${path}`,
    rpcId: 'null',
    taskId: 't',
    contextId: 'c',
    referenceTaskIds: ['r'],
    push: null,
    body: Buffer.from(JSON.stringify(body)),
  })
  for (const name of ['message', 'request'])
    expect(read({ rest: `/v1${path}`, body: { [name]: { ...message03, taskId: 't' } } })).toMatchObject({
      dialect: 'a2a-0.3-rest',
      operation,
      method: `POST /v1${path}`,
      taskId: 't',
    })
})

const configs = 'pushNotificationConfigs'

const paths: readonly (readonly [string, string, string, object])[] = [
  ['GET', '/tasks', 'list', { taskId: null }],
  ['GET', '/tasks/t', 'get', { taskId: 't' }],
  ['GET', '/tasks/tasks', 'get', { taskId: 'tasks' }],
  ['GET', '/tasks/urn:x:1', 'get', { taskId: 'urn:x:1' }],
  ['GET', '/tasks/urn%3Ax%3A1', 'get', { taskId: 'urn:x:1' }],
  ['GET', '/tasks/x%3Acancel', 'get', { taskId: 'x:cancel' }],
  ['GET', '/tasks/%C3%A4', 'get', { taskId: 'ä' }],
  ['POST', '/tasks/t:cancel', 'cancel', { taskId: 't' }],
  ['POST', '/tasks/urn:x:1:cancel', 'cancel', { taskId: 'urn:x:1' }],
  ['POST', '/tasks/urn%3Ax%3A1:cancel', 'cancel', { taskId: 'urn:x:1' }],
  ['POST', '/tasks/x%3Acancel:cancel', 'cancel', { taskId: 'x:cancel' }],
  ['POST', '/tasks/t:subscribe', 'subscribe', { taskId: 't' }],
  ['GET', '/tasks/urn:x:1:subscribe', 'subscribe', { taskId: 'urn:x:1' }],
  ['GET', `/tasks/t/${configs}`, 'push_list', { taskId: 't', push: null }],
  [
    'GET',
    `/tasks/urn:x:1/${configs}/c%3A1`,
    'push_get',
    { taskId: 'urn:x:1', push: '{"taskId":"urn:x:1","id":"c:1"}' },
  ],
  ['DELETE', `/tasks/t/${configs}/c`, 'push_delete', { taskId: 't', push: '{"taskId":"t","id":"c"}' }],
]

test.each(paths)('%s %s is %s in either revision', (method, path, operation, fields) => {
  expect(read({ method, rest: path })).toMatchObject({ dialect: 'a2a-1.0-rest', operation, ...fields })
  expect(read({ method, rest: `/v1${path}` })).toMatchObject({ dialect: 'a2a-0.3-rest', operation, ...fields })
})

test('the extended card has a path in each revision', () => {
  expect(read({ method: 'GET', rest: '/extendedAgentCard' })).toMatchObject({
    operation: 'card',
    dialect: 'a2a-1.0-rest',
  })
  expect(read({ method: 'GET', rest: '/v1/card' })).toMatchObject({ operation: 'card', dialect: 'a2a-0.3-rest' })
})

test.each([
  ['POST', '/tasks/t:frobnicate'],
  ['POST', '/v1/tasks/t:frobnicate'],
  ['POST', '/message:frobnicate'],
  ['POST', '/message'],
  ['GET', '/tasks/'],
  ['POST', '/tasks/:cancel'],
  ['GET', '/tasks/t/'],
  ['GET', '/tasks/t/artifacts'],
  ['GET', `/tasks/t/${configs}/`],
  ['GET', `/tasks/t/${configs}/c/d`],
  ['GET', '/tasks/{id}/x'],
  ['GET', '/v1'],
  ['GET', '/v1/extendedAgentCard'],
  ['GET', '/v2/card'],
  ['GET', '/v1/acme/tasks'],
  ['GET', '/tasks/%ff'],
  ['GET', '/nothing'],
  ['GET', '/constructor'],
])('%s %s is not found, as AIP-193 says it', (method, rest) => {
  const { status, code, headers, body } = readBadly({ method, rest })
  expect([status, code]).toEqual([404, -32601])
  expect(headers).toContainEqual(['content-type', 'application/json'])
  if (rest.startsWith('/v1/')) expect(JSON.parse(body)).toMatchObject({ code: -32601 })
  else
    expect(JSON.parse(body)).toMatchObject({
      error: {
        code: 404,
        status: 'UNIMPLEMENTED',
        details: [{ reason: 'METHOD_NOT_FOUND', domain: 'a2a-protocol.org' }],
      },
    })
})

test.each([
  ['GET', '/message:send', 'POST'],
  ['DELETE', '/tasks/t', 'GET'],
  ['POST', '/tasks/t', 'GET'],
  ['GET', '/tasks/t:cancel', 'POST'],
  ['PUT', '/tasks/t:subscribe', 'POST, GET'],
  ['PUT', '/v1/tasks/t:subscribe', 'GET, POST'],
  ['DELETE', `/tasks/t/${configs}`, 'POST, GET'],
  ['POST', `/v1/tasks/t/${configs}/c`, 'GET, DELETE'],
  ['POST', '/extendedAgentCard', 'GET'],
])('%s %s is told that %s is allowed', (method, rest, allowed) => {
  const { status, headers, body } = readBadly({ method, rest })
  expect(status).toBe(405)
  expect(JSON.parse(body)).toMatchObject(rest.startsWith('/v1/') ? { code: -32601 } : { error: { code: 405 } })
  expect(headers).toContainEqual(['allow', allowed])
})

test.each(['/acme/message:send', '/acme/tasks/t:cancel', '/acme/tasks', '/tasks/tasks/t', '/acme/extendedAgentCard'])(
  'a tenant in %s was advertised by nobody',
  (rest) => {
    const { status, code } = readBadly({ method: 'GET', rest })
    expect([status, code]).toEqual([400, -32602])
  },
)

const versions = [null, '0.3', '0.3.0', '', '1.0', '1.0.1', '2.0', 'garbage'] as const
const expected: Readonly<Record<string, readonly [path10: string | number, path03: string | number]>> = {
  null: ['1.0', '0.3'],
  '0.3': [-32601, '0.3'],
  '0.3.0': [-32601, '0.3'],
  '': [-32601, '0.3'],
  // To 1.0 the first segment is the name of a tenant.
  '1.0': ['1.0', -32602],
  '1.0.1': ['1.0', -32602],
  '2.0': [-32009, -32009],
  garbage: [-32009, -32009],
}

test.each(versions)('version %j decides before the path does, in the header as in the query', (version) => {
  const answers = ['/tasks/t', '/v1/tasks/t'].flatMap((rest) => [
    read({ method: 'GET', rest, headers: version === null ? {} : { 'a2a-version': version } }),
    read({ method: 'GET', rest, query: version === null ? '' : `historyLength=1&A2A-Version=${version}` }),
  ])
  const seen = answers.map((answer) => (isMalformed(answer) ? answer.code : answer.dialect.slice(4, 7)))
  const [path10, path03] = expected[String(version)] ?? []
  expect(seen).toEqual([path10, path10, path03, path03])
})

test('an unsupported version hears which are supported', () => {
  const { status, body } = readBadly({ method: 'GET', rest: '/tasks/t', headers: { 'a2a-version': '9.9' } })
  expect(status).toBe(400)
  expect(body).toContain('"supported":"1.0,0.3"')
})

test.each([
  ['/message:send', '', 400, -32700],
  ['/message:send', '{', 400, -32700],
  ['/message:send', '[]', 400, -32602],
  ['/message:send', '{"message":"hi"}', 400, -32602],
  ['/message:send', '{"message":{},"message":{}}', 400, -32600],
  ['/message:send', '{"message":{},"Message":{}}', 400, -32600],
  ['/message:send', '{"message":{"taskId":"a","task_id":"b"}}', 400, -32600],
  ['/message:send', '{"message":{},"tenant":"acme"}', 400, -32602],
  ['/v1/message:send', '{"message":{},"request":{}}', 400, -32600],
  ['/v1/message:send', '{"request":{"taskId":"a","task_id":"b"}}', 400, -32600],
  ['/tasks/t:cancel', '{"id":"other"}', 400, -32602],
  ['/tasks/t:cancel', '{"metadata":7}', 400, -32602],
  ['/tasks/t:cancel', '[]', 400, -32602],
  ['/tasks/t:cancel', '{', 400, -32700],
  ['/tasks/t:subscribe', '{"id":"other"}', 400, -32602],
  [`/tasks/t/${configs}`, '', 400, -32602],
  [`/tasks/t/${configs}`, '{"url":"http://x","taskId":"other"}', 400, -32602],
  [
    `/v1/tasks/t/${configs}`,
    `{"name":"tasks/other/${configs}/c","pushNotificationConfig":{"url":"http://x"}}`,
    400,
    -32602,
  ],
])('%s with the body %s is answered with %d and %d', (rest, body, status, code) => {
  const answer = readBadly({ rest, body })
  expect([answer.status, answer.code]).toEqual([status, code])
})

test.each([
  ['/tasks/t', 'historyLength=-1'],
  ['/tasks/t', 'historyLength=x'],
  ['/tasks/t', 'historyLength=1&historyLength=2'],
  ['/tasks/t', 'tenant=acme'],
  ['/tasks', 'pageSize=0'],
  ['/tasks', 'pageSize=101'],
  ['/tasks', 'status=DONE'],
  ['/tasks', 'includeArtifacts=1'],
  ['/tasks', 'statusTimestampAfter=soon'],
  [`/tasks/${'x'.repeat(257)}`, ''],
])('GET %s?%s is an invalid request', (rest, query) => {
  expect(readBadly({ method: 'GET', rest, query })).toMatchObject({ status: 400, code: -32602 })
})

test('the parameters of a list stand in its query', () => {
  const query =
    'contextId=c&status=TASK_STATE_WORKING&pageSize=2&pageToken=p%2B&historyLength=0&includeArtifacts=false&x=1'
  expect(paramsOf(readWell({ method: 'GET', rest: '/tasks', query }))).toEqual({
    contextId: 'c',
    status: 'TASK_STATE_WORKING',
    pageSize: 2,
    pageToken: 'p+',
    historyLength: 0,
    includeArtifacts: false,
  })
})

test.each([
  ['/tasks/nope', 'application/a2a+json, application/json', 'application/a2a+json'],
  ['/tasks/nope', 'application/json', 'application/json'],
  ['/v1/tasks/nope', 'application/a2a+json', 'application/json'],
])('an error about %s for a caller that accepts %s is %s', (rest, accept, type) => {
  const answer = readBadly({ method: 'PUT', rest, headers: { accept } })
  expect(answer.headers[0]).toEqual(['content-type', type])
})

test.each([
  ['application/json', null],
  ['application/a2a+json', null],
  ['application/xml', -32005],
])('a body said to be %j is answered with %j', (type, code) => {
  const call = read({ rest: '/message:send', body: { message }, headers: { 'content-type': type } })
  expect(isMalformed(call) ? call.code : null).toBe(code)
})
