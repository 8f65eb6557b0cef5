import { ListTaskPushNotificationConfigsResponse, ListTasksResponse, TaskPushNotificationConfig } from '@a2a-js/sdk'
import { expect, test } from 'vitest'
import type { DialectName, Operation } from '../../../../src/domain/call.ts'
import { answerHeaders, answerStatus } from '../../../../src/protocol/a2a/answer-head.ts'
import { canceledEvent } from '../../../../src/protocol/a2a/canceled.ts'
import { sayNeutral } from '../../../../src/protocol/a2a/neutral.ts'
import { writeSaid } from '../../../../src/protocol/a2a/write-said.ts'
import {
  writeNothing,
  writePush,
  writePushList,
  writeTask,
  writeTaskList,
} from '../../../../src/protocol/a2a/write-task.ts'

function asker(dialect: DialectName, operation: Operation) {
  return { dialect, operation, rpcId: dialect.endsWith('rest') ? 'null' : '7' }
}

function json(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString()) as unknown
}

const task = { id: 't', contextId: 'c', status: { state: 'TASK_STATE_CANCELED' } }
const config = {
  taskId: 't',
  id: 'c1',
  url: 'https://example.com/hook',
  token: 'tok',
  authentication: { scheme: 'Bearer', credentials: 'cred' },
}
const nested = {
  id: 'c1',
  url: 'https://example.com/hook',
  token: 'tok',
  authentication: { schemes: ['Bearer'], credentials: 'cred' },
}
const named = { name: 'tasks/t/pushNotificationConfigs/c1', pushNotificationConfig: nested }

test('a task is bare for those who asked for it, in the words of their version', () => {
  expect(json(writeTask(task, asker('a2a-1.0-jsonrpc', 'get')))).toEqual({ jsonrpc: '2.0', id: 7, result: task })
  expect(json(writeTask(task, asker('a2a-1.0-rest', 'cancel')))).toEqual(task)
  expect(json(writeTask(task, asker('a2a-1.0-rest', 'send')))).toEqual({ task })
  expect(json(writeTask(task, asker('a2a-0.3-jsonrpc', 'get')))).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: { kind: 'task', id: 't', contextId: 'c', status: { state: 'canceled' } },
  })
  expect(json(writeTask(task, asker('a2a-0.3-rest', 'get')))).toEqual({
    ...task,
    status: { state: 'TASK_STATE_CANCELLED' },
  })
})

test('a list of tasks says where the next page begins also where there is none', () => {
  const page = { tasks: [task], nextPageToken: '', pageSize: 50, totalSize: 1 }
  const written = json(writeTaskList(page, asker('a2a-1.0-rest', 'list')))
  expect(written).toEqual(page)
  expect(ListTasksResponse.fromJSON(written)).toMatchObject({ tasks: [{ id: 't' }], pageSize: 50, totalSize: 1 })
})

test('configs are written as the servers of the SDKs were recorded to write them', () => {
  expect(json(writePush(config, asker('a2a-1.0-rest', 'push_create')))).toEqual(config)
  expect(json(writePush(config, asker('a2a-0.3-jsonrpc', 'push_get')))).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: { taskId: 't', pushNotificationConfig: nested },
  })
  expect(json(writePush(config, asker('a2a-0.3-rest', 'push_get')))).toEqual(named)
  expect(json(writePushList([config], asker('a2a-1.0-rest', 'push_list')))).toEqual({ configs: [config] })
  expect(json(writePushList([config], asker('a2a-0.3-rest', 'push_list')))).toEqual({ configs: [named] })
  expect(json(writePushList([config], asker('a2a-0.3-jsonrpc', 'push_list')))).toEqual({
    jsonrpc: '2.0',
    id: 7,
    result: [{ taskId: 't', pushNotificationConfig: nested }],
  })
  const listed = ListTaskPushNotificationConfigsResponse.fromJSON({ configs: [config] })
  expect(listed.configs).toEqual([TaskPushNotificationConfig.fromJSON(config)])
})

test('a deletion is answered with null over JSON-RPC and with nothing over REST', () => {
  expect(writeNothing(asker('a2a-1.0-jsonrpc', 'push_delete')).toString()).toBe(
    '{"jsonrpc":"2.0","id":7,"result":null}',
  )
  expect(writeNothing(asker('a2a-0.3-rest', 'push_delete'))).toHaveLength(0)
})

test.each<[DialectName, Operation, number]>([
  ['a2a-1.0-jsonrpc', 'push_create', 200],
  ['a2a-1.0-rest', 'send', 200],
  ['a2a-1.0-rest', 'push_create', 201],
  ['a2a-1.0-rest', 'push_delete', 204],
  ['a2a-0.3-rest', 'send', 201],
  ['a2a-0.3-rest', 'stream', 200],
  ['a2a-0.3-rest', 'get', 200],
  ['a2a-0.3-rest', 'push_create', 201],
])('%s answers %s with %i', (dialect, operation, status) => {
  expect(answerStatus({ dialect, operation })).toBe(status)
})

test('REST of 1.0 has a content type of its own for those who name it', () => {
  const type = (dialect: DialectName, operation: Operation, accept: string | null) =>
    answerHeaders({ dialect, operation }, accept).find(([name]) => name === 'content-type')?.[1]
  expect(type('a2a-1.0-rest', 'send', 'application/a2a+json, application/json')).toBe('application/a2a+json')
  expect(type('a2a-1.0-rest', 'send', '*/*')).toBe('application/json')
  expect(type('a2a-1.0-rest', 'send', null)).toBe('application/json')
  expect(type('a2a-0.3-rest', 'send', 'application/a2a+json')).toBe('application/json')
  expect(type('a2a-1.0-jsonrpc', 'send', 'application/a2a+json')).toBe('application/json')
  expect(type('a2a-1.0-rest', 'stream', 'application/a2a+json')).toBe('text/event-stream')
})

test('a halt looks like a cancelled task in every dialect', () => {
  const notice = { taskId: 't', contextId: 'c', messageId: 'm', sentence: 'no', code: 'run_halted', run: 'r' }
  const said = sayNeutral(canceledEvent(notice))
  expect(said.seen).toMatchObject({ kind: 'terminal', state: 'TASK_STATE_CANCELED', last: true, taskId: 't' })
  expect(json(writeSaid(said, asker('a2a-0.3-jsonrpc', 'stream')))).toMatchObject({
    result: {
      kind: 'status-update',
      final: true,
      status: { state: 'canceled', message: { kind: 'message', role: 'agent', parts: [{ kind: 'text', text: 'no' }] } },
      metadata: { 'weir.dev/run': { code: 'run_halted', run: 'r' } },
    },
  })
})
