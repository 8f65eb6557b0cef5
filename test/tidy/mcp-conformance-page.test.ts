import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimsList, clientTable, serverTable, sidesTable } from '../support/mcp-conformance-page.ts'
import { root } from './source.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const page = read('docs/reference/mcp-conformance.md')

test.each([
  ['sides', sidesTable],
  ['scenarios of servers', serverTable],
  ['scenarios of clients', clientTable],
  ['claims of both eras', claimsList],
])('the table of %s on the page is what the suites require', (_name, table) => {
  expect(page).toContain(`\n${table()}\n`)
})

test('the versions on the page are those that are installed', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  for (const name of ['conformance', 'client', 'server'])
    expect(page).toContain(`\`@modelcontextprotocol/${name}\` ${devDependencies?.[`@modelcontextprotocol/${name}`]}`)
})
