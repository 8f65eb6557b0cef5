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
  ['', 'agents'],
  ['# nothing\n', '# nothing'],
  ['{"agents":{"a":{"url":"http://x/"}}}', '{"agents":{"a":{"url":"http://x/"}, "finder": {'],
  ['agents: {} # none\n', '} # none'],
  ['agents: { a: { url: "http://x/" } } # one\n', 'agents: { a: { url: "http://x/" }, "finder": {'],
  ['agents: {\n  a: { url: "http://x/" }, # one\n}\n', 'a: { url: "http://x/" }'],
  ['agents:\nlimits: {}\n', 'limits: {}'],
])('%j takes it as well', (source, kept) => {
  const text = editConfig(source, { path, value }) ?? ''
  const before = (parse(source) ?? {}) as { agents?: object }
  expect(parse(text)).toEqual({ ...before, agents: { ...before.agents, finder: value } })
  expect(text).toContain(kept)
})

describe('a list', () => {
  const allow = ['gateway', 'outside', 'allow']

  test.each([
    ['gateway:\n  outside:\n    allow: [] # any\n', 'allow: ["127.0.0.1"] # any'],
    ['gateway: { outside: { allow: [10.0.0.0/8] } } # x\n', 'allow: [10.0.0.0/8, "127.0.0.1"] } } # x'],
    ['gateway:\n  outside:\n    allow:\n      - 10.0.0.0/8 # ours\n  listen: a\n', '/8 # ours\n      - "127.0.0.1"\n'],
  ])('of %j gets one more', (source, expected) => {
    expect(editConfig(source, { path: allow, value: '127.0.0.1' })).toContain(expected)
  })

  test.each([
    'gateway:\n  listen: 127.0.0.1:0 # any\nagents: {}\n',
    'gateway:\n  outside: {}\n  listen: a # b\n',
    'gateway: { listen: a } # c\n',
    'a: 1\n',
  ])('that is not in %j gets its place', (source) => {
    const text = editConfig(source, { path: allow, value: ['127.0.0.1'] }) ?? ''
    expect(parse(text)).toMatchObject({ gateway: { outside: { allow: ['127.0.0.1'] } } })
    for (const comment of source.match(/#.*/g) ?? []) expect(text).toContain(comment)
  })
})

test('what is no mapping is not changed', () => {
  for (const source of ['- a\n', 'text', 'a: [\n', 'agents: none\n', 'agents: [a]\n'])
    expect(editConfig(source, { path, value })).toBeNull()
  expect(hasInConfig('agents: { finder: {} }', path)).toBe(true)
  expect(hasInConfig('agents: {}', path)).toBe(false)
})
