import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/base/json.ts'
import { Telling } from '../../../../src/protocol/llm/bridge-telling.ts'

const ids = { taskId: 't', contextId: 'c' }
const message = (text: string): JsonObject => ({ messageId: 'm', role: 'ROLE_AGENT', parts: [{ text }] })
const statusOf = (state: string, text?: string): JsonObject => ({
  state: `TASK_STATE_${state}`,
  ...(text === undefined ? {} : { message: message(text) }),
})
const status = (state: string, text?: string): JsonObject => ({
  statusUpdate: { ...ids, status: statusOf(state, text) },
})
const artifact = (artifactId: string, ...texts: readonly string[]): JsonObject => ({
  artifactId,
  parts: texts.map((text) => ({ text })),
})
const update = (artifactId: string, text: string, append = false): JsonObject => ({
  artifactUpdate: { ...ids, artifact: artifact(artifactId, text), append },
})
const task = (state: string, artifacts: readonly JsonObject[] = [], text?: string): JsonObject => ({
  task: { id: 't', contextId: 'c', status: statusOf(state, text), artifacts },
})

/** What is told of each event, and at the end. */
function told(events: readonly JsonObject[], later = false): readonly string[] {
  const telling = new Telling(later)
  const deltas = events.map((event) => telling.hear(event))
  const all = [...deltas, telling.finish()]
  expect(all.join('')).toBe(telling.text)
  return all
}

test('chunks of an artifact are told as they come, and another artifact as a paragraph', () => {
  expect(told([update('a', 'to'), update('a', 'day', true), update('b', 'else'), status('COMPLETED')])).toEqual([
    'to',
    'day',
    '\n\nelse',
    '',
    '',
  ])
})

test('chunks of two artifacts that take turns do not run into each other', () => {
  expect(told([update('a', 'one'), update('b', 'two'), update('a', 'more', true)]).join('')).toBe('one\n\ntwo\n\nmore')
})

test('an artifact that is told again is told from where it went on', () => {
  expect(
    told([update('a', 'one'), update('a', 'one two'), task('COMPLETED', [artifact('a', 'one', ' two', '.')])]),
  ).toEqual(['one', ' two', '.', ''])
})

test('an artifact that became another one is one more paragraph', () => {
  expect(told([update('a', 'one'), update('a', 'two')]).join('')).toBe('one\n\ntwo')
})

test('what an agent says while it works is no answer, unless it says nothing else', () => {
  expect(told([status('WORKING', 'thinking'), update('a', 'x'), status('COMPLETED')]).join('')).toBe('x')
  expect(told([status('WORKING', 'thinking'), status('COMPLETED')]).join('')).toBe('thinking')
})

test('the last words of a task are told once', () => {
  expect(told([update('a', 'x'), status('COMPLETED', 'That is all.')]).join('')).toBe('x\n\nThat is all.')
  expect(told([update('a', 'All done.'), status('COMPLETED', 'All done.')]).join('')).toBe('All done.')
})

test('a stream that goes on with a task tells only what is new', () => {
  const before = task('INPUT_REQUIRED', [artifact('a', 'old')], 'Which city?')
  expect(told([before, update('a', ' new', true), status('COMPLETED')], true).join('')).toBe(' new')
  expect(told([before, update('b', 'new'), status('COMPLETED')], true).join('')).toBe('new')
  expect(told([before], true).join('')).toBe('Which city?')
  expect(told([task('COMPLETED', [artifact('a', 'whole')])], true).join('')).toBe('whole')
})

test('a message is a whole answer', () => {
  const telling = new Telling(false)
  expect(telling.hear({ message: { ...message('hi'), contextId: 'c' } })).toBe('hi')
  expect(telling).toMatchObject({ phase: 'terminal', state: null, contextId: 'c', taskId: null, failure: null })
})

test.each([
  ['FAILED', 'no oven', 'no oven'],
  ['FAILED', undefined, 'The agent failed'],
  ['REJECTED', undefined, 'The agent does not take this on'],
  ['CANCELED', undefined, 'The work of the agent was canceled'],
])('a task that is %s is no answer but a failure', (state, words, failure) => {
  const telling = new Telling(false)
  telling.hear(status('WORKING', 'thinking'))
  telling.hear(status(state, words))
  expect([telling.finish(), telling.failure]).toEqual(['', failure])
})

test.each(['COMPLETED', 'INPUT_REQUIRED', 'AUTH_REQUIRED'])('a task that is %s did not fail', (state) => {
  const telling = new Telling(false)
  telling.hear(status(state))
  expect(telling.failure).toBeNull()
})

test.each([
  ['weir.dev/usage', { input_tokens: 1, output_tokens: 2, total_tokens: 4 }, { input: 1, output: 2, total: 4 }],
  ['usage', { prompt_tokens: 1, completion_tokens: 2 }, { input: 1, output: 2, total: 3 }],
  ['usage', { inputTokens: 1, outputTokens: 2 }, { input: 1, output: 2, total: 3 }],
  ['usage', { input_tokens: 1 }, null],
  ['usage', { input_tokens: -1, output_tokens: 2 }, null],
  ['usage', 'much', null],
])('usage under %s is what the agent says', (name, usage, said) => {
  const telling = new Telling(false)
  telling.hear({ task: { id: 't', status: statusOf('COMPLETED'), metadata: { [name]: usage } } })
  expect(telling.usage).toEqual(said)
})

test('what is no event says nothing', () => {
  const telling = new Telling(false)
  expect([telling.hear({}), telling.hear({ later: {} }), telling.heard]).toEqual(['', '', false])
})
