import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import type { DialectName } from '../../../../src/domain/call.ts'
import { isRest, versionOf } from '../../../../src/protocol/a2a/methods.ts'
import { paramsOf } from '../../../../src/protocol/a2a/params.ts'
import {
  type AgentOperation,
  forwardRequest,
  type WireRequest,
  writeRequest,
} from '../../../../src/protocol/a2a/write-request.ts'
import { readBack, readWell, type Request } from '../../../support/reading.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']

/** What the clients of the SDKs asked for over the wire, but for cards. */
function recorded(dialect: DialectName): readonly Required<Request>[] {
  const text = readFileSync(new URL(`../../../fixtures/a2a/wire/${dialect}.txt`, import.meta.url), 'utf8')
  return text
    .split(/^### /m)
    .filter((section) => / C>S /.test(section.split('\n')[0] ?? ''))
    .flatMap((section) => {
      const [, method = '', path = ''] = /^(GET|POST|DELETE) (\S+) HTTP/m.exec(section) ?? []
      const [target = '', query = ''] = path.split('?')
      const fields = [...section.matchAll(/^([A-Za-z0-9-]+): (.*?)(?:\\r)?$/gm)]
      const headers = Object.fromEntries(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value]))
      const rest = target.replace(/^\/(?:rpc|rest)/, '')
      const body = section.split('\n').find((line) => line.startsWith('{')) ?? ''
      return target.includes('.well-known') || target === '' ? [] : [{ method, rest, query, headers, body }]
    })
}

function jsonOf(body: Buffer | null): unknown {
  return body === null || body.length === 0 ? null : JSON.parse(body.toString())
}

/** What of a request an agent sees. */
function seen({ method, rest, query, body }: WireRequest): object {
  return { method, rest, query, body: jsonOf(body) }
}

/** Of a configuration written anew agents of 0.2.5 want to see output modes, which clients may leave out. */
function withModes(dialect: string, body: unknown): unknown {
  const { params } = (body ?? {}) as { readonly params?: { readonly configuration?: object } }
  if (dialect !== 'a2a-0.3-jsonrpc' || !params?.configuration) return body
  const configuration = { acceptedOutputModes: [], ...params.configuration }
  return { ...(body as object), params: { ...params, configuration } }
}

test.each(dialects)('every recorded request in %s is written again as it was', (dialect) => {
  const requests = recorded(dialect)
  expect(requests.length).toBeGreaterThan(12)
  for (const request of requests) {
    const call = readWell(request)
    expect(call.dialect).toBe(dialect)
    const { operation } = call
    if (operation === 'push_get' || operation === 'push_list') continue
    // Servers of 0.3 in Python do not know what the client of 0.3 in JavaScript posts.
    const isStream03 = dialect === 'a2a-0.3-rest' && operation === 'subscribe'
    const was = {
      method: isStream03 ? 'GET' : request.method,
      rest: request.rest,
      query: request.query,
      body: jsonOf(Buffer.from(String(request.body))),
    }
    const written = writeRequest(dialect, operation, paramsOf(call), call.rpcId)
    expect(seen(written)).toEqual({ ...was, body: withModes(dialect, was.body) })
    expect(written.accept).toBe(request.headers['accept'])
    const forwarded = forwardRequest(call)
    if (operation === 'push_create') expect(forwarded).toBeNull()
    else expect(forwarded && seen(forwarded)).toEqual(was)
  }
})

test.each(['a2a-1.0-jsonrpc', 'a2a-0.3-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-rest'] as const)(
  'the very bytes of a send go to an agent that speaks %s as well',
  (dialect) => {
    const messages = recorded(dialect)
      .map(readWell)
      .filter(({ operation }) => operation === 'send' || operation === 'stream')
    expect(messages.length).toBeGreaterThan(2)
    for (const call of messages) expect(forwardRequest(call)?.body?.equals(call.body)).toBe(true)
  },
)

const message = { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] }
const config = { id: 'c', url: 'http://hook', token: 'k' }

test('an agent of 0.3 always hears whether to block', () => {
  const asked = [
    {},
    { configuration: {} },
    { configuration: { returnImmediately: false } },
    { configuration: { returnImmediately: true } },
  ]
  for (const dialect of ['a2a-0.3-jsonrpc', 'a2a-0.3-rest'] as const) {
    const blocking = asked.map((more) => {
      const said = jsonOf(writeRequest(dialect, 'send', { message, ...more }, '1').body) as JsonObject
      const params = (isRest(dialect) ? said : said['params']) as { configuration: { blocking: boolean } }
      return params.configuration.blocking
    })
    expect(blocking).toEqual([true, true, true, false])
  }
})

test('an agent that takes a configuration only with its output modes gets it with them', () => {
  const modes = (configuration: object): unknown => {
    const said = jsonOf(writeRequest('a2a-0.3-jsonrpc', 'send', { message, configuration }, '1').body) as JsonObject
    return (said['params'] as { configuration: JsonObject }).configuration['acceptedOutputModes']
  }
  expect(modes({})).toEqual([])
  expect(modes({ acceptedOutputModes: ['image/png'] })).toEqual(['image/png'])
})

test('whether to block is read as it was said, and left open where nothing was', () => {
  const read = (configuration?: object) =>
    paramsOf(readWell({ body: { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message, configuration } } }))[
      'configuration'
    ]
  expect([read(), read({}), read({ blocking: true }), read({ blocking: false })]).toEqual([
    undefined,
    {},
    { returnImmediately: false },
    { returnImmediately: true },
  ])
})

