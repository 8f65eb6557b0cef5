/** A tool server of the official SDK v1 (legacy era), whose tools ask and log beside the request that calls them, as many do. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

export interface V1Fixture extends AsyncDisposable {
  readonly url: string
  forgetSessions(): void
  /** Cuts every connection. */
  cut(): void
  readonly sessions: () => number
  /** Streams that answer no request, so far. */
  readonly streams: () => number
}

const noSession =
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}'

const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] })

function makeServer(): McpServer {
  const server = new McpServer({ name: 'v1', version: '1.0.0' }, { capabilities: { logging: {} } })
  server.registerTool('roots', { description: 'Asks beside the request' }, async () => {
    const { roots } = await server.server.listRoots()
    return text(roots.map(({ uri }) => uri).join(' '))
  })
  server.registerTool('log', { description: 'Logs beside the request' }, async () => {
    await server.server.sendLoggingMessage({ level: 'info', data: 'beside' })
    return text('logged')
  })
  return server
}

export async function serveV1(): Promise<V1Fixture> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    await makeServer().connect(transport)
    return transport
  }
  let streams = 0
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'GET') streams += 1
    const id = incoming.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    // As the examples of the SDK do it.
    if (id !== undefined && !known) outgoing.writeHead(400, { 'content-type': 'application/json' }).end(noSession)
    else void (async () => (known ?? (await begin())).handleRequest(incoming, outgoing))()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    forgetSessions: () => sessions.clear(),
    cut: () => server.closeAllConnections(),
    sessions: () => sessions.size,
    streams: () => streams,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
