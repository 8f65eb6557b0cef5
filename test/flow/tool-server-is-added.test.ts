/** From a description to tools in the configuration, without losing a comment. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'

const main = join(import.meta.dirname, '..', '..', 'src/main.ts')
const open: (() => unknown)[] = []

afterEach(() => {
  for (const close of open.splice(0)) close()
})

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

const yaml = `openapi: 3.0.3
info: {title: Pet Store, version: '1'}
servers: [{url: 'https://{region}.pets.example/v1', variables: {region: {default: eu}}}]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {200: {description: ok}}
    post:
      operationId: changePet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: './pet.yaml'}}}}
      responses: {200: {description: ok}}
`

function configured(): { readonly directory: string; readonly config: string } {
  const directory = mkdtempSync(join(tmpdir(), 'weir-mcp-add-'))
  cpSync(join(main, '../../config/policy'), join(directory, 'policy'), { recursive: true })
  const config = join(directory, 'weir.yaml')
  writeFileSync(config, '# ours\ngateway:\n  listen: 127.0.0.1:0 # any\nagents: {}\n')
  writeFileSync(join(directory, 'pets.yaml'), yaml)
  return { directory, config }
}

test('an API is shown first, and added with the digest of its description', async () => {
  const { directory, config } = configured()
  const before = readFileSync(config, 'utf8')
  const asked = ['mcp', 'add', '--openapi', join(directory, 'pets.yaml'), '--config', config] as const
  const dry = await run(...asked, '--dry-run')
  expect([dry.code, dry.stderr]).toEqual([0, ''])
  expect(dry.stdout).toMatch(/get_pet +\d+ +GET \/pets\/\{id\}/)
  expect(dry.stdout).toContain('a reference out of the description: ./pet.yaml')
  expect(readFileSync(config, 'utf8')).toBe(before)
  const added = await run(...asked, '--yes', '--json')
  const view = JSON.parse(added.stdout) as {
    readonly slug: string
    readonly url: string
    readonly api: { readonly sha256: string }
  }
  expect(view).toMatchObject({ slug: 'pet-store', url: 'https://eu.pets.example/v1', api: { document: 'pets.yaml' } })
  const after = readFileSync(config, 'utf8')
  for (const line of before.trimEnd().split('\n')) expect(after).toContain(line)
  expect(after).toContain(`sha256: ${view.api.sha256}`)
  expect((await run('check', config)).code).toBe(0)
  expect(await run(...asked, '--yes')).toMatchObject({ code: 3, stderr: expect.stringContaining('already') as string })
}, 180_000)

test('a description in our own network is fetched where that is said, and kept beside the configuration', async () => {
  const { directory, config } = configured()
  const server = createServer((_request, response) => response.end(yaml))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => server.close())
  const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openapi.yaml`
  const asked = ['mcp', 'add', '--openapi', place, '--slug', 'pets', '--config', config, '--yes'] as const
  expect(await run(...asked)).toMatchObject({ code: 3, stderr: expect.stringContaining('--allow-private') as string })
  const added = await run(...asked, '--allow-private')
  expect([added.code, added.stderr]).toEqual([0, expect.stringContaining('weir.yaml.bak') as string])
  expect(readFileSync(join(directory, 'openapi/pets.yaml'), 'utf8')).toBe(yaml)
  expect((await run('check', config)).code).toBe(0)
}, 180_000)

test('an address and a program are added, and nothing that is neither', async () => {
  const { config } = configured()
  const add = (...more: readonly string[]): Promise<Ran> => run('mcp', 'add', '--config', config, '--yes', ...more)
  expect((await add('--url', 'https://files.example/mcp')).code).toBe(0)
  expect((await add('--slug', 'notes', '--', 'notes-server', '--read-only')).code).toBe(0)
  const after = readFileSync(config, 'utf8')
  expect(after).toContain('files-example:')
  expect(after).toContain('--read-only')
  expect((await run('check', config)).code).toBe(0)
  expect((await add()).code).toBe(2)
  expect((await add('--url', 'https://x.example', '--', 'program')).code).toBe(2)
  expect((await add('--openapi', config)).code).toBe(3)
}, 180_000)