test('in protobuf JSON of 0.3 what is not said of blocking is false, as its clients leave it out', () => {
  const read = (configuration?: object) =>
    paramsOf(readWell({ rest: '/v1/message:send', body: { message, configuration } }))['configuration']
  expect([read(), read({ historyLength: 1 }), read({ blocking: true })]).toEqual([
    undefined,
    { historyLength: 1, returnImmediately: true },
    { returnImmediately: false },
  ])
})

test('an id in a path is escaped, so that it ends where it ends', () => {
  const rest = (id: string): string => writeRequest('a2a-1.0-rest', 'cancel', { id }, 'null').rest
  expect(rest('urn:x:1')).toBe('/tasks/urn%3Ax%3A1:cancel')
  expect(rest('a/b?c#d:cancel')).toBe('/tasks/a%2Fb%3Fc%23d%3Acancel:cancel')
  expect(rest('$&')).toBe('/tasks/%24%26:cancel')
  expect(rest('\ud800')).toBe('/tasks/%EF%BF%BD:cancel')
})

test('a stream is asked for as a stream, and a body has a type', () => {
  for (const dialect of dialects) {
    expect(writeRequest(dialect, 'subscribe', { id: 't' }, '1').accept).toBe('text/event-stream')
    const get = writeRequest(dialect, 'get', { id: 't' }, '1')
    expect(get.contentType).toBe(isRest(dialect) ? null : 'application/json')
    expect(get.body === null).toBe(get.contentType === null)
  }
})

/** Requests that bring a webhook along, by dialect: what is before it and behind it. */
const withPush: Readonly<Record<string, (push: string) => Request>> = {
  'a2a-1.0-jsonrpc': (push) => ({
    body: `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":${JSON.stringify(message)},"configuration":{${push}},"x":1.50}}`,
  }),
  'a2a-0.3-jsonrpc': (push) => ({
    body: `{"jsonrpc":"2.0","id":1,"method":"message/stream","params":{"configuration":{${push}},"message":${JSON.stringify(message)}}}`,
  }),
  'a2a-1.0-rest': (push) => ({ rest: '/message:send', body: `{"configuration":{${push}},"message":{}}` }),
  'a2a-0.3-rest': (push) => ({ rest: '/v1/message:send', body: `{"configuration":{${push}},"message":{}}` }),
}
const pushNames: Readonly<Record<string, string>> = {
  'a2a-1.0-jsonrpc': 'taskPushNotificationConfig',
  'a2a-0.3-jsonrpc': 'pushNotificationConfig',
  'a2a-1.0-rest': 'taskPushNotificationConfig',
  'a2a-0.3-rest': 'pushNotification',
}

test.each(dialects)('a webhook is cut out of a request in %s, and nothing else', (dialect) => {
  const name = pushNames[dialect] ?? ''
  const make = withPush[dialect]
  if (!make) throw new Error('every dialect has one')
  const push = JSON.stringify({ ...config, note: 'a "quoted", \\ word' })
  const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`
  const shapes: readonly (readonly [given: string, left: string])[] = [
    [`"${name}":${push}`, ''],
    [` "${name}" : ${push} `, '  '],
    [`"historyLength":1,"${name}":${push}`, '"historyLength":1'],
    [`"historyLength":1 ,\n"${name}":${push}\n`, '"historyLength":1 \n'],
    [`"${name}":${push},"historyLength":1`, '"historyLength":1'],
    [`"${escaped}"\t:${push},"historyLength":1`, '"historyLength":1'],
    [
      `"acceptedOutputModes":["a"],"${name}":${push},"historyLength":1`,
      '"acceptedOutputModes":["a"],"historyLength":1',
    ],
  ]
  for (const [given, left] of shapes) {
    const call = readWell(make(given))
    expect(JSON.parse(call.push ?? '')).toMatchObject(config)
    expect(forwardRequest(call)?.body?.toString()).toBe(make(left).body)
    expect(JSON.stringify(paramsOf(call))).not.toContain('hook')
  }
})

test('what a later 1.x adds reaches an agent of 1.0 over the other binding, and tenant and webhook do not', () => {
  const params = {
    tenant: '',
    message: { ...message, x: 1 },
    y: [2],
    configuration: { z: 3, taskPushNotificationConfig: config },
  }
  const call = readWell({ body: { jsonrpc: '2.0', id: 1, method: 'SendMessage', params } })
  const there = readBack(writeRequest('a2a-1.0-rest', 'send', paramsOf(call), 'null'), '1.0')
  expect(jsonOf(Buffer.from(there.body))).toEqual({ message: { ...message, x: 1 }, y: [2], configuration: { z: 3 } })
})

const operations: readonly (readonly [AgentOperation, JsonObject])[] = [
  ['get', { id: 't', historyLength: 0 }],
  ['list', { contextId: 'c', status: 'TASK_STATE_CANCELED', pageSize: 100, includeArtifacts: true }],
  ['cancel', { id: 't', metadata: { a: 1 } }],
  ['subscribe', { id: 't' }],
  ['push_create', { taskId: 't', ...config, authentication: { scheme: 'Bearer', credentials: 's' } }],
  ['push_delete', { taskId: 't', id: 'c' }],
  ['card', {}],
]

test.each(dialects.flatMap((dialect) => operations.map((row) => [dialect, ...row] as const)))(
  'what is written to an agent of %s for %s is read there as it was meant',
  (dialect, operation, params) => {
    const call = readBack(writeRequest(dialect, operation, params, '"a"'), versionOf(dialect))
    expect(call).toMatchObject({ dialect, operation, rpcId: isRest(dialect) ? 'null' : '"a"' })
    expect(paramsOf(call)).toEqual(params)
  },
)
