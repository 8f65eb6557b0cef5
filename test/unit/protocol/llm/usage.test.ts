import { expect, test } from 'vitest'
import type { ModelDialect } from '../../../../src/domain/call.ts'
import { responseIdOf, usageOf } from '../../../../src/protocol/llm/usage.ts'

function read(dialect: ModelDialect, body: unknown): ReturnType<typeof usageOf> {
  return usageOf(dialect, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
}

test('a chat completion says what was cached and what was reasoning as parts of the rest', () => {
  const usage = {
    prompt_tokens: 2006,
    completion_tokens: 300,
    total_tokens: 2306,
    prompt_tokens_details: { cached_tokens: 1920, cache_write_tokens: 10, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 192, accepted_prediction_tokens: 0 },
  }
  expect(read('openai-chat', { id: 'chatcmpl-1', choices: [{ message: { content: 'usage' } }], usage })).toEqual({
    input_tokens: 2006,
    cached_tokens: 1920,
    cache_write_tokens: 10,
    output_tokens: 300,
    reasoning_tokens: 192,
  })
})

test('reasoning that a provider counts in the total alone is output', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 115,
    completion_tokens_details: { reasoning_tokens: 100 },
  }
  expect(read('openai-chat', { usage })).toMatchObject({ input_tokens: 10, output_tokens: 105, reasoning_tokens: 100 })
})

test('a cache that DeepSeek tells of outside of the details counts', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }
  expect(read('openai-chat', { usage })).toMatchObject({ cached_tokens: 4 })
})

test('a response says the same under other names', () => {
  const usage = {
    input_tokens: 75,
    input_tokens_details: { cached_tokens: 5, cache_write_tokens: 0 },
    output_tokens: 1186,
    output_tokens_details: { reasoning_tokens: 1024 },
    total_tokens: 1261,
  }
  expect(read('openai-responses', { output: [], usage, metadata: {} })).toEqual({
    input_tokens: 75,
    cached_tokens: 5,
    cache_write_tokens: 0,
    output_tokens: 1186,
    reasoning_tokens: 1024,
  })
})

test('of a message the input is everything that was read, from caches and into them too', () => {
  const usage = {
    input_tokens: 50,
    cache_creation_input_tokens: 200,
    cache_read_input_tokens: 1000,
    cache_creation: { ephemeral_5m_input_tokens: 150, ephemeral_1h_input_tokens: 50 },
    output_tokens: 12,
    output_tokens_details: { thinking_tokens: 7 },
    service_tier: 'standard',
  }
  expect(read('anthropic-messages', { type: 'message', content: [], usage })).toEqual({
    input_tokens: 1250,
    cached_tokens: 1000,
    cache_write_tokens: 200,
    cache_write_1h_tokens: 50,
    output_tokens: 12,
    reasoning_tokens: 7,
  })
})

test('a compaction that does not say how long its cache is kept is taken for the dearer', () => {
  const iterations = [{ type: 'compaction', input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 30 }]
  const cache_creation = { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 0 }
  const usage = { input_tokens: 5, output_tokens: 1, cache_creation_input_tokens: 200, cache_creation, iterations }
  expect(read('anthropic-messages', { usage })).toMatchObject({ cache_write_tokens: 230, cache_write_1h_tokens: 30 })
})

test('what a compaction used is in no other count of a message, and is added', () => {
  const counts = (input: number, output: number) => ({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: 1,
  })
  const iterations = [
    { type: 'compaction', ...counts(1000, 50) },
    { type: 'message', ...counts(20, 5) },
    { ...counts(300, 7), type: 'compaction' },
  ]
  expect(read('anthropic-messages', { usage: { ...counts(20, 5), iterations } })).toMatchObject({
    input_tokens: 1320 + 3,
    cached_tokens: 3,
    output_tokens: 62,
  })
})

