import { expect, test } from 'vitest'
import { readModelCall } from '../../../../src/protocol/llm/read-call.ts'
import { modelCall, modelHop, modelInbound, modelRoute, readModel } from '../../../support/model-inbound.ts'

const chat = { model: 'openai/gpt-5.5', messages: [{ role: 'user', content: 'Hi' }] }

test('a chat completion is a call of its model', () => {
  expect(modelCall('chat', { ...chat, stream: true, n: 3, max_completion_tokens: 50 })).toMatchObject({
    id: modelHop,
    dialect: 'openai-chat',
    operation: 'generate',
    method: 'POST /v1/chat/completions',
    target: { kind: 'model', id: 'openai/gpt-5.5' },
    model: 'openai/gpt-5.5',
    streaming: true,
    outputMax: 50,
    choices: 3,
    boundless: false,
    previous: null,
  })
})

test('null is what SDKs write for what was not set', () => {
  const said = { ...chat, stream: null, n: null, max_tokens: null, max_completion_tokens: null }
  expect(modelCall('chat', said)).toMatchObject({ streaming: false, outputMax: null, choices: 1 })
})

test.each([
  ['chat', { max_tokens: 5 }, 5],
  ['chat', { max_tokens: 5, max_completion_tokens: 7 }, 7],
  ['chat', { max_tokens: -1 }, null],
  ['chat', { max_tokens: 5, max_completion_tokens: 0 }, null],
  ['responses', { max_output_tokens: 0 }, null],
  ['messages', { max_tokens: 0 }, 0],
  ['chat', { max_tokens: 5, max_completion_tokens: -1 }, null],
  ['chat', { max_output_tokens: 5 }, null],
  ['responses', { max_output_tokens: 9 }, 9],
  ['responses', { max_tokens: 9 }, null],
  ['messages', { max_tokens: 1024 }, 1024],
  ['embeddings', { max_tokens: 1024 }, null],
] as const)('the ceiling of %s with %o is %s', (path, said, outputMax) => {
  expect(modelCall(path, { model: 'm', ...said })).toMatchObject({ outputMax })
})

test('the models are asked for without a body', () => {
  const inbound = { ...modelInbound('/v1/models/openai/gpt-5.5', ''), method: 'GET' }
  const read = readModelCall(inbound, modelRoute(inbound.path, 'GET'), modelHop, { media_tokens: 1 })
  expect(read).toMatchObject({ operation: 'list', model: 'openai/gpt-5.5', method: 'GET /v1/models', inputBound: 0 })
})

test.each([
  ['is no JSON', '{', 'The body is not JSON'],
  ['is empty', '', 'The body is not JSON'],
  ['has a comma too many', '{"model":"m",}', 'The body is not JSON'],
  ['is a list', '[{"model":"m"}]', 'The body must be a JSON object'],
  ['is a text', '"model"', 'The body must be a JSON object'],
  ['is null', 'null', 'The body must be a JSON object'],
  ['has no model', '{}', '`model` must be there, and the name of a model'],
  ['has a number for a model', '{"model":1}', '`model` must be there, and the name of a model'],
  ['has no name for a model', '{"model":""}', '`model` must be there, and the name of a model'],
  [
    'has a long name for a model',
    JSON.stringify({ model: 'm'.repeat(257) }),
    '`model` must have at most 256 characters',
  ],
  ['streams in words', '{"model":"m","stream":"true"}', '`stream` must be true or false'],
  ['streams in numbers', '{"model":"m","stream":1}', '`stream` must be true or false'],
  ['wants half an answer', '{"model":"m","n":0.5}', '`n` must be a whole number of at least 1'],
  ['wants no answer', '{"model":"m","n":0}', '`n` must be a whole number of at least 1'],
  ['wants answers in words', '{"model":"m","n":"2"}', '`n` must be a whole number of at least 1'],
  ['wants half a token', '{"model":"m","max_tokens":1.5}', '`max_tokens` must be a whole number'],
  ['wants tokens in words', '{"model":"m","max_tokens":"9"}', '`max_tokens` must be a whole number'],
  [
    'wants tokens without end',
    '{"model":"m","max_completion_tokens":1e999}',
    '`max_completion_tokens` must be a whole number',
  ],
  ['has two models', '{"model":"cheap","model":"dear"}', 'A member appears twice'],
  ['hides a second model', String.raw`{"model":"cheap","mode\u006c":"dear"}`, 'A member appears twice'],
  ['spells a second model', '{"model":"cheap","Model":"dear"}', 'A member is a second spelling of one that is read'],
  ['has two inputs', '{"model":"m","messages":[],"messages":[]}', 'A member appears twice'],
  ['has a prototype', '{"model":"m","__proto__":{}}', 'A member has a forbidden name'],
  ['is deep', `{"model":"m","a":${'['.repeat(100_000)}`, 'The body is nested too deeply'],
  ['is a mark and JSON', '\uFEFF{"model":"m"}', 'The body is not JSON'],
])('a body that %s is refused in words', (_, body, message) => {
  const read = readModel('chat', body)
  expect(read).toMatchObject({ kind: 'malformed', status: 400 })
  expect(JSON.parse(String(read.body))).toMatchObject({ error: { message, type: 'invalid_request_error' } })
})

