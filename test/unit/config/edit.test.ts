import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { lineDiff } from '../../../src/base/line-diff.ts'
import { editConfig, hasInConfig } from '../../../src/config/edit.ts'

const value = { url: 'https://agent.example/', versions: ['1.0'], description: 'Finds: things # no comment' }
const path = ['agents', 'finder']

describe('every comment and every other line stays', () => {
  const example = readFileSync(join(import.meta.dirname, '../../../config/weir.example.yaml'), 'utf8')

  test.each([
    ['the example', example],
    ['a last line without its end', 'agents:\n  a: { url: "http://x/" }'],
    ['a comment behind the last line', 'agents:\n  a:\n    url: http://x/ # here\n\nlimits: {}\n'],
    ['an agent with nothing in it', 'agents:\n  a:\nlimits: {}\n'],
    ['deep indentation', 'agents:\n      a:\n            url: http://x/\n'],
    ['no agents', '# mine\nlimits: {} # none\n'],
    ['a block text last', 'agents:\n  a:\n    description: |\n      one\n      two\n# end\n'],
  ])('of %s', (_what, source) => {
    const text = editConfig(source, { path, value }) ?? ''
    const before = (parse(source) ?? {}) as { agents?: object }
    expect(parse(text)).toEqual({ ...before, agents: { ...before.agents, finder: value } })
    const gone = lineDiff(source, text)
      .split('\n')
      .filter((line) => line.startsWith('-'))
    expect(gone).toEqual([])
  })
})

test.each([
  '',
  '# nothing\n',
  '{"agents":{"a":{"url":"http://x/"}}}',
  'agents: {}\n',
  'agents: { a: { url: "http://x/" } }\n',
])('%j is written anew where there is no place for a line', (source) => {
  const text = editConfig(source, { path, value }) ?? ''
  const before = (parse(source) ?? {}) as { agents?: object }
  expect(parse(text)).toEqual({ agents: { ...before.agents, finder: value } })
})

test('a list that is there is replaced, and one that is not gets its place', () => {
  const edit = { path: ['gateway', 'outside', 'allow'], value: ['127.0.0.1'] }
  for (const source of [
    'gateway:\n  listen: 127.0.0.1:0 # any\nagents: {}\n',
    'gateway:\n  outside:\n    allow: []\n',
    'a: 1\n',
  ])
    expect(parse(editConfig(source, edit) ?? '')).toMatchObject({ gateway: { outside: { allow: ['127.0.0.1'] } } })
})

test('what is no mapping is not changed', () => {
  for (const source of ['- a\n', 'text', 'a: [\n']) expect(editConfig(source, { path, value })).toBeNull()
  expect(hasInConfig('agents: { finder: {} }', path)).toBe(true)
  expect(hasInConfig('agents: {}', path)).toBe(false)
})
