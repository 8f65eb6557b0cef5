/** Whatever a client of the SDKs can ask for, over either binding, is read as what it meant. */
import { AgentCard, TaskState } from '@a2a-js/sdk'
import { JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client'
import { JsonRpcTransportFactory as JsonRpc03, RestTransportFactory as Rest03 } from 'a2a-sdk-03/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DialectName } from '../../src/domain/call.ts'
import { writeFailure } from '../../src/protocol/a2a/failure.ts'
import { paramsOf } from '../../src/protocol/a2a/params.ts'
import { type Gate, startGate } from '../support/gate.ts'

let gate: Gate

beforeAll(async () => {
  gate = await startGate(['1.0', '0.3'], (call) => writeFailure(call, { code: -32602, message: 'read' }))
})

afterAll(() => gate.stop())

type Transport = Readonly<Record<string, (params?: object) => Promise<unknown> | AsyncIterable<unknown>>>

function cardOf(protocolBinding: string, protocolVersion: string): AgentCard {
  return AgentCard.fromJSON({ supportedInterfaces: [{ url: gate.base, protocolBinding, protocolVersion }] })
}

const legacyCompat = { enabled: true }
const opens: Readonly<Record<DialectName, readonly (() => Promise<unknown>)[]>> = {
  'a2a-1.0-jsonrpc': [() => new JsonRpcTransportFactory().create(gate.base, cardOf('JSONRPC', '1.0'))],
  'a2a-1.0-rest': [() => new RestTransportFactory().create(gate.base, cardOf('HTTP+JSON', '1.0'))],
  'a2a-0.3-jsonrpc': [
    () => new JsonRpcTransportFactory({ legacyCompat }).create(gate.base, cardOf('JSONRPC', '0.3')),
    () => new JsonRpc03().create(gate.base, {} as never),
  ],
  'a2a-0.3-rest': [
    () => new RestTransportFactory({ legacyCompat }).create(gate.base, cardOf('HTTP+JSON', '0.3')),
    () => new Rest03().create(gate.base, {} as never),
  ],
}

const id = 'urn:x:1'
const secret = { scheme: 'Bearer', credentials: 's' }
const hook = { id: 'c:1', url: 'http://hook', token: 'k' }
const flat = { tenant: '', taskId: id, ...hook, authentication: secret }
const nested = {
  taskId: id,
  pushNotificationConfig: { ...hook, authentication: { schemes: ['Bearer'], credentials: 's' } },
}
const push = { taskId: id, ...hook, authentication: secret }
const list = {
  tenant: '',
  contextId: 'c',
  status: TaskState.TASK_STATE_INPUT_REQUIRED,
  pageSize: 3,
  pageToken: 'p',
  historyLength: 0,
  statusTimestampAfter: '2026-11-21T01:11:50.526Z',
  includeArtifacts: true,
}

type Row = readonly [method: string, params: object | undefined, operation: string, read: object]

const shared: readonly Row[] = [
  ['getTask', { tenant: '', id, historyLength: 2 }, 'get', { id, historyLength: 2 }],
  ['cancelTask', { tenant: '', id, metadata: undefined }, 'cancel', { id }],
  ['resubscribeTask', { tenant: '', id }, 'subscribe', { id }],
]
const modern: readonly Row[] = [
  ...shared,
  ['createTaskPushNotificationConfig', flat, 'push_create', push],
  ['getTaskPushNotificationConfig', { tenant: '', taskId: id, id: 'c:1' }, 'push_get', { taskId: id, id: 'c:1' }],
  [
    'listTaskPushNotificationConfig',
    { tenant: '', taskId: id, pageSize: 0, pageToken: '' },
    'push_list',
    { taskId: id },
  ],
  ['deleteTaskPushNotificationConfig', { tenant: '', taskId: id, id: 'c:1' }, 'push_delete', { taskId: id, id: 'c:1' }],
  ['getExtendedAgentCard', { tenant: '' }, 'card', {}],
]
const rows: Readonly<Record<string, readonly Row[]>> = {
  modern,
  listing: [
    ...modern,
    ['listTasks', list, 'list', { ...list, tenant: undefined, status: 'TASK_STATE_INPUT_REQUIRED' }],
  ],
  old: [
    ...shared,
    ['setTaskPushNotificationConfig', nested, 'push_create', push],
    ['getTaskPushNotificationConfig', { id, pushNotificationConfigId: 'c:1' }, 'push_get', { taskId: id, id: 'c:1' }],
    ['listTaskPushNotificationConfig', { id }, 'push_list', { taskId: id }],
    [
      'deleteTaskPushNotificationConfig',
      { id, pushNotificationConfigId: 'c:1' },
      'push_delete',
      { taskId: id, id: 'c:1' },
    ],
    ['getExtendedAgentCard', undefined, 'card', {}],
  ],
}

const matrix = (Object.keys(opens) as readonly DialectName[]).flatMap((dialect) =>
  opens[dialect].flatMap((open, at) => {
    const kind = at === 1 ? 'old' : dialect.startsWith('a2a-1.0') ? 'listing' : 'modern'
    return (rows[kind] ?? []).map((row) => [dialect, kind, row[0], { dialect, row, open }] as const)
  }),
)

test.each(matrix)(
  'in %s a client (%s) that calls %s is read',
  async (_dialect, _kind, method, { dialect, row: [, params, operation, read], open }) => {
    const before = gate.calls.length
    const transport = (await open()) as Transport
    await expect(ask(transport, method, params)).rejects.toThrow('read')
    expect(gate.calls.length - before).toBe(1)
    const call = gate.calls.at(-1)
    expect(call).toMatchObject({ dialect, operation })
    expect(call && paramsOf(call)).toEqual(read)
  },
)

async function ask(transport: Transport, method: string, params: object | undefined): Promise<unknown> {
  const answer = transport[method]?.(params)
  if (!answer || !(Symbol.asyncIterator in answer)) return await answer
  for await (const event of answer) return event
  return null
}
