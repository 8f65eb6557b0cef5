/** The filter grammar: what is written is read back as it was, nothing that is read throws, and a match is what it says. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Filter, type Filterable, filterFields, type FilterField } from '../../src/domain/filter.ts'
import { isLike, matches } from '../../src/domain/filter-match.ts'
import { isFilterProblem, readFilter } from '../../src/domain/filter-read.ts'
import { writeFilter } from '../../src/domain/filter-write.ts'

const now = Date.parse('2026-11-28T12:00:00Z')
const fields = Object.keys(filterFields) as FilterField[]
const texts = fields.filter(
  (field) => filterFields[field].kind === 'text' && field !== 'decision' && field !== 'status',
)
const numbers = fields.filter((field) => !['text', 'time'].includes(filterFields[field].kind))

const word = fc.oneof(fc.stringMatching(/^[a-c/:_-]{0,6}$/), fc.string({ maxLength: 6 }))
/** Wildcards and stars that are meant as stars do not stand in one value. */
const starless = word.map((text) => text.replaceAll('*', ''))
const filter = fc.letrec<{ test: Filter; filter: Filter }>((tie) => ({
  test: fc.oneof(
    fc.record({
      kind: fc.constant('test' as const),
      field: fc.constantFrom(...texts),
      test: fc.constant('is' as const),
      value: word,
    }),
    fc.record({
      kind: fc.constant('test' as const),
      field: fc.constantFrom(...texts),
      test: fc.constant('like' as const),
      value: fc.array(starless, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('*')),
    }),
    fc.record({
      kind: fc.constant('test' as const),
      field: fc.constantFrom(...numbers),
      test: fc.constantFrom('is' as const, '<' as const, '<=' as const, '>' as const, '>=' as const),
      value: fc.integer({ min: 0, max: 10_000_000 }),
    }),
    fc.integer({ min: 0, max: now }).map((value): Filter => ({ kind: 'test', field: 'since', test: '>=', value })),
    fc.integer({ min: 0, max: now }).map((value): Filter => ({ kind: 'test', field: 'until', test: '<', value })),
  ),
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('test'),
    fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((of) => joined('all', of)),
    fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((of) => joined('any', of)),
    tie('filter').map((of): Filter => (of.kind === 'not' ? of.of : { kind: 'not', of })),
  ),
})).filter

function joined(kind: 'all' | 'any', of: readonly Filter[]): Filter {
  return { kind, of: of.flatMap((each) => (each.kind === kind ? each.of : [each])) }
}

test('a filter is read back as it was written', () => {
  fc.assert(
    fc.property(filter, (tree) => {
      const text = writeFilter(tree)
      fc.pre(text.length <= 2000)
      expect(readFilter(text, now)).toEqual(tree)
    }),
    { numRuns: 2000 },
  )
})

const pieces = fc.constantFrom(
  'agent',
  ':',
  '>',
  '<=',
  '(',
  ')',
  '-',
  'not ',
  ' or ',
  ' and ',
  '"',
  '*',
  ',',
  '\\',
  ' ',
  '5',
  '2h',
  'run_0',
  'since',
)

test('no text throws, and what it comes to says the same when it is written', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
      ),
      (text) => {
        const read = readFilter(text, now)
        if (isFilterProblem(read)) expect(read.column).toBeLessThanOrEqual(text.length + 1)
        else expect(readFilter(writeFilter(read), now)).toEqual(read)
      },
    ),
    { numRuns: 5000 },
  )
})

const row = fc.record({
  at: fc.integer({ min: 0, max: now }),
  agent: fc.option(word),
  target: fc.option(word),
  depth: fc.option(fc.nat(10)),
  cost: fc.option(fc.nat(10_000_000)),
})

/** As it would be said in words, with regular expressions for patterns. */
function naive(tree: Filter, has: Filterable): boolean {
  if (tree.kind === 'not') return !naive(tree.of, has)
  if (tree.kind !== 'test') {
    const all = tree.of.map((each) => naive(each, has))
    return tree.kind === 'all' ? !all.includes(false) : all.includes(true)
  }
  if (tree.field === 'since') return has.at >= Number(tree.value)
  if (tree.field === 'until') return has.at < Number(tree.value)
  const value = has[tree.field] ?? null
  if (value === null) return false
  if (tree.test === 'like') return likeBy(String(value), String(tree.value))
  if (typeof value !== typeof tree.value) return false
  return {
    is: value === tree.value,
    '<': value < tree.value,
    '<=': value <= tree.value,
    '>': value > tree.value,
    '>=': value >= tree.value,
  }[tree.test]
}

function likeBy(text: string, pattern: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}/-]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[^]*')}$`).test(text)
}

test('a row matches where plain evaluation says so', () => {
  fc.assert(
    fc.property(filter, row, (tree, has) => {
      expect(matches(tree, has)).toBe(naive(tree, has))
    }),
    { numRuns: 2000 },
  )
})

test('a pattern matches what its regular expression matches', () => {
  const letters = fc.stringMatching(/^[ab]{0,8}$/)
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab*]{0,6}$/), (text, pattern) => {
      expect(isLike(text, pattern)).toBe(likeBy(text, pattern))
    }),
    { numRuns: 5000 },
  )
})
