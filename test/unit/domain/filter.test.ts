import { expect, test } from 'vitest'
import { everything, type Filter } from '../../../src/domain/filter.ts'
import { isLike, matches } from '../../../src/domain/filter-match.ts'
import { filterMaximums, isFilterProblem, readFilter } from '../../../src/domain/filter-read.ts'
import { writeFilter } from '../../../src/domain/filter-write.ts'

const now = Date.parse('2026-11-28T12:00:00Z')

function tree(text: string): Filter {
  const read = readFilter(text, now)
  if (isFilterProblem(read)) throw new Error(read.sentence)
  return read
}

const is = (field: string, value: string | number, kind = 'is'): object => ({ kind: 'test', field, test: kind, value })

test.each([
  ['', everything],
  ['agent:research', is('agent', 'agent:research')],
  ['agent:agent:research', is('agent', 'agent:research')],
  ['person:tomas', is('person', 'user:tomas')],
  ['user:tomas', is('person', 'user:tomas')],
  ['tool:files/read', is('target', 'tool:files/read')],
  ['target:tool:files/*', is('target', 'tool:files/*', 'like')],
  ['method:"a b\\"c"', is('method', 'a b"c')],
  ['run_4f9c', is('run', 'run_4f9c*', 'like')],
  ['0123456789abcdef0123456789abcdef', is('run', 'run_0123456789abcdef0123456789abcdef')],
  ['hop_0123456789abcdef', is('hop', 'hop_0123456789abcdef')],
  ['cost>0.50', is('cost', 500_000, '>')],
  ['cost:$1', is('cost', 1_000_000)],
  ['tokens>=1.5m', is('tokens', 1_500_000, '>=')],
  ['ms<1.5s', is('ms', 1500, '<')],
  ['ms:1500', is('ms', 1500)],
  ['since:2h', is('since', now - 7_200_000, '>=')],
  ['until:2026-11-28', is('until', Date.parse('2026-11-28T00:00:00Z'), '<')],
  ['since:2026-11-28T02:00', is('since', Date.parse('2026-11-28T02:00:00Z'), '>=')],
  ['-code:busy', { kind: 'not', of: is('code', 'busy') }],
  ['not (depth>=5)', { kind: 'not', of: is('depth', 5, '>=') }],
  ['depth>=5 or laps>0', { kind: 'any', of: [is('depth', 5, '>='), is('laps', 0, '>')] }],
  [
    'decision:deny (depth>=5 or laps>0)',
    { kind: 'all', of: [is('decision', 'deny'), { kind: 'any', of: [is('depth', 5, '>='), is('laps', 0, '>')] }] },
  ],
  ['status:refused,halted', { kind: 'any', of: [is('status', 'refused'), is('status', 'halted')] }],
])('%s is read', (text, expected) => {
  expect(readFilter(text, now)).toEqual(expected)
})

test.each([
  ['agnet:research', 1, 'agent'],
  ['depth>=5 decision:dney', 19, 'deny'],
  ['agent>5', 6, 'agent:'],
  ['research', 1, 'agent:research'],
  ['deny', 1, 'decision:deny'],
  ['cost>much', 6, null],
  ['since:-2h', 7, null],
  ['agent:', 7, null],
  ['(depth>5', 1, null],
  ['depth>5)', 8, null],
  ['depth>5 or', 11, null],
  ['()', 1, null],
  ['-', 2, null],
  ['method:"open', 8, null],
  ['depth>1,2', 8, null],
])('%s goes wrong at column %i', (text, column, meant) => {
  expect(readFilter(text, now)).toMatchObject({ kind: 'filter_problem', column, meant })
})

test('what is too long, too deep or too much is a problem', () => {
  const { characters, depth, tests } = filterMaximums
  for (const text of [
    'x'.repeat(characters + 1),
    '('.repeat(depth + 1),
    '-'.repeat(depth + 1),
    'depth:1 '.repeat(tests + 1),
  ])
    expect(readFilter(text, now)).toMatchObject({ kind: 'filter_problem' })
})

const row = { at: now - 1000, agent: 'agent:research', target: 'tool:files/read', code: null, depth: 5, cost: 600_000 }

test.each([
  ['', true],
  ['agent:research', true],
  ['agent:res*', true],
  ['target:tool:files/*', true],
  ['target:*/re*d', true],
  ['-code:busy', true],
  ['code:busy', false],
  ['code:*', false],
  ['cost>0.5 depth<6', true],
  ['depth<5 or depth>5', false],
  ['laps:0', false],
  ['since:2s', true],
  ['until:2s', false],
])('%s fits the row: %s', (text, fits) => {
  expect(matches(tree(text), row)).toBe(fits)
})

test('a pattern is not slow, whatever it is', () => {
  expect(isLike('a'.repeat(100_000), `${'*a'.repeat(1000)}*b`)).toBe(false)
})

test('parentheses are written where they are needed', () => {
  const text = '(decision:deny) -(code:busy or code:forbidden)'
  expect(writeFilter(tree(text))).toBe('decision:deny not (code:busy or code:forbidden)')
})
