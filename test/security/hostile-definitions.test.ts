/** Definitions whose only purpose is to hold up the one thread that everybody shares. */
import { expect, test } from 'vitest'
import type { ListedTool } from '../../src/catalogue/contract.ts'
import { differenceOf } from '../../src/catalogue/diff.ts'
import { inspect } from '../../src/catalogue/inspect.ts'
import { exposedName } from '../../src/catalogue/names.ts'
import { Schemas } from '../../src/catalogue/schemas.ts'
import { maximums, tool } from '../support/catalogue.ts'

const bytes = 120_000
/** Quadratic work over so many bytes takes longer than this by two orders of magnitude, on any machine. */
const patience_ms = 3000

function timed(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

const nested = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
const raw = (text: string): Buffer => Buffer.from(`{"name":"a","inputSchema":{},"x":${text}}`)

test.each<readonly [string, Buffer]>([
  ['one long word', raw(JSON.stringify('a'.repeat(bytes)))],
  ['one long row of dots', raw(JSON.stringify(`${'.'.repeat(bytes)}a`))],
  ['words of words', raw(JSON.stringify('a_'.repeat(bytes / 2)))],
  ['a number of zeros', raw(`1${'0'.repeat(bytes)}1`)],
  ['many small numbers', raw(`[${'1e5,'.repeat(bytes / 4)}1]`)],
  ['quotes and backslashes', raw(JSON.stringify('\\"'.repeat(bytes / 4)))],
  ['joiners without end', raw(JSON.stringify('\u200d'.repeat(bytes / 3)))],
  ['emoji and joiners', raw(JSON.stringify('\u{1f468}\u200d'.repeat(bytes / 7)))],
  ['comments without end', raw(JSON.stringify('<!--'.repeat(bytes / 4)))],
  ['a thousand members', raw(JSON.stringify(Object.fromEntries(Array.from({ length: 8000 }, (_, i) => [`m${i}`, i]))))],
  ['too much nesting', raw('['.repeat(bytes / 2) + ']'.repeat(bytes / 2))],
  ['nesting as deep as it may be', raw(JSON.stringify(nested(60)))],
])('%s is inspected in no time', (_name, definition) => {
  expect(timed(() => void inspect('tools', definition, maximums))).toBeLessThan(patience_ms)
})

test('a name as long as a definition is still a short name', () => {
  for (const name of ['a'.repeat(bytes), '.'.repeat(bytes), `${'_'.repeat(bytes)}.`])
    expect(timed(() => expect(exposedName('files', name).length).toBeLessThanOrEqual(40))).toBeLessThan(patience_ms)
})

test('two deep definitions are compared in no time', () => {
  const [before, after] = [
    tool('a', { _meta: nested(60), x: 'a'.repeat(bytes) }),
    tool('a', { _meta: nested(59), x: 'b' }),
  ]
  expect(timed(() => void differenceOf(before, after))).toBeLessThan(patience_ms)
})

test.each<readonly [string, unknown, unknown]>([
  [
    'a pattern that backtracks',
    { properties: { a: { pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' } } },
    { a: 'a'.repeat(100_000) },
  ],
  [
    'items that are all compared',
    { properties: { a: { uniqueItems: true } } },
    { a: Array.from({ length: 25_000 }, (_, i) => [i]) },
  ],
  ['alternatives of alternatives', { anyOf: [{ $ref: '#/anyOf/1' }, { anyOf: [{ $ref: '#' }, { $ref: '#' }] }] }, {}],
  ['a tree of two branches', { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } }, nested(60)],
  [
    'a long enum and a long list',
    { properties: { a: { items: { enum: Array.from({ length: 9000 }, (_, i) => `v${i}`) } } } },
    { a: Array.from({ length: 20_000 }, () => 'v8999') },
  ],
])('%s is given up in time', (_name, inputSchema, args) => {
  const definition = Buffer.from(JSON.stringify({ name: 'a', inputSchema }))
  const names = { server: 'files', name: 'a', exposed: 'files_a', digest: `sha256:${_name}`, mirrors: [] }
  const listed: ListedTool = { ...names, definition, state: 'approved', why: null }
  const value = Buffer.from(JSON.stringify(args))
  expect(timed(() => void new Schemas().misfit(listed, 'inputSchema', value))).toBeLessThan(patience_ms)
})
