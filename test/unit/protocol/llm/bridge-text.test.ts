import { expect, test } from 'vitest'
import { joinParts, nothingJoined, textOfMessage } from '../../../../src/protocol/llm/bridge-text.ts'

const textOf = (...parts: readonly Record<string, unknown>[]): string => joinParts(nothingJoined, parts).text

test('chunks of a text are one text', () => {
  expect(textOf({ text: 'to' }, { text: 'day' })).toBe('today')
})

test('texts of a message are lines of their own', () => {
  expect(textOfMessage({ parts: [{ text: 'one' }, { text: 'two' }] })).toBe('one\ntwo')
  expect([textOfMessage(null), textOfMessage({ parts: 'x' })]).toEqual(['', ''])
})

test('data stands in a fence that nothing in it ends', () => {
  expect(textOf({ text: 'See:' }, { data: { a: 1 } }, { text: 'Done.' })).toBe(
    'See:\n\n```json\n{\n  "a": 1\n}\n```\n\nDone.',
  )
  expect(textOf({ data: '```' })).toBe('````json\n"```"\n````')
  expect(textOf({ data: null })).toBe('```json\nnull\n```')
})

test.each([
  [{ url: 'https://x.test/a/b.pdf' }, '[b.pdf](https://x.test/a/b.pdf)'],
  [{ url: 'https://x.test/', filename: 'a](b' }, '[a b](https://x.test/)'],
  [{ url: 'https://x.test/a.png', mediaType: 'image/png' }, '![a.png](https://x.test/a.png)'],
  [{ url: 'https://x.test/(a)' }, '[a](https://x.test/%28a%29)'],
  [{ url: 'javascript:alert(1)', filename: 'x' }, '(file x is not shown here)'],
  [{ raw: 'aGk=', mediaType: 'image/png', filename: 'a.png' }, '(file a.png of image/png, 2 bytes, is not shown here)'],
])('a file is a link where it can be followed: %j', (part, text) => {
  expect(textOf(part)).toBe(text)
})

test('what is no part a caller can read is left out', () => {
  expect(textOf({}, { text: '' }, { later: 1 })).toBe('')
})
