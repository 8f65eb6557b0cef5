import { expect, test } from 'vitest'
import { modelMethodOf, modelRouteOf } from '../../../../src/protocol/llm/routes.ts'

const none = new Map<string, string>()
const anthropic = new Map([['anthropic-version', '2023-06-01']])

test.each([
  ['/v1/chat/completions', 'openai-chat', 'generate', '/chat/completions'],
  ['/v1/responses', 'openai-responses', 'generate', '/responses'],
  ['/v1/embeddings', 'openai-embeddings', 'embed', '/embeddings'],
  ['/v1/messages', 'anthropic-messages', 'generate', '/v1/messages'],
  ['/v1/messages/count_tokens', 'anthropic-count', 'count', '/v1/messages/count_tokens'],
])('POST %s is %s', (asked, dialect, operation, path) => {
  expect(modelRouteOf('POST', asked, none)).toEqual({ dialect, operation, method: 'POST', one: null, path })
  expect(modelRouteOf('GET', asked, none)).toBe('wrong_method')
  expect(modelMethodOf(asked)).toBe('POST')
})

test('models are listed in the shape of whoever says a version of Anthropic', () => {
  expect(modelRouteOf('GET', '/v1/models', none)).toMatchObject({
    dialect: 'openai-models',
    one: null,
    path: '/models',
  })
  expect(modelRouteOf('GET', '/v1/models', anthropic)).toMatchObject({
    dialect: 'anthropic-models',
    path: '/v1/models',
  })
  expect(modelRouteOf('POST', '/v1/models', none)).toBe('wrong_method')
  expect(modelMethodOf('/v1/models')).toBe('GET')
})

test('a slash in the name of a model may be an escape or none', () => {
  expect(modelRouteOf('GET', '/v1/models/openai/gpt-5.5', none)).toMatchObject({ one: 'openai/gpt-5.5' })
  expect(modelRouteOf('GET', '/v1/models/openai%2Fgpt-5.5', anthropic)).toMatchObject({ one: 'openai/gpt-5.5' })
})

test.each([
  '/v1',
  '/v1/',
  '/v1/models/',
  '/v1/files',
  '/v1/chat',
  '/v1/constructor',
  '/chat/completions',
  'constructor',
])('nothing is at %s', (path) => expect(modelRouteOf('POST', path, none)).toBeNull())
