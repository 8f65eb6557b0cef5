/** `weir --help` is instant because of what it does not load. */
import { expect, test } from 'vitest'
import { readSource, withinSrc } from '../../tidy/source.ts'

const staticImport = /^import (?!type )[^']*'([^']+)'/gm

/** The packages that a file and everything it imports statically need. */
function packagesOf(path: string, seen = new Set<string>()): readonly string[] {
  if (seen.has(path)) return []
  seen.add(path)
  const file = readSource(path)
  return [...file.text.matchAll(staticImport)].flatMap(([, specifier = '']) => {
    const target = withinSrc(file, specifier)
    return target === null ? [specifier] : packagesOf(`src/${target}`, seen)
  })
}

test('the command line loads commander and nothing else before a command is chosen', () => {
  expect(packagesOf('src/cli/program.ts').filter((name) => !name.startsWith('node:'))).toEqual(['commander'])
})
