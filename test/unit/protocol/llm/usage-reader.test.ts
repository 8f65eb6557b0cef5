import { expect, test } from 'vitest'
import type { ModelDialect } from '../../../../src/domain/call.ts'
import type { UsageReader } from '../../../../src/protocol/llm/contract.ts'
import { openUsageReader } from '../../../../src/protocol/llm/usage.ts'

type Heard = ReturnType<UsageReader['hear']>

function listen(dialect: ModelDialect, asked = false): { reader: UsageReader; hear(event: unknown): Heard } {
  const reader = openUsageReader(dialect, { asked })
  return {
    reader,
    hear: (event) => reader.hear(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event))),
  }
}

const goesOn = { drop: false, last: false }
const isLast = { drop: false, last: true }
const isOurs = { drop: true, last: false }

function chunk(delta: object, more: object = {}): object {
  const choice = { index: 0, delta, logprobs: null, finish_reason: null, ...more }
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice], usage: null }
}

const chatUsage = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 }
const usageChunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [], usage: chatUsage }

test('the chunk of usage is kept from a caller that did not ask for it', () => {
  const { reader, hear } = listen('openai-chat')
  expect(hear(chunk({ role: 'assistant', content: '' }))).toEqual(goesOn)
  expect(hear(chunk({ content: 'Hello' }))).toEqual(goesOn)
  expect(hear(chunk({}, { finish_reason: 'stop' }))).toEqual(goesOn)
  expect([reader.usage, reader.final]).toEqual([null, false])
  expect(hear(usageChunk)).toEqual(isOurs)
  expect(reader).toMatchObject({ usage: { input_tokens: 19, output_tokens: 10 }, final: true, delivered_bytes: 5 })
  expect(hear('[DONE]')).toEqual(isLast)
})

test('the chunk of usage goes to a caller that asked for it', () => {
  const { hear } = listen('openai-chat', true)
  expect(hear(usageChunk)).toEqual(goesOn)
})

test('usage in the last chunk with a choice is heard and handed on', () => {
  const { reader, hear } = listen('openai-chat')
  expect(hear({ ...chunk({}, { finish_reason: 'stop' }), usage: chatUsage })).toEqual(goesOn)
  expect(reader).toMatchObject({ usage: { output_tokens: 10 }, final: true })
})

test('usage that grows with each chunk is final when the stream is', () => {
  const { reader, hear } = listen('openai-chat')
  hear({ ...chunk({ content: 'a' }), usage: { prompt_tokens: 19, completion_tokens: 1 } })
  expect(reader).toMatchObject({ usage: { output_tokens: 1 }, final: false })
  hear({ ...chunk({ content: 'b' }), usage: { prompt_tokens: 19, completion_tokens: 2 } })
  hear('[DONE]')
  expect(reader).toMatchObject({ usage: { output_tokens: 2 }, final: true })
})

test('a chunk without choices that says nothing of usage is handed on', () => {
  const { hear } = listen('openai-chat')
  expect(hear({ choices: [], prompt_filter_results: [] })).toEqual(goesOn)
  expect(hear({ choices: [], usage: null })).toEqual(goesOn)
})

test('a stream that ends without usage has said nothing', () => {
  const { reader, hear } = listen('openai-chat')
  hear(chunk({ content: 'a' }))
  expect(hear('[DONE]')).toEqual(isLast)
  expect(reader).toMatchObject({ usage: null, final: false })
})

test.each([
  [{ content: 'h\u00e9\n"\u{1f600}' }, 9],
  [{ reasoning_content: 'abc' }, 3],
  [{ refusal: 'no' }, 2],
  [{ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }] }, 10],
  [
    {
      content: [
        { type: 'text', text: 'ab' },
        { type: 'thinking', thinking: [{ type: 'text', text: 'cde' }] },
      ],
    },
    5,
  ],
  [{ audio: { id: 'a', data: 'AAAA', transcript: 'hi' } }, 2],
  [{ content: null }, 0],
  [{ content: 5 }, 0],
])('what %o writes is %i bytes', (delta, bytes) => {
  const { reader, hear } = listen('openai-chat')
  hear(chunk(delta))
  expect(reader.delivered_bytes).toBe(bytes)
})