test('a body that is no UTF-8 is refused', () => {
  const body = Buffer.concat([Buffer.from('{"model":"m","a":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')])
  expect(JSON.parse(String(readModel('chat', body).body))).toMatchObject({
    error: { message: 'The body is not UTF-8' },
  })
})

test('a lone surrogate is text like any other', () => {
  const body = String.raw`{"model":"m","messages":[{"role":"user","content":"\ud800"}]}`
  expect(modelCall('chat', body).body.toString()).toBe(body)
})

test('what Anthropic is asked is refused in the words of Anthropic', () => {
  const read = readModel('messages', '{"model":1}')
  const message = '`model` must be there, and the name of a model'
  expect(JSON.parse(String(read.body))).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message },
    request_id: modelHop,
  })
})

test('a body of another type is refused', () => {
  const inbound = modelInbound('/v1/responses', 'model=m', { 'content-type': 'application/x-www-form-urlencoded' })
  expect(readModelCall(inbound, modelRoute('/v1/responses'), modelHop, { media_tokens: 1 })).toMatchObject({
    status: 415,
  })
})

test.each([
  ['messages', { fallbacks: [{ model: 'claude-a' }, { model: 'claude-b' }] }, ['claude-a', 'claude-b']],
  ['messages', { fallbacks: 'default' }, ['default']],
  ['messages', { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-c' }] }, ['claude-c']],
  ['chat', { models: ['a/b', 'a/b', 'c/d'] }, ['a/b', 'c/d']],
  ['responses', { tools: [{ type: 'image_generation', model: 'gpt-image-2' }] }, ['gpt-image-2']],
  ['messages', { fallbacks: [{ model: 'claude-a', max_tokens: null, thinking: { type: 'disabled' } }] }, ['claude-a']],
  ['chat', { models: null, fallbacks: [] }, []],
] as const)('in a request to %s with %o the other models are %o', (path, said, otherModels) => {
  expect(modelCall(path, { model: 'm', ...said })).toMatchObject({ otherModels })
})

test('a request that names models without end is refused', () => {
  const models = Array.from({ length: 17 }, (_, i) => `m${i}`)
  expect(readModel('chat', { model: 'm', models })).toMatchObject({ status: 400 })
})

test.each([
  ['messages', { fallbacks: [{ model: 'claude-a', max_tokens: 128_000 }] }],
  ['messages', { fallbacks: [{ model: 'claude-a', speed: 'fast' }] }],
  ['chat', { fallbacks: [{ 'gpt-5.5': ['gpt-5.5-pro'] }] }],
  ['chat', { fallbacks: { model: { name: 'gpt-5.5-pro' } } }],
  ['chat', { models: [['gpt-5.5-pro']] }],
  ['chat', { models: ['with a space'] }],
  ['chat', { models: ['x'.repeat(257)] }],
  ['chat', { models: [''] }],
  ['chat', { models: [{}] }],
  ['chat', { models: 7 }],
  ['chat', { models: Array.from({ length: 200 }, () => 'gpt-5.5-pro') }],
  ['chat', { Fallbacks: ['gpt-5.5-pro'], fallbacks: [] }],
  ['chat', { Models: ['gpt-5.5-pro'] }],
  ['chat', { context_window_fallbacks: [{ m: ['gpt-5.5-pro'] }] }],
  ['responses', { tools: [{ type: 'image_generation', model: ['gpt-image-2'] }] }],
] as const)('a request to %s that names other models as in %o is refused', (path, said) => {
  expect(readModel(path, { model: 'm', ...said })).toMatchObject({ status: 400 })
})

test('models that a gateway of Vercel may fall back to are other models', () => {
  const providerOptions = { gateway: { models: ['openai/gpt-5.5-pro'] } }
  expect(modelCall('chat', { model: 'm', providerOptions })).toMatchObject({ otherModels: ['openai/gpt-5.5-pro'] })
})

test.each([
  [{}, null],
  [{ service_tier: 'default' }, null],
  [{ service_tier: 'priority' }, 'service_tier:priority'],
  [{ service_tier: null, speed: 'fast' }, 'speed:fast'],
  [{ inference_geo: 'us' }, 'inference_geo:us'],
  [{ service_tier: 7 }, 'service_tier:'],
])('what %o costs more by is %s', (said, premium) => {
  expect(modelCall('messages', { model: 'm', ...said })).toMatchObject({ premium })
})
