import { expect, test } from 'vitest'
import { context_tokens } from '../../../../src/protocol/llm/input-bound.ts'
import { modelCall, type ModelPath } from '../../../support/model-inbound.ts'

const frame = 1024
const media = 1000

/** What is reckoned beside the bytes, or instead of them. */
function beyond(path: ModelPath, body: object): number {
  const text = JSON.stringify({ model: 'm', ...body })
  return modelCall(path, text).inputBound - text.length
}

function user(part: object): object {
  return { messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, part] }] }
}

function item(part: object): object {
  return { input: [{ role: 'user', content: [part] }] }
}

const base64 = 'A'.repeat(16_000)
const dataUrl = `data:image/png;base64,${base64}`

test.each<[string, object, string | null]>([
  ['it alone', { previous_response_id: 'resp_1' }, 'resp_1'],
  ['it, spelt with an escape', { previous_response_id: 'resp_"1' }, 'resp_"1'],
  ['it and a stored prompt', { previous_response_id: 'resp_1', prompt: { id: 'p' } }, null],
  ['it and a conversation', { previous_response_id: 'resp_1', conversation: 'c' }, null],
  ['it and a tool that reads', { previous_response_id: 'resp_1', tools: [{ type: 'file_search' }] }, null],
  ['it and an item by its id', { previous_response_id: 'resp_1', input: [{ type: 'item_reference', id: 'm' }] }, null],
  ['something that is no id', { previous_response_id: { id: 'resp_1' } }, null],
  ['an id as long as none is', { previous_response_id: 'r'.repeat(257) }, null],
])('an earlier response is named where nothing else is missing: %s', (_, body, previous) => {
  const call = modelCall('responses', { model: 'm', input: 'Hi', ...body })
  expect([call.boundless, call.previous]).toEqual([true, previous])
  expect(call.inputBound).toBeGreaterThan(context_tokens)
})

test('text is bounded by its bytes', () => {
  expect(beyond('chat', { messages: [{ role: 'user', content: 'h\u00e9llo' }] })).toBe(frame + 1)
  expect(beyond('embeddings', { input: ['a', 'b'] })).toBe(frame)
  expect(beyond('responses', { input: 'Hi', instructions: 'Be brief' })).toBe(frame)
})

test.each<[string, ModelPath, object]>([
  ['chat', 'chat', user({ type: 'image_url', image_url: { url: dataUrl, detail: 'high' } })],
  ['a response', 'responses', item({ type: 'input_image', image_url: dataUrl, detail: 'auto' })],
])('the bytes of a picture in %s do not count, and it is an allowance', (_, path, body) => {
  expect(beyond(path, body)).toBe(frame + media - dataUrl.length)
})

const source = { type: 'base64', media_type: 'image/png', data: base64 }
const image = { type: 'image', source }

test('the bytes of a picture in a message do not count, nor in the result of a tool', () => {
  expect(beyond('messages', user(image))).toBe(frame + media - base64.length)
  const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'a' }, image, image] }
  expect(beyond('messages', user(result))).toBe(frame + 2 * (media - base64.length))
})

test('the bytes of what a tool drew do not count', () => {
  const shot = { type: 'computer_screenshot', image_url: dataUrl }
  expect(beyond('responses', { input: [{ type: 'computer_call_output', call_id: 'c', output: shot }] })).toBe(
    frame + media - dataUrl.length,
  )
  const parts = [{ type: 'input_image', image_url: dataUrl }]
  expect(beyond('responses', { input: [{ type: 'function_call_output', call_id: 'c', output: parts }] })).toBe(
    frame + media - dataUrl.length,
  )
  expect(beyond('responses', { input: [{ type: 'image_generation_call', id: 'i', result: base64 }] })).toBe(
    frame + media - base64.length,
  )
})

test.each<[string, ModelPath, object]>([
  ['as text', 'chat', user({ type: 'text', text: dataUrl })],
  ['in a part that says it is text', 'chat', { messages: [{ role: 'user', content: dataUrl }] }],
  ['in the schema of a tool', 'chat', { tools: [{ type: 'function', function: { image_url: { url: dataUrl } } }] }],
  ['as the result of a function', 'responses', { input: [{ type: 'function_call_output', output: dataUrl }] }],
])('what looks like a picture counts %s', (_, path, body) => {
  expect(beyond(path, body)).toBe(frame)
})

