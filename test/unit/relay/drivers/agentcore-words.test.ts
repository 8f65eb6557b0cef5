import { expect, test } from 'vitest'
import type { AgentCoreSettings } from '../../../../src/config/settings-drivers.ts'
import {
  answerPart,
  eventPart,
  failureIn,
  questionIn,
  requestBody,
  sessionOf,
  usageIn,
} from '../../../../src/relay/drivers/agentcore-words.ts'

const options: AgentCoreSettings = {
  kind: 'agentcore',
  runtime_arn: null,
  qualifier: 'DEFAULT',
  aws: null,
  request_template: '{}',
  prompt_pointer: '/prompt',
  response_pointer: null,
  event_pointer: null,
  question_pointer: null,
}

test('a session is named as AWS wants it, and nobody reaches one by naming its hash', () => {
  const long = 'a'.repeat(33)
  expect(sessionOf(long)).toBe(long)
  const hashed = sessionOf('short')
  expect(hashed).toMatch(/^a2a-[0-9a-f]{64}$/)
  expect(sessionOf(hashed)).not.toBe(hashed)
  for (const odd of [`${long}/x`, `-${long}`, 'a'.repeat(257), `${long}\r\nx: y`])
    expect(sessionOf(odd)).toMatch(/^a2a-/)
})

test.each([
  [{}, { prompt: 'hi' }],
  [{ prompt_pointer: '/input/text' }, { input: { text: 'hi' } }],
  [
    { prompt_pointer: '/input/text', request_template: '{"input":{"lang":"de"},"n":1}' },
    { input: { lang: 'de', text: 'hi' }, n: 1 },
  ],
  [{ prompt_pointer: '/a~1b' }, { 'a/b': 'hi' }],
])('the body with %j', (fields, body) => {
  expect(requestBody({ ...options, ...fields }, 'hi')).toEqual(body)
})

test('a pointer writes members and never a prototype', () => {
  const body = requestBody({ ...options, prompt_pointer: '/__proto__/polluted' }, 'hi')
  expect(JSON.stringify(body)).toBe('{"__proto__":{"polluted":"hi"}}')
  expect('polluted' in {}).toBe(false)
})

test.each([
  ['plain', null, { text: 'plain' }],
  [{ result: 'r' }, null, { text: 'r' }],
  [{ result: { role: 'assistant', content: [{ text: 'a' }, { text: 'b' }] } }, null, { text: 'ab' }],
  [{ rows: [1] }, null, { data: { rows: [1] } }],
  [{ a: { b: 'deep' } }, '/a/b', { text: 'deep' }],
  [{ a: { b: 3 } }, '/a/b', { data: 3 }],
  [{ other: 1 }, '/a/b', { data: { other: 1 } }],
])('the answer %j at %s', (value, response_pointer, part) => {
  expect(answerPart(value, { ...options, response_pointer })).toEqual(part)
})

test.each([
  [{ ask: 'Sure?' }, { text: 'Sure?' }, null],
  [{ ask: { tool: 'rm' }, result: 'r' }, { data: { tool: 'rm' } }, { text: 'r' }],
  [{ ask: null, rows: [] }, null, { data: { ask: null, rows: [] } }],
  [{ ask: false, result: 'r' }, null, { text: 'r' }],
  ['plain', null, { text: 'plain' }],
])('the question in %j', (value, question, part) => {
  const asking = { ...options, question_pointer: '/ask' }
  expect(questionIn(value, '/ask')).toEqual(question)
  expect(answerPart(value, asking)).toEqual(part)
  expect(questionIn(value, null)).toBeNull()
})

test.each([
  ['token', null, { text: 'token' }],
  [{ text: 'a' }, null, { text: 'a' }],
  [{ usage: {} }, null, null],
  [{ step: 1 }, null, { data: { step: 1 } }],
  [{ step: 1 }, '/text', null],
])('the event %j at %s', (value, event_pointer, part) => {
  expect(eventPart(value, { ...options, event_pointer })).toEqual(part)
})

test('an app fails with a sentence, and tells its price in either spelling', () => {
  expect(failureIn({ error: 'kaboom' })).toBe('kaboom')
  expect(failureIn({ error: null })).toBeNull()
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
  expect(usageIn({ usage: { inputTokens: 3, outputTokens: 2 } })).toEqual(usage)
  expect(usageIn({ usage })).toEqual(usage)
  expect(usageIn({ usage: { inputTokens: 'x' } })).toBeNull()
})