test.each<[ModelDialect, unknown, string | undefined]>([
  ['openai-responses', { output: [{ id: 'msg_1' }], id: 'resp_1', usage: {} }, 'resp_1'],
  ['openai-responses', { output: [{ id: 'msg_1' }] }, undefined],
  ['openai-responses', { id: 7 }, undefined],
  ['openai-responses', '{"id":', undefined],
  ['openai-chat', { id: 'chatcmpl-1' }, undefined],
])('the id that a later call may go on from is that of a response: %s %j', (dialect, body, id) => {
  expect(responseIdOf(dialect, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))).toBe(id)
})

test('what an adviser used is in no other count of a message either, and is added', () => {
  const iterations = [
    { type: 'message', input_tokens: 20, output_tokens: 5 },
    { type: 'advisor_message', model: 'claude-opus', input_tokens: 800, output_tokens: 900 },
  ]
  expect(read('anthropic-messages', { usage: { input_tokens: 20, output_tokens: 5, iterations } })).toMatchObject({
    input_tokens: 820,
    output_tokens: 905,
  })
})

test.each([
  ['nothing is said of it', undefined, undefined],
  ['all is kept for minutes', { ephemeral_5m_input_tokens: 90, ephemeral_1h_input_tokens: 0 }, 0],
  ['some is in neither part', { ephemeral_5m_input_tokens: 60, ephemeral_1h_input_tokens: 0 }, 30],
  ['the parts are more than the whole', { ephemeral_5m_input_tokens: 90, ephemeral_1h_input_tokens: 900 }, 90],
  ['only an hour is named', { ephemeral_1h_input_tokens: 10 }, undefined],
  ['it is no count', { ephemeral_5m_input_tokens: -1, ephemeral_1h_input_tokens: '9' }, undefined],
])('of 90 tokens written to a cache, where %s, %s are kept for %s', (_, cache_creation, long) => {
  const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 90, cache_creation }
  expect(read('anthropic-messages', { usage })?.cache_write_1h_tokens).toBe(long)
})

test('an embedding has no output', () => {
  const usage = { prompt_tokens: 8, total_tokens: 8 }
  expect(read('openai-embeddings', { data: [], usage })).toMatchObject({ input_tokens: 8, output_tokens: 0 })
})

test('counting and listing use nothing', () => {
  expect(read('anthropic-count', { input_tokens: 2095, usage: { input_tokens: 1, output_tokens: 1 } })).toBeNull()
  expect(read('openai-models', { usage: { prompt_tokens: 1, completion_tokens: 1 } })).toBeNull()
})

test.each([
  ['is missing', {}],
  ['is null', { usage: null }],
  ['is a text', { usage: '12' }],
  ['is a list', { usage: [1, 2] }],
  ['has no output', { usage: { prompt_tokens: 1 } }],
  ['has no input', { usage: { completion_tokens: 1 } }],
  ['is negative', { usage: { prompt_tokens: -1, completion_tokens: 1 } }],
  ['is a fraction', { usage: { prompt_tokens: 1.5, completion_tokens: 1 } }],
  ['is written as text', { usage: { prompt_tokens: '1', completion_tokens: 1 } }],
  ['is more than anyone could write', { usage: { prompt_tokens: 1, completion_tokens: 1e15 } }],
  ['is without end', '{"usage":{"prompt_tokens":1,"completion_tokens":1e999}}'],
  ['is cut', '{"usage":{"prompt_tokens":1,"completion_tokens":1'],
  ['is in no JSON', 'Bad gateway'],
  ['is in nothing', ''],
])('usage that %s is not known', (_, body) => {
  expect(read('openai-chat', body)).toBeNull()
})

test('a part is never more than the whole', () => {
  const usage = {
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 3,
    prompt_tokens_details: { cached_tokens: 50, cache_write_tokens: 50 },
    completion_tokens_details: { reasoning_tokens: 50 },
  }
  expect(read('openai-chat', { usage })).toEqual({
    input_tokens: 10,
    cached_tokens: 10,
    cache_write_tokens: 0,
    output_tokens: 5,
    reasoning_tokens: 5,
  })
})
