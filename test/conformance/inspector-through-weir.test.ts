import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, filesServer } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const program = join(
  createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector/package.json'),
  '../clients/launcher/build/index.js',
)
const fixture = await serveMcpFixture(filesServer)
const weir = await startWeir(configForTools(fixture.url))

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

/** The command line of the official Inspector; it answers with JSON and ends with 0 where all went well. */
async function inspect(path: string, ...asks: readonly string[]): Promise<Inspected> {
  const header = ['--header', `Authorization: Bearer ${keyOf('alice')}`]
  const args = [program, '--cli', `${weir.url}${path}`, '--transport', 'http', ...asks, ...header, '--format', 'json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, complained] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  expect([code, complained.trim()]).toEqual([0, ''])
  return (JSON.parse(said) as { readonly result: Inspected }).result
}

interface Inspected {
  readonly tools?: readonly { readonly name: string }[]
  readonly content?: readonly object[]
  readonly contents?: readonly object[]
}

test.each(['/mcp/s/files', '/mcp'])("the Inspector's command line lists, calls and reads at %s", async (path) => {
  const { tools = [] } = await inspect(path, '--method', 'tools/list')
  const name = tools.map((tool) => tool.name).find((each) => each.includes('read')) ?? ''
  const called = await inspect(path, '--method', 'tools/call', '--tool-name', name, '--tool-arg', 'path=a')
  expect(called.content).toEqual([{ type: 'text', text: 'content of a' }])
  const read = await inspect(path, '--method', 'resources/read', '--uri', 'note://1')
  expect(read.contents).toEqual([{ uri: 'note://1', text: 'a note' }])
})
