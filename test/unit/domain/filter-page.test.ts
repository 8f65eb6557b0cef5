/** docs/reference/filters.md is true. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { filterFields } from '../../../src/domain/filter.ts'
import { filterMaximums, isFilterProblem, readFilter } from '../../../src/domain/filter-read.ts'

const page = readFileSync('docs/reference/filters.md', 'utf8')

test('the page has the fields, what they compare and what they mean', () => {
  const [, table = ''] = page.split('| field | compares | meaning |\n|---|---|---|\n')
  const rows = table.split('\n\n')[0]
  expect(rows?.split('\n')).toEqual(
    Object.entries(filterFields).map(([name, { kind, help }]) => `| \`${name}\` | ${kind} | ${help} |`),
  )
})

test('the examples of the page can be read', () => {
  const examples = /```\n([^`]*)```/.exec(page)?.[1]?.trim().split('\n') ?? []
  expect(examples).toHaveLength(4)
  for (const example of examples) expect(isFilterProblem(readFilter(example, 1e12))).toBe(false)
})

test('the maximums of the page are those that hold', () => {
  const { characters, tests, depth } = filterMaximums
  expect(page).toContain(`At most ${characters} characters, ${tests} tests and ${depth} levels.`)
})
