import { expect, test } from 'vitest'
import type { DialectName, Operation } from '../../../../src/domain/call.ts'
import { type A2aErrorName, a2aErrors } from '../../../../src/protocol/a2a/errors.ts'
import { type FailureTo, jsonTypeFor, writeFailure, writeFailureEvent } from '../../../../src/protocol/a2a/failure.ts'

const to = (dialect: DialectName, operation: Operation = 'send'): FailureTo => ({
  dialect,
  operation,
  rpcId: dialect.endsWith('rest') ? 'null' : '"7"',
})
const names = Object.keys(a2aErrors) as readonly A2aErrorName[]
const message = 'It "failed"'

test.each(names)('%s has one face in each dialect, with the status its row says', (name) => {
  const { code, reason, http, grpcStatus } = a2aErrors[name]
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'a2a-protocol.org' }]
  const written = (dialect: DialectName): readonly [number, unknown] => {
    const { status, body } = writeFailure(to(dialect), { code, message })
    return [status, JSON.parse(body)]
  }
  expect(written('a2a-1.0-jsonrpc')).toEqual([
    200,
    { jsonrpc: '2.0', id: '7', error: { code, message, data: details } },
  ])
  expect(written('a2a-0.3-jsonrpc')).toEqual([200, { jsonrpc: '2.0', id: '7', error: { code, message } }])
  expect(written('a2a-1.0-rest')).toEqual([http, { error: { code: http, status: grpcStatus, message, details } }])
  expect(written('a2a-0.3-rest')).toEqual([http, { code, message }])
})

test('an error nobody knows is one of the agent, with its code where there is room for one', () => {
  const failure = { code: -32051, message, data: '[{"x":1}]' }
  const told = JSON.parse(writeFailure(to('a2a-1.0-jsonrpc'), failure).body) as { error: object }
  expect(told.error).toMatchObject({ code: -32051, data: [{ reason: 'UPSTREAM_ERROR', domain: 'weir.dev' }, { x: 1 }] })
  const rest = writeFailure(to('a2a-1.0-rest'), failure)
  expect([rest.status, JSON.parse(rest.body)]).toMatchObject([500, { error: { code: 500, status: 'INTERNAL' } }])
})

test('a refusal of another Weir keeps the status it spells', () => {
  const { status, body } = writeFailure(to('a2a-1.0-rest'), { code: 1403, message })
  expect([status, JSON.parse(body)]).toMatchObject([403, { error: { status: 'PERMISSION_DENIED' } }])
})

test('details that name the error stay as they came, and what is no list of details is dropped', () => {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'OWN', domain: 'x', metadata: { a: '1' } }
  const dataOf = (data: string): unknown => {
    const { body } = writeFailure(to('a2a-1.0-jsonrpc'), { code: -32602, message, data })
    return (JSON.parse(body) as { error: { data: unknown } }).error.data
  }
  expect(dataOf(JSON.stringify([{ y: 2 }, info], null, 2))).toEqual([{ y: 2 }, info])
  for (const data of ['"text"', '{"x":1}', '{', '', 'null'])
    expect(dataOf(data)).toMatchObject([{ reason: 'INVALID_PARAMS' }])
})

test('a stream over JSON-RPC fails with an event; over REST with a status before it begins', () => {
  for (const operation of ['stream', 'subscribe'] as const) {
    const failure = { code: -32004, message }
    const rpc = writeFailure(to('a2a-0.3-jsonrpc', operation), failure)
    expect([rpc.status, rpc.headers[0]]).toEqual([200, ['content-type', 'text/event-stream']])
    expect(rpc.body).toBe(writeFailureEvent(to('a2a-0.3-jsonrpc', operation), failure))
    expect(rpc.body).toMatch(/^data: \{.*\}\n\n$/)
    const rest = writeFailure(to('a2a-1.0-rest', operation), failure)
    expect([rest.status, rest.headers[0]]).toEqual([400, ['content-type', 'application/json']])
    expect(writeFailureEvent(to('a2a-1.0-rest', operation), failure)).toBe(`event: error\ndata: ${rest.body}\n\n`)
    expect(writeFailureEvent(to('a2a-0.3-rest', operation), failure)).toMatch(/^event: error\ndata: \{"code":-32004,/)
  }
})

test('the content type of A2A is for those who name it, over REST 1.0', () => {
  const accept = 'application/a2a+json, application/json'
  const types = (['a2a-1.0-rest', 'a2a-0.3-rest', 'a2a-1.0-jsonrpc'] as const).map((dialect) =>
    jsonTypeFor({ dialect, accept }),
  )
  expect(types).toEqual(['application/a2a+json', 'application/json', 'application/json'])
  expect(jsonTypeFor({ dialect: 'a2a-1.0-rest' })).toBe('application/json')
  expect(jsonTypeFor({ dialect: 'a2a-1.0-rest', accept: '*/*' })).toBe('application/json')
})
