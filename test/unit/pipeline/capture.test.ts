import { expect, test } from 'vitest'
import { levelOf, redact } from '../../../src/pipeline/capture.ts'

const settings = {
  level: 'hash',
  rules: [
    { target: 'tool:files/read_*', level: 'full' },
    { target: 'tool:files/*', level: 'redacted' },
    { target: 'agent:*-hr', level: 'none' },
    { target: 'model:*claude*', level: 'full' },
  ],
  blank: [],
  days: 30,
  captured_bytes: 64,
  total_bytes: 1_048_576,
} as const

test.each([
  ['tool:files/read_file', 'full'],
  ['tool:files/write_file', 'redacted'],
  ['tool:file', 'hash'],
  ['agent:payroll-hr', 'none'],
  ['agent:hr', 'hash'],
  ['agent:-hr', 'none'],
  ['model:anthropic/claude-x', 'full'],
])('what is kept of %s is %s: the first rule that names it counts', (target, level) => {
  expect(levelOf({ ...settings, rules: [...settings.rules], blank: [] }, target)).toBe(level)
})

test('without secrets means those too that are known by the name of their member only', () => {
  const payload = {
    password: 'hunter2',
    deep: [{ client_secret: 'x9', Api_Key: 'k', note: 'Bearer abcdefgh' }],
    user: 'u',
    pin: 1,
  }
  const told = redact(Buffer.from(JSON.stringify(payload)), ['PIN']).toString()
  expect(told).not.toMatch(/hunter2|x9|"k"|abcdefgh|1/)
  expect(JSON.parse(told)).toMatchObject({ user: 'u', pin: '[redacted]', deep: [{ note: 'Bearer [redacted]' }] })
})

test.each([
  ['a JSON text that was cut', '{"pin": 4711, "more": "'],
  ['a list that was cut', ' [{"pin": 4711}, '],
  ['an event that was cut', 'data: {"a": 1}\n\ndata: {"pin": 4711, "mo'],
  ['an event over several lines', 'event: x\ndata: {"pin":\ndata: "4711"\ndata: }\n\n'],
  ['lines that end in nothing but a return', 'data: {"pin":\rdata: 4711}\r\r'],
  ['an event with a separator of lines in it', 'data: {"a":"\u2028","pin":4711}\n\n'],
  ['an event after a line break of the other kind', 'data: {"pin": 4711}\r\n\r\n'],
  ['a JSON text that looks like a stream', '{"a"\n: "x", "pin"\n: 4711}'],
])('the value of a member that is to be blank is not in %s', (_, text) => {
  expect(redact(Buffer.from(text), ['pin']).toString()).not.toContain('4711')
})

test('events that can be read stay what they are, and so does the end of a stream', () => {
  const stream = 'event: delta\ndata: {"text":"hi"}\n\n: weir cost=0.1\n\ndata: [DONE]\n\n'
  expect(redact(Buffer.from(stream), ['pin']).toString()).toBe(stream)
})
