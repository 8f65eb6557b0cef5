import { expect, test } from 'vitest'
import { writeHandle } from '../../../../src/protocol/llm/bridge-handle.ts'
import { type BridgeAsk, readBridgeAsk } from '../../../../src/protocol/llm/bridge-request.ts'
import { modelCall, modelHop, type ModelPath } from '../../../support/model-inbound.ts'

type Body = Readonly<Record<string, unknown>>

function ask(path: ModelPath, body: Body, headers: Readonly<Record<string, string>> = {}): unknown {
  return readBridgeAsk(modelCall(path, { model: 'a2a/writer', ...body }), new Map(Object.entries(headers)), 'writer')
}

const chat = (body: Body, headers?: Readonly<Record<string, string>>): unknown =>
  ask('chat', { messages: [{ role: 'user', content: 'hi' }], ...body }, headers)
const response = (body: Body): unknown => ask('responses', { input: 'hi', ...body })

const user = (content: unknown): Body => ({ role: 'user', content })
const assistant = { role: 'assistant', content: 'well' }

test.each([
  ['the only one', [user('a')], ['a']],
  ['all of them since somebody else spoke', [user('a'), assistant, user('b'), user('c')], ['b', 'c']],
  ['past what the application says', [user('a'), assistant, user('b'), { role: 'developer', content: 'x' }], ['b']],
])('of the messages %s goes to the agent', (_what, messages, texts) => {
  expect(chat({ messages })).toMatchObject({ kind: 'ask', parts: texts.map((text) => ({ text })) })
  expect(response({ input: messages })).toMatchObject({ kind: 'ask', parts: texts.map((text) => ({ text })) })
})

test('items of a response without a role end the turn of the user', () => {
  const input = [user('a'), { type: 'function_call_output', call_id: '1', output: 'x' }, user('b')]
  expect(response({ input })).toMatchObject({ parts: [{ text: 'b' }] })
})

test.each([
  ['no messages', { messages: 'hi' }, 'messages'],
  ['messages of nobody', { messages: [] }, 'messages'],
  ['an agent that spoke last', { messages: [user('a'), assistant] }, 'messages'],
  ['a turn that says nothing', { messages: [user('')] }, 'messages'],
  ['tools that must be used', { tool_choice: 'required' }, 'tool_choice'],
  ['a tool that must be used', { tool_choice: { type: 'function', function: { name: 'f' } } }, 'tool_choice'],
  [
    'tools of which one must be used',
    { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [] } } },
    'tool_choice',
  ],
  ['several answers', { n: 2 }, 'n'],
  ['a schema', { response_format: { type: 'json_schema' } }, 'response_format'],
  ['sound alone', { modalities: ['audio'] }, 'modalities'],
  ['an id that is too long', { a2a: { context_id: 'c'.repeat(257) } }, null],
])('%s is refused in chat', (_what, body, param) => {
  expect(chat(body)).toMatchObject({ kind: 'bridge_mistake', param })
})

test.each([
  ['no input', { input: undefined }, 'input'],
  ['a schema', { text: { format: { type: 'json_schema' } } }, 'text.format'],
  ['the background', { background: true }, 'background'],
  ['a response of a model', { previous_response_id: 'resp_68a1b2c3' }, 'previous_response_id'],
  [
    'a response of another agent',
    { previous_response_id: writeHandle({ agent: 'reader', contextId: 'c', taskId: null }, modelHop) },
    'previous_response_id',
  ],
  ['two names of one conversation', { conversation: 'c', a2a: { context_id: 'c' } }, null],
])('%s is refused in responses', (_what, body, param) => {
  expect(response(body)).toMatchObject({ kind: 'bridge_mistake', param })
})

test('embeddings are not for agents', () => {
  expect(ask('embeddings', { input: 'hi' })).toMatchObject({ kind: 'bridge_mistake', param: 'model' })
})

test('what tunes a model is left out', () => {
  const tools = [{ type: 'function', function: { name: 'f' } }]
  const tuned = chat({ temperature: 1, max_tokens: 5, tools, tool_choice: 'auto', response_format: { type: 'text' } })
  expect(tuned).toEqual(chat({}))
  const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }
  expect(chat({ tool_choice: allowed })).toEqual(chat({}))
})

test('the conversation is named by headers, in the body, by a response or as a conversation', () => {
  const headers = { 'x-a2a-context-id': 'c', 'x-a2a-task-id': 't' }
  const named = { contextId: 'c', taskId: 't' }
  expect(chat({}, headers)).toMatchObject(named)
  expect(chat({ a2a: { context_id: 'c', task_id: 't' } })).toMatchObject(named)
  const id = writeHandle({ agent: 'writer', ...named }, modelHop)
  expect(response({ previous_response_id: id })).toMatchObject({ ...named, previous: id })
  expect(response({ conversation: 'c' })).toMatchObject({ contextId: 'c', taskId: null, conversation: 'c' })
  expect(response({ conversation: { id: 'c' } })).toMatchObject({ contextId: 'c', conversation: 'c' })
  expect(response({ previous_response_id: null, conversation: null })).toMatchObject({ contextId: null, taskId: null })
})

test('usage at the end of a stream is told to those who ask', () => {
  const asked = chat({ stream: true, stream_options: { include_usage: true } }) as BridgeAsk
  expect([asked.usage, (chat({ stream: true }) as BridgeAsk).usage]).toEqual([true, false])
})
