import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { version } from '../../src/version.ts'
import { lintOverrides } from './floors.ts'
import { importCycles, misfits } from './house.ts'
import { root, sourceOf, sources } from './source.ts'

const lengthMax = 300

test('every file imports lower floors and unfenced packages only', () => {
  expect(sources().flatMap(misfits)).toEqual([])
})

test('no file takes part in an import cycle', () => {
  expect(importCycles(sources())).toEqual([])
})

test('no file of ours is longer than 300 lines', () => {
  const long = sources('{src,test,native-bench}/**/*.ts').filter((file) => file.text.split('\n').length > lengthMax + 1)
  expect(long.map((file) => file.path)).toEqual([])
})

test('no source file re-exports others, so there are no barrels', () => {
  expect(
    sources()
      .filter((file) => /^export (?:\*|\{[^}]*\}) from/m.test(file.text))
      .map((file) => file.path),
  ).toEqual([])
})

test('the lint rules hold exactly what the floor table says', () => {
  const lint: unknown = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'))
  expect(lint).toMatchObject({ overrides: expect.arrayContaining([...lintOverrides()]) as unknown })
})

test.each([
  ['an organ that imports its neighbour', 'src/limits/planted.ts', "import { decide } from '../policy/decide.ts'"],
  ['a lower floor that imports a higher one', 'src/domain/planted.ts', "import { serve } from '../pipeline/serve.ts'"],
  ['a dynamic import upward', 'src/base/planted.ts', "const it = await import('../cli/program.ts')"],
  ['a floor that imports the composition root', 'src/edge/planted.ts', "import { start } from '../gateway.ts'"],
  ['a fenced package outside its fence', 'src/pipeline/planted.ts', "import { Pool } from 'undici'"],
  ['a fenced package that is required', 'src/edge/planted.ts', "const uws = require('uWebSockets.js')"],
  ['a path below a fenced package', 'src/relay/planted.ts', "import { x } from '@a2a-js/sdk/compat/v0_3/client'"],
  ['a forged proof', 'src/relay/planted.ts', 'const hop = issueHop({})'],
])('the fence test catches %s', (_what, path, text) => {
  expect(misfits(sourceOf(path, text))).toHaveLength(1)
})

test('the cycle test catches two files that import each other', () => {
  const files = [
    sourceOf('src/base/a.ts', "import { b } from './b.ts'"),
    sourceOf('src/base/b.ts', "import { a } from './a.ts'"),
  ]
  expect(importCycles(files)).toEqual(['src/base/a.ts -> src/base/b.ts -> src/base/a.ts'])
})

test('the version Weir says it has is that of its package', () => {
  const packed: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(packed).toMatchObject({ version })
})
