import { expect, test } from 'vitest'
import {
  answersTo,
  contentOf,
  interruptsIn,
  isGraphId,
  messagesIn,
  questionOf,
  readMessage,
  resumeOf,
  runIn,
  runStatus,
} from '../../../../src/relay/drivers/langgraph-words.ts'

const run = '01a221da-f31a-7066-ad9a-1cbb851ffb91'

test.each([
  [`/threads/10e9c79f-3570-48a2-b2e2-33aadbd7fd1d/runs/${run}`, run],
  [`/threads/10e9c79f-3570-48a2-b2e2-33aadbd7fd1d/runs/${run}/../x`, null],
  ['/threads/x/runs/------------------------------------', null],
  [undefined, null],
])('the run a header names: %s', (location, id) => {
  expect(runIn(location)).toBe(id)
})

test.each(['../../assistants', `${run}?x`, run.toUpperCase(), 7, null])(
  '%s is no id that may stand in a path',
  (id) => {
    expect(isGraphId(id)).toBe(false)
  },
)

test.each([
  ['pending', 'pending'],
  ['interrupted', 'interrupted'],
  ['exploded', null],
])('a run that says %s', (status, read) => {
  expect(runStatus({ status })).toBe(read)
})

test('a thread waits only where it says so', () => {
  const interrupts = { node: [{ id: 'i1', value: 'sure?' }, 'noise'] }
  expect(interruptsIn({ status: 'interrupted', interrupts })).toEqual([{ id: 'i1', value: 'sure?' }])
  expect(interruptsIn({ status: 'interrupted' })).toEqual([])
  expect(interruptsIn({ status: 'idle', interrupts })).toBeNull()
})

test.each([
  [{ type: 'ai', content: 'a' }, 'ai', 'a'],
  [{ type: 'AIMessageChunk', content: [{ type: 'text', text: 'a' }, 'b'] }, 'ai', 'ab'],
  [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm' }] }, 'ai', ''],
  [{ type: 'human', content: 'q' }, 'human', 'q'],
  [{ type: 'tool', content: 'rows' }, 'other', 'rows'],
  [{ content: { text: 'a' } }, 'other', ''],
])('the message %j', (message, role, text) => {
  expect(readMessage(message)).toMatchObject({ role, text })
})

test.each([
  [
    { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  ],
  [
    { input_tokens: 1, output_tokens: 2 },
    { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  ],
  [
    { input_tokens: -1, output_tokens: '2' },
    { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
  ],
  ['many', null],
])('the price %j', (usage_metadata, usage) => {
  expect(readMessage({ type: 'ai', usage_metadata }).usage).toEqual(usage)
})

test('the answers to a message stand behind it and before the next one', () => {
  const messages = [
    { type: 'human', id: 'q1', content: 'one' },
    { type: 'ai', id: 'a1', content: '1' },
    { type: 'human', id: 'q2', content: 'two' },
    { type: 'tool', id: 't2', content: 'rows' },
    { type: 'ai', id: 'a2', content: '2' },
  ]
  const all = messagesIn({ values: { messages } })
  expect(answersTo('q1', all).map(({ id }) => id)).toEqual(['a1'])
  expect(answersTo('q2', all).map(({ id }) => id)).toEqual(['a2'])
  expect(answersTo('q3', all)).toEqual([])
})

test('texts and data become one text, files become blocks', () => {
  const about = { mediaType: 'image/png', filename: null }
  expect(
    contentOf([
      { kind: 'text', text: 'a' },
      { kind: 'data', data: { b: 1 } },
    ]),
  ).toBe('a\n{"b":1}')
  expect(
    contentOf([
      { kind: 'text', text: 'a' },
      { kind: 'raw', raw: 'AAAA', ...about },
    ]),
  ).toEqual([
    { type: 'text', text: 'a' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ])
  expect(contentOf([{ kind: 'url', url: 'https://x/y', mediaType: 'text/csv', filename: 'y.csv' }])).toEqual([
    { type: 'file', mime_type: 'text/csv', source_type: 'url', url: 'https://x/y', metadata: { filename: 'y.csv' } },
  ])
})

test('a graph is answered with a text, or with data as it is', () => {
  expect(resumeOf([{ kind: 'text', text: 'yes' }])).toBe('yes')
  expect(resumeOf([{ kind: 'data', data: [1] }])).toEqual([1])
})

test.each([
  ['sure?', [{ text: 'sure?' }]],
  [{ question: 'sure?' }, [{ text: 'sure?' }, { data: { question: 'sure?' } }]],
  [{ rows: 3 }, [{ data: { rows: 3 } }]],
  [null, []],
])('the question %j', (value, parts) => {
  expect(questionOf([{ id: 'i1', value }])).toEqual(parts)
})
