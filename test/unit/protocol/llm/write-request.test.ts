import { expect, test } from 'vitest'
import type { RequestEdits } from '../../../../src/protocol/llm/contract.ts'
import { asksForUsage, writeModelRequest } from '../../../../src/protocol/llm/write-request.ts'
import { modelCall, type ModelPath } from '../../../support/model-inbound.ts'

const nothing: RequestEdits = { model: 'm', outputMax: null, usage: false }

function write(path: ModelPath, body: string, edits: Partial<RequestEdits>): string {
  const call = modelCall(path, body)
  const made = Buffer.from(writeModelRequest(call, { ...nothing, ...edits })).toString()
  // In a long body the members are not looked for again, and the same comes of it.
  const padding = ' '.repeat(8192)
  const long = writeModelRequest(modelCall(path, body + padding), { ...nothing, ...edits })
  expect(Buffer.from(long).toString()).toBe(made + padding)
  return made
}

test('where nothing has to change the provider gets the very bytes of the caller', () => {
  const call = modelCall('chat', '{ "model" : "m" , "seed":1.0e2, "stream":true }')
  expect(writeModelRequest(call, nothing)).toBe(call.body)
})

const odd = String.raw`{ "messages":[{"content":"model\u00e9"}], "mod\u0065l" : "weir/m", "temperature":1.00, "x":{"model":1}  }`

test('a name is exchanged in its place, and no other byte is', () => {
  expect(write('chat', odd, { model: 'gpt-5.5' })).toBe(odd.replace('"weir/m"', '"gpt-5.5"'))
})

test('a name that is spelt in escapes is the same name', () => {
  const body = String.raw`{"model":"\u006d"}`
  expect(write('chat', body, {})).toBe(body)
})

test.each([
  ['chat', '{"model":"m","max_tokens":100}', '{"model":"m","max_tokens":7}'],
  ['chat', '{"max_completion_tokens":1e2,"model":"m"}', '{"max_completion_tokens":7,"model":"m"}'],
  [
    'chat',
    '{"model":"m","max_tokens":100,"max_completion_tokens":90}',
    '{"model":"m","max_tokens":7,"max_completion_tokens":7}',
  ],
  [
    'chat',
    '{"model":"m","max_tokens":5,"max_completion_tokens":90}',
    '{"model":"m","max_tokens":5,"max_completion_tokens":7}',
  ],
  ['chat', '{"model":"m","max_tokens":-1}', '{"model":"m","max_tokens":7}'],
  ['chat', '{"model":"m","max_tokens":0}', '{"model":"m","max_tokens":7}'],
  ['chat', '{"model":"m","max_tokens":null}', '{"model":"m","max_tokens":7}'],
  [
    'chat',
    '{"model":"m","max_tokens":9,"max_completion_tokens":null}',
    '{"model":"m","max_tokens":7,"max_completion_tokens":null}',
  ],
  ['chat', '{"model":"m","max_tokens":7}', '{"model":"m","max_tokens":7}'],
  ['chat', '{"model":"m","max_tokens":3}', '{"model":"m","max_tokens":3}'],
  ['chat', '{"model":"m","a":1}', '{"model":"m","max_completion_tokens":7,"a":1}'],
  ['responses', '{"model":"m"}', '{"model":"m","max_output_tokens":7}'],
  ['responses', '{"model":"m","max_output_tokens":16}', '{"model":"m","max_output_tokens":7}'],
  ['messages', '{"max_tokens": 1024, "model":"m"}', '{"max_tokens": 7, "model":"m"}'],
  ['messages', '{"model":"m"}', '{"model":"m","max_tokens":7}'],
  ['embeddings', '{"model":"m"}', '{"model":"m"}'],
  ['count', '{"model":"m"}', '{"model":"m"}'],
] as const)('a ceiling of 7 for %s makes of %s %s', (path, body, made) => {
  expect(write(path, body, { outputMax: 7 })).toBe(made)
})

test.each([
  ['{"model":"m","stream":true}', '{"model":"m","stream_options":{"include_usage":true},"stream":true}'],
  [
    '{"model":"m","stream":true,"stream_options":null}',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"model":"m","stream":true,"stream_options":{ }}',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true }}',
  ],
  [
    '{"stream_options":{"include_obfuscation":false},"model":"m","stream":true}',
    '{"stream_options":{"include_usage":true,"include_obfuscation":false},"model":"m","stream":true}',
  ],
  [
    '{"model":"m","stream":true,"stream_options":{"include_usage":false}}',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  ],
  [
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
  ],
  ['{"model":"m","stream":true,"stream_options":7}', '{"model":"m","stream":true,"stream_options":7}'],
  ['{"model":"m"}', '{"model":"m"}'],
])('asking for usage makes of %s %s', (body, made) => {
  expect(write('chat', body, { usage: true })).toBe(made)
})

test.each(['responses', 'messages', 'embeddings'] as const)('%s says what was used without being asked', (path) => {
  expect(write(path, '{"model":"m","stream":true}', { usage: true })).toBe('{"model":"m","stream":true}')
})

test('everything at once is one edit', () => {
  const body = '{"stream":true,"stream_options":{"include_usage":false},"model":"a/m", "max_tokens":9}'
  const made = '{"stream":true,"stream_options":{"include_usage":true},"model":"m\\"", "max_tokens":8}'
  expect(write('chat', body, { model: 'm"', outputMax: 8, usage: true })).toBe(made)
})

test('a caller has asked for usage where it said so', () => {
  const asks = (options: unknown): boolean =>
    asksForUsage(modelCall('chat', { model: 'm', stream: true, stream_options: options }))
  expect([asks({ include_usage: true }), asks({ include_usage: false }), asks({}), asks(null)]).toEqual([
    true,
    false,
    false,
    false,
  ])
})
