import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJsonObject, type JsonObject } from '../../src/base/json.ts'
import type { DialectName } from '../../src/domain/call.ts'
import { taskStates } from '../../src/domain/task.ts'
import { isMalformed } from '../../src/protocol/a2a/malformed.ts'
import { versionOf } from '../../src/protocol/a2a/methods.ts'
import { paramsOf } from '../../src/protocol/a2a/params.ts'
import { type AgentOperation, forwardRequest, writeRequest } from '../../src/protocol/a2a/write-request.ts'
import { read, readBack } from '../support/reading.ts'
import { eventMaker } from './a2a-maker.ts'

const dialects: readonly DialectName[] = ['a2a-1.0-jsonrpc', 'a2a-1.0-rest', 'a2a-0.3-jsonrpc', 'a2a-0.3-rest']

/** Ids with everything that a path or a query could trip over. */
const id = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' }),
    fc.constantFrom('urn:x:1', 'x:cancel', 't:subscribe', 'tasks', 'a/b', '%2F', '{id}', '$&', 'a?b=c#d', '...'),
  )
  .filter((text) => text !== '.' && text !== '..')
const length = fc.nat({ max: 1000 })

function some(required: Readonly<Record<string, fc.Arbitrary<unknown>>>, more: object = {}): fc.Arbitrary<JsonObject> {
  const all = { ...required, ...more } as Record<string, fc.Arbitrary<unknown>>
  return fc.record(all, { requiredKeys: Object.keys(required), noNullPrototype: true })
}

const metadata = fc.constant({ k: { v: [1, 'ä', null] } })
const message = eventMaker(true)
  .filter((event) => 'message' in event && !JSON.stringify(event).includes('"__proto__"'))
  .map(({ message: said }) => (isJsonObject(said) ? said : {}))
/** Blocking is always said to 0.3, so what leaves it open is not among what every dialect can say. */
const configuration = some(
  { returnImmediately: fc.boolean() },
  { historyLength: length, acceptedOutputModes: fc.constant(['text/plain', 'image/png']) },
)
const send = some({ message, configuration }, { metadata })
const config = some(
  { taskId: id, id: id.filter((text) => !text.includes('/')), url: fc.webUrl() },
  { token: id, authentication: fc.constant({ scheme: 'Bearer', credentials: 'c' }) },
)
const list = some(
  {},
  {
    contextId: id,
    status: fc.constantFrom(...taskStates.slice(1)),
    pageSize: fc.integer({ min: 1, max: 100 }),
    pageToken: id,
    historyLength: length,
    statusTimestampAfter: fc.constant('2026-11-21T01:11:50.526Z'),
    includeArtifacts: fc.boolean(),
  },
)

const makers: Readonly<Record<AgentOperation, fc.Arbitrary<JsonObject>>> = {
  send,
  stream: send,
  get: some({ id }, { historyLength: length }),
  list,
  cancel: some({ id }, { metadata }),
  subscribe: some({ id }),
  push_create: config,
  push_delete: some({ taskId: id, id }),
  card: fc.constant({}),
}

const rows = Object.entries(makers) as readonly (readonly [AgentOperation, fc.Arbitrary<JsonObject>])[]

test.each(dialects.flatMap((dialect) => rows.map(([operation, maker]) => [dialect, operation, maker] as const)))(
  'in %s what is asked with %s is read as it was asked',
  (dialect, operation, maker) => {
    fc.assert(
      fc.property(maker, (params) => {
        const call = readBack(writeRequest(dialect, operation, params, '7'), versionOf(dialect))
        expect(call).toMatchObject({ dialect, operation })
        expect(paramsOf(call)).toEqual(params)
      }),
      { numRuns: 300 },
    )
  },
)

const paths = [
  '',
  '/',
  '/message:send',
  '/v1/message:send',
  '/tasks',
  '/tasks/t',
  '/tasks/t:cancel',
  '/v1/tasks/t:subscribe',
  '/tasks/t/pushNotificationConfigs',
  '/v1/tasks/t/pushNotificationConfigs/c',
  '/extendedAgentCard',
] as const

const words =
  'jsonrpc id method params message request configuration taskId name tenant historyLength pageSize status url pushNotificationConfig taskPushNotificationConfig parts'
const member = fc.constantFrom(...words.split(' '))
const method = fc.constantFrom('SendMessage', 'message/send', 'GetTask', 'tasks/list', 'CancelTask', 'ListTasks', '2.0')
const { value: almost } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    method,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(member, tie('value'), { maxKeys: 6, noNullPrototype: true }),
  ),
}))
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  almost.map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .tuple(method, fc.dictionary(member, almost, { maxKeys: 6, noNullPrototype: true }))
    .map(([name, params]) => Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: name, params }))),
)
const rest = fc.oneof(
  fc.constantFrom(...paths),
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
  fc
    .array(fc.constantFrom('/', ':', 'tasks', 'v1', 'message', 'send', '%', '%41', 'cancel', '..', '{id}'), {
      maxLength: 8,
    })
    .map((pieces) => `/${pieces.join('')}`),
)

test('no request throws, and what is a call can be asked for what it says and be forwarded', () => {
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'DELETE', 'PUT'),
    rest,
    query: fc.oneof(
      fc.constant(''),
      fc.string({ maxLength: 30 }),
      fc.constantFrom('historyLength=1', 'pageSize=0&tenant='),
    ),
    headers: fc.record(
      { 'a2a-version': fc.constantFrom('1.0', '0.3', '', 'x') },
      { requiredKeys: [], noNullPrototype: true },
    ),
    body,
  })
  fc.assert(
    fc.property(request, (asked) => {
      const call = read(asked)
      if (isMalformed(call)) {
        const text = call.body.replace(/^data: /, '')
        expect(JSON.parse(text)).toBeTypeOf('object')
        return
      }
      expect(paramsOf(call)).toBeTypeOf('object')
      forwardRequest(call)
    }),
    { numRuns: 20_000 },
  )
})
