import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadPolicies, sourceOf } from '../../../src/policy/load.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-policy-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function put(name: string, text = ''): void {
  writeFileSync(join(dir, name), text)
}

test('a directory is read in the order of its file names, and only its policies', async () => {
  put('schema.cedarschema', 'schema')
  put('b.cedar', 'second')
  put('a.cedar', 'first')
  put('notes.md')
  mkdirSync(join(dir, 'old.cedar'))
  const source = await loadPolicies(dir)
  expect(source).toMatchObject({
    schema: { text: 'schema' },
    files: [
      { name: 'a.cedar', text: 'first' },
      { name: 'b.cedar', text: 'second' },
    ],
    hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
  })
})

test.each<[string, () => void, RegExp]>([
  ['without policies', () => put('schema.cedarschema'), /no \*\.cedar file/],
  ['without a schema', () => put('a.cedar'), /no schema\.cedarschema/],
  ['that is not there', () => rmSync(dir, { recursive: true }) ?? mkdirSync(`${dir}x`), /cannot be read/],
  ['that is too large', () => put('schema.cedarschema') ?? put('a.cedar', ' '.repeat(5_000_000)), /larger than/],
])('a directory %s is refused', async (_what, arrange, message) => {
  arrange()
  const problems = await loadPolicies(dir)
  mkdirSync(dir, { recursive: true })
  rmSync(`${dir}x`, { recursive: true, force: true })
  expect(problems).toEqual([expect.objectContaining({ file: dir, message: expect.stringMatching(message) as unknown })])
})

test('the hash changes with every text, and with the file a text stands in', () => {
  const schema = { name: 's', text: '' }
  const of = (...texts: readonly string[]) =>
    sourceOf(
      schema,
      texts.map((text, at) => ({ name: `${at}`, text })),
    ).hash
  expect(new Set([of('ab', ''), of('a', 'b'), of('', 'ab'), of('ab')]).size).toBe(4)
  expect(of('a', 'b')).toBe(of('a', 'b'))
})
