import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLoaded, loadConfig } from '../../src/config/load.ts'
import { root } from '../tidy/source.ts'
import { problemsOf, tempConfig } from '../support/temp-config.ts'

const example = await readFile(join(root, 'config', 'weir.example.yaml'), 'utf8')

/** The example with one stretch replaced by something else. */
const mutated = fc
  .record({
    at: fc.nat(example.length),
    gone: fc.nat(40),
    instead: fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'{ } [ ] : , " \' & * ! | > - # % @ ` $ < \n \t'.split(' '), ' ') }),
    ),
  })
  .map(({ at, gone, instead }) => example.slice(0, at) + instead + example.slice(at + gone))

test('whatever is in the file, loading gives settings or problems that point into it', async () => {
  await using config = await tempConfig('')
  const property = fc.asyncProperty(mutated, async (text) => {
    await config.write(text)
    const outcome = await loadConfig(config.path, {})
    if (isLoaded(outcome)) return
    expect(outcome.length).toBeGreaterThan(0)
    const lines = text.split('\n').length
    for (const { line, col } of outcome) expect(line >= 1 && line <= lines + 1 && col >= 1).toBe(true)
  })
  await fc.assert(property, { numRuns: 400 })
})

test.each([
  [
    'aliases of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`)
      .join('\n')}`,
  ],
  ['a deep nest', `state: ${'['.repeat(100_000)}`],
  ['a deep nest that closes', `state: ${'['.repeat(500)}${']'.repeat(500)}`],
])('%s is a problem and not an exhausted process', async (_what, text) => {
  expect(await problemsOf(text)).toEqual(['weir.yaml:1:1 too deep, or too many aliases, expected plain YAML'])
})

test('a mapping that contains itself is a problem and not an endless loop', async () => {
  expect(await problemsOf('agents: &a { x: *a }')).not.toEqual([])
})
