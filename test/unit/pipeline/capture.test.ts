import { expect, test } from 'vitest'
import { levelOf } from '../../../src/pipeline/capture.ts'

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
