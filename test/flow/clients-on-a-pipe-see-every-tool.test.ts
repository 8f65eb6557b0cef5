import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, expect, test } from 'vitest'
import { neutralServer } from '../support/mcp-neutral.ts'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForServers, everythingListed } from '../support/mcp-weir.ts'
import { keyOf, startWeir } from '../support/weir.ts'

const fixture = await serveMcpFixture(() => neutralServer())
const servers = { files: { url: fixture.url, eras: 'modern' }, old: { url: fixture.url, eras: 'legacy' } }
const weir = await startWeir(configForServers(servers))
await everythingListed(weir, 'alice', 24)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

test.each(['legacy', 'auto'] as const)(
  'a client on a pipe (%s) lists every tool, is asked by servers of both eras and finds tools by what they are for',
  async (mode) => {
    const client = new Client(
      { name: 'pipe', version: '1.0.0' },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    )
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }))
    const main = join(import.meta.dirname, '../../src/main.ts')
    const args = [main, 'mcp', 'stdio', '--gateway', weir.url]
    const env = { PATH: '', WEIR_TOKEN: keyOf('alice') }
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env, stderr: 'ignore' }))
    try {
      const { tools } = await client.listTools()
      expect(tools).toHaveLength(25)
      for (const name of ['files_greets', 'old_greets']) {
        const { content } = await client.callTool({ name, arguments: {} })
        expect(content).toEqual([{ type: 'text', text: 'Hello, Ada!' }])
      }
      const found = await client.callTool({ name: 'search_tools', arguments: { query: 'ask for a name', limit: 2 } })
      expect(found.structuredContent).toMatchObject({ tools: [{ name: 'files_greets' }, { name: 'old_greets' }] })
    } finally {
      await client.close()
    }
  },
)
