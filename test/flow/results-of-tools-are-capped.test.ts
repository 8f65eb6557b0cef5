import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { afterAll, expect, test } from 'vitest'
import { serveMcpFixture } from '../support/mcp-server.ts'
import { configForTools, generations, toolClient } from '../support/mcp-weir.ts'
import { startWeir } from '../support/weir.ts'

/** `stream` tells its progress first, so its answer is an event of a stream. */
function talkative(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' }, { capabilities: { logging: {} } })
  const inputSchema = z.object({ bytes: z.number() })
  const say = (bytes: number) => ({ content: [{ type: 'text' as const, text: 'x'.repeat(bytes) }] })
  server.registerTool('read', { description: 'r', inputSchema }, async ({ bytes }) => say(bytes))
  server.registerTool('stream', { description: 's', inputSchema }, async ({ bytes }, context) => {
    await context.mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data: 'y'.repeat(5000) } })
    return say(bytes)
  })
  return server
}

const fixture = await serveMcpFixture(talkative)
const weir = await startWeir(
  configForTools(fixture.url, {
    output_bytes_max: 2000,
    // These tools promise no structure, so a result without any is as good as another.
    output_schema: 'strict',
    tools: { read: { output_bytes_max: 4000 } },
  }),
)

afterAll(async () => {
  await weir.stop()
  await fixture[Symbol.asyncDispose]()
})

test.each(generations)(
  '%s reads of a result that is too long that it is, alone and in a stream',
  async (generation) => {
    await using client = await toolClient(weir, 'alice', generation)
    for (const [name, max] of [
      ['read', 4000],
      ['stream', 2000],
    ] as const) {
      expect(await client.call(name, { bytes: max - 200 })).toMatchObject({ isError: false })
      const long = await client.call(name, { bytes: max + 200 })
      expect(long.isError).toBe(true)
      expect(long.text).toMatch(
        new RegExp(`^\\[weir:result_refused\\] The result is \\d+ bytes, and no more than ${max} are`),
      )
    }
  },
)