test('a part of two kinds counts as both', () => {
  const text = `{"model":"m","messages":[{"content":[{"type":"text","type":"image_url","image_url":{"url":"${dataUrl}"}}]}]}`
  expect(modelCall('chat', text).inputBound).toBe(text.length + frame + media)
})

test('a sound is an allowance and a token for every 16 bytes', () => {
  const sound = user({ type: 'input_audio', input_audio: { data: base64, format: 'mp3' } })
  expect(beyond('chat', sound)).toBe(frame + media - base64.length + 1000)
})

test('a file is an allowance and its bytes', () => {
  expect(beyond('chat', user({ type: 'file', file: { filename: 'a.pdf', file_data: base64 } }))).toBe(frame + media)
  const document = { type: 'document', source: { ...source, media_type: 'application/pdf' } }
  expect(beyond('messages', user(document))).toBe(frame + media)
  expect(beyond('responses', item({ type: 'input_file', filename: 'a', file_data: base64 }))).toBe(frame + media)
})

test('a picture behind a link or an id is an allowance', () => {
  expect(beyond('chat', user({ type: 'image_url', image_url: { url: 'https://a.example/b.png' } }))).toBe(frame + media)
  expect(beyond('responses', item({ type: 'input_image', file_id: 'file_1' }))).toBe(frame + media)
  expect(beyond('messages', user({ type: 'image', source: { type: 'url', url: 'https://a.example/b' } }))).toBe(
    frame + media,
  )
})

test('a kind of part nobody here knows is an allowance', () => {
  expect(beyond('chat', user({ type: 'hologram' }))).toBe(frame + media)
})

test.each<[string, ModelPath, object]>([
  ['an earlier response', 'responses', { previous_response_id: 'resp_1' }],
  ['a conversation', 'responses', { conversation: { id: 'conv_1' } }],
  ['a stored prompt', 'responses', { prompt: { id: 'pmpt_1' } }],
  ['an item by its id', 'responses', { input: [{ id: 'msg_1' }] }],
  ['a reference', 'responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ['a document behind a link', 'responses', item({ type: 'input_file', file_url: 'https://a.example/b.pdf' })],
  ['a document by its id', 'chat', user({ type: 'file', file: { file_id: 'file_1' } })],
  [
    'a document of Anthropic behind a link',
    'messages',
    user({ type: 'document', source: { type: 'url', url: 'https://a' } }),
  ],
  ['a document of Anthropic by its id', 'messages', user({ type: 'document', source: { type: 'file', file_id: 'f' } })],
  ['a film behind a link', 'chat', user({ type: 'video_url', video_url: { url: 'https://a.example/b' } })],
  ['a search of the web', 'responses', { tools: [{ type: 'web_search' }] }],
  ['a search of the web in chat', 'chat', { web_search_options: {} }],
  ['a search of the web by Anthropic', 'messages', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ['a tool server', 'messages', { mcp_servers: [{ type: 'url', url: 'https://a' }] }],
])('the input is without bound with %s', (_, path, body) => {
  const call = modelCall(path, { model: 'm', ...body })
  expect(call.boundless).toBe(true)
  expect(call.inputBound).toBeGreaterThan(context_tokens)
})

test.each<[string, ModelPath, object]>([
  ['functions', 'chat', { tools: [{ type: 'function', function: { name: 'a' } }] }],
  [
    'functions of Anthropic',
    'messages',
    {
      tools: [
        { name: 'a', input_schema: {} },
        { type: 'custom', name: 'b' },
      ],
    },
  ],
  ['no earlier response', 'responses', { previous_response_id: null, conversation: null, prompt: null }],
  ['no tool servers', 'messages', { mcp_servers: [] }],
  [
    'items of its own',
    'responses',
    {
      input: [
        { role: 'user', content: 'a' },
        { type: 'function_call', name: 'f' },
      ],
    },
  ],
])('the input is bounded with %s', (_, path, body) => {
  expect(modelCall(path, { model: 'm', ...body }).boundless).toBe(false)
  expect(beyond(path, body)).toBe(frame)
})

test('a tool that a provider describes itself takes room', () => {
  const tools = [{ type: 'bash_20250124', name: 'bash' }]
  expect(beyond('messages', { tools })).toBe(2 * frame)
})
