import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLoaded, loadConfig } from '../../src/config/load.ts'
import { driverKinds } from '../../src/config/schema-drivers.ts'
import { root } from './source.ts'

const page = readFileSync(join(root, 'docs/guides/connect-a-framework.md'), 'utf8')
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map((found) => found[1] ?? '')

/** Every variable a configuration of the page names. */
const environment = Object.fromEntries(
  [...page.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => [name, 'AKIDEXAMPLE']),
)

test.each(blocks)('the configuration %# of the page is a whole weir.yaml', async (config) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-frameworks-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  cpSync(join(root, 'config', 'policy'), join(dir, 'policy'), { recursive: true })
  writeFileSync(join(dir, 'weir.yaml'), config)
  const loaded = await loadConfig(join(dir, 'weir.yaml'), environment)
  expect(isLoaded(loaded) ? [] : loaded).toEqual([])
})

test('the page has one for every framework', () => {
  const kinds = blocks.map((block) => /kind: (\w+)/.exec(block)?.[1])
  expect(kinds).toHaveLength(driverKinds.length - 1)
  expect(new Set([...kinds, 'a2a'])).toEqual(new Set(driverKinds))
})