test('escapes count as the bytes they stand for', () => {
  const { reader, hear } = listen('openai-chat')
  hear(String.raw`{"choices":[{"delta":{"content":"\u00e9\ud83d\ude00\u0041\/\u20ac"}}]}`)
  expect(reader.delivered_bytes).toBe(Buffer.byteLength('\u00e9\u{1f600}A/\u20ac'))
})

test('an error ends a stream of chat', () => {
  const { reader, hear } = listen('openai-chat')
  expect(hear({ error: { message: 'The server had an error', type: 'server_error' } })).toEqual(isLast)
  expect(reader.failed).toBe(true)
})

test('a response has its usage in its last event', () => {
  const { reader, hear } = listen('openai-responses')
  const usage = { input_tokens: 37, output_tokens: 11, total_tokens: 48 }
  expect(hear({ type: 'response.created', response: { id: 'resp_1', usage: null } })).toEqual(goesOn)
  hear({ type: 'response.output_item.added', item: { type: 'function_call', name: 'add', arguments: '' } })
  hear({ type: 'response.function_call_arguments.delta', delta: '{"a"' })
  hear({ type: 'response.output_text.delta', item_id: 'msg_1', delta: 'Hi' })
  hear({ type: 'response.reasoning_summary_text.delta', delta: 'why' })
  hear({ type: 'response.output_text.done', text: 'Hi' })
  expect(reader).toMatchObject({ usage: null, final: false, delivered_bytes: 12 })
  expect(hear({ type: 'response.completed', response: { output: [{ content: 'Hi' }], usage } })).toEqual(isLast)
  expect(reader).toMatchObject({ usage: { input_tokens: 37, output_tokens: 11 }, final: true, delivered_bytes: 12 })
})

test.each([
  ['response.incomplete', false],
  ['response.failed', true],
])('%s is a last event', (type, failed) => {
  const { reader, hear } = listen('openai-responses')
  expect(hear({ type, response: { usage: { input_tokens: 1, output_tokens: 2 } } })).toEqual(isLast)
  expect(reader).toMatchObject({ failed, final: true, usage: { output_tokens: 2 } })
})

test('an error ends a response', () => {
  const { reader, hear } = listen('openai-responses')
  expect(hear({ type: 'error', code: 'ERR_SOMETHING', message: 'Something', param: null })).toEqual(isLast)
  expect(reader).toMatchObject({ failed: true, usage: null, final: false })
})

const start = {
  type: 'message_start',
  message: { id: 'msg_1', usage: { input_tokens: 25, cache_read_input_tokens: 5, output_tokens: 1 } },
}

test('a message says its input first and its output last', () => {
  const { reader, hear } = listen('anthropic-messages')
  expect(hear(start)).toEqual(goesOn)
  expect(reader).toMatchObject({ usage: { input_tokens: 30, cached_tokens: 5 }, final: false })
  hear({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } })
  hear({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } })
  hear({ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'EqQBCgIYAhIM' } })
  hear({ type: 'ping' })
  hear({
    type: 'content_block_start',
    index: 1,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'add', input: {} },
  })
  hear({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a": 1}' } })
  hear({ type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Hello!' } })
  expect(reader.delivered_bytes).toBe(2 + 3 + 8 + 6)
  expect(hear({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } })).toEqual(
    goesOn,
  )
  expect(reader).toMatchObject({ usage: { input_tokens: 30, output_tokens: 15 }, final: true })
  expect(hear({ type: 'message_stop' })).toEqual(isLast)
})

test('what a message says at its end of its input replaces what it said at first', () => {
  const { reader, hear } = listen('anthropic-messages')
  hear(start)
  hear({ type: 'message_delta', usage: { input_tokens: 100, cache_read_input_tokens: null, output_tokens: 3 } })
  expect(reader.usage).toMatchObject({ input_tokens: 105, cached_tokens: 5, output_tokens: 3 })
})

test('an error ends a message', () => {
  const { reader, hear } = listen('anthropic-messages')
  expect(hear({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })).toEqual(isLast)
  expect(reader.failed).toBe(true)
})

const odd = [
  '',
  '{',
  '{"choices"',
  '{"choices":[{"delta":{"content":"a',
  '"',
  'null',
  '[[[[',
  '{"type":5}',
  '\u0000',
  '{"a":\\}',
  '{"a"x}',
]

test.each(odd)('an event that is %j is handed on as it is', (event) => {
  for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages', 'openai-embeddings'] as const)
    expect(listen(dialect).hear(event)).toEqual(goesOn)
})
