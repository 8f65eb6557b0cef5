/** A tool server of the official SDKs over standard streams, as a process: `v1` knows the legacy era, `v2` both. */
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport as TransportV1 } from '@modelcontextprotocol/sdk/server/stdio.js'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })

function serverV2(): McpServer {
  const server = new McpServer({ name: 'stdio-v2', version: '1.0.0' })
  const input = z.object({ said: z.string() })
  server.registerTool('echo', { description: 'Echoes', inputSchema: input }, ({ said }) => text(said))
  server.registerTool('pid', { description: 'Its process' }, () => text(String(process.pid)))
  return server
}

async function serveV1(): Promise<void> {
  const server = new McpServerV1({ name: 'stdio-v1', version: '1.0.0' })
  server.registerTool('echo', { description: 'Echoes', inputSchema: { said: z.string() } }, ({ said }) => text(said))
  server.registerTool('pid', { description: 'Its process' }, () => text(String(process.pid)))
  server.registerTool('steps', { description: 'Progress' }, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken
    for (const progress of [1, 2]) {
      if (progressToken === undefined) break
      await sendNotification({ method: 'notifications/progress', params: { progressToken, progress } })
    }
    return text('done')
  })
  server.registerTool('ask', { description: 'Asks its client' }, async () => {
    const { roots } = await server.server.listRoots()
    return text(roots.map(({ uri }) => uri).join(' '))
  })
  await server.connect(new TransportV1())
}

if (process.argv[2] === 'v1') await serveV1()
else serveStdio(serverV2)
