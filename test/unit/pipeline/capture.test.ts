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
