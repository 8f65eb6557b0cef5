import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isLoaded, loadConfig } from '../../../src/config/load.ts'
import { problemsOf, tempConfig } from '../../support/temp-config.ts'

const server = (process: string): string => `tools: { servers: { files: { process: ${process} } } }`

test('a process has secrets in its environment and a directory beside the configuration', async () => {
  await using config = await tempConfig(
    server('{ command: mcp-files, args: ["", "a b"], env: { KEY: "${env:K}" }, cwd: run }'),
  )
  const loaded = await loadConfig(config.path, { K: 'sesame' })
  if (!isLoaded(loaded)) throw new Error('not loaded')
  const place = loaded.settings.tools.servers.get('files')?.place
  const process = place?.kind === 'process' ? place.process : null
  expect(process).toMatchObject({
    command: 'mcp-files',
    args: ['', 'a b'],
    cwd: join(config.dir, 'run'),
    shared: false,
  })
  expect(process?.env.map(([name, value]) => [name, value.reveal()])).toEqual([['KEY', 'sesame']])
  expect(JSON.stringify(loaded.settings.tools.servers.get('files'))).not.toMatch('sesame')
  const other = await loadConfig(config.path, { K: 'another' })
  expect(isLoaded(other) && other.hash).toBe(loaded.hash)
})

test.each([
  ['{ command: "" }', 'command'],
  ['{ command: x, env: { "A-B": y } }', 'env'],
  ['{ command: x, env: { A: "" } }', 'env.A'],
  ['{ command: "a\\0b" }', 'command'],
  ['{ command: x, args: ["a\\0"] }', 'args'],
  ['{ args: [x] }', 'command'],
])('%s is a problem', async (process, where) => {
  const [problem, ...more] = await problemsOf(server(process))
  expect(problem).toMatch(`tools.servers.files.process.${where}`)
  expect(more).toEqual([])
})
