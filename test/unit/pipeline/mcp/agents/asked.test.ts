import { expect, test } from 'vitest'
import { type AskedOfAgent, readAsked, requestFor } from '../../../../../src/pipeline/mcp/agents/asked.ts'

const read = (args: unknown): AskedOfAgent | string =>
  readAsked(Buffer.from(JSON.stringify({ name: 'ask_x', arguments: args })))

test('a message is waited for unless its caller says otherwise', () => {
  expect(read({ message: 'hi' })).toEqual({ kind: 'message', text: 'hi', taskId: null, contextId: null, wait: true })
  expect(read({ message: 'hi', wait: false })).toMatchObject({ wait: false })
})

test('a task without a message is looked at, and waited for where its caller says so', () => {
  expect(read({ task_id: 't' })).toEqual({ kind: 'task', taskId: 't', wait: false })
  expect(read({ task_id: 't', wait: true })).toMatchObject({ kind: 'task', wait: true })
})

test('a task with a message goes on', () => {
  const asked = read({ task_id: 't', context_id: 'c', message: 'hi' })
  expect(asked).toMatchObject({ kind: 'message', taskId: 't', contextId: 'c' })
})

test.each([
  ['nothing', {}],
  ['an empty message', { message: ' ' }],
  ['a message that is none', { message: 7 }],
  ['a task without a name', { task_id: '' }],
  ['a name that is too long', { task_id: 'x'.repeat(257) }],
  ['a conversation that is none', { message: 'hi', context_id: {} }],
  ['a wait that is none', { message: 'hi', wait: 'no' }],
  ['what nobody knows', { message: 'hi', budget: 1 }],
  ['a list', []],
  ['a text', 'hi'],
])('%s does not fit, and a sentence says why', (_, args) => {
  expect(read(args)).toEqual(expect.stringMatching(/\w/))
})

test('no arguments at all do not fit', () => {
  for (const params of [null, Buffer.from('{}')]) expect(readAsked(params)).toEqual(expect.any(String))
})

test.each([
  ['SendStreamingMessage', { message: 'hi', task_id: 't' }, { message: { taskId: 't', parts: [{ text: 'hi' }] } }],
  ['SendMessage', { message: 'hi', wait: false }, { configuration: { returnImmediately: true } }],
  ['GetTask', { task_id: 't' }, { id: 't', historyLength: 0 }],
  ['SubscribeToTask', { task_id: 't' }, { id: 't' }],
] as const)('%s is asked in words of A2A 1.0', (method, args, params) => {
  const asked = read(args)
  if (typeof asked === 'string') throw new Error(asked)
  expect(JSON.parse(requestFor(asked, method, 'm').toString())).toMatchObject({ jsonrpc: '2.0', method, params })
})
