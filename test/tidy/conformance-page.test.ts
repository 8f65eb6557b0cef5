import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pairsTable, scenariosTable } from '../support/matrix-page.ts'
import { root } from './source.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('docs/reference/a2a-conformance.md')

test.each([
  ['pairs', pairsTable],
  ['scenarios', scenariosTable],
])('the table of %s on the page is what the matrix runs', (_name, table) => {
  expect(page).toContain(`\n${table()}\n`)
})

test('the versions on the page are those that are installed', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  expect(page).toContain(`@a2a-js/sdk\` ${dependencies?.['@a2a-js/sdk']}`)
  expect(page).toContain(`@a2a-js/sdk\` ${devDependencies?.['a2a-sdk-03']?.replace('npm:@a2a-js/sdk@', '')}`)
  expect(page).toContain(`express\` ${devDependencies?.['express']}`)
})
