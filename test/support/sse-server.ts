/** Tool servers of 2024-11-05 over HTTP+SSE: the frozen transport of the official SDK, and one whose stream the test writes. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { z } from 'zod'

export interface SseFixture extends AsyncDisposable {
  readonly url: string
  /** Method, path and headers of everything that came. */
  readonly seen: { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers'] }[]
  /** Cuts every connection. */
  cut(): void
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** `answer` gets every request. */
export async function serveRawSse(answer: Answer): Promise<SseFixture> {
  const seen: SseFixture['seen'] = []
  const server: Server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers })
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp/sse?tenant=1`
  return { url, seen, cut: () => server.closeAllConnections(), [Symbol.asyncDispose]: close }
}

/** One server a stream; whoever has not the key is refused. */
export async function serveSse(key = 'open'): Promise<SseFixture> {
  const transports = new Map<string, SSEServerTransport>()
  const begin = (response: ServerResponse): void => {
    const transport = new SSEServerTransport('/mcp/messages', response)
    transports.set(transport.sessionId, transport)
    void makeServer().connect(transport)
  }
  return serveRawSse((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    const transport = transports.get(searchParams.get('sessionId') ?? '')
    if (key !== 'open' && request.headers.authorization !== `Bearer ${key}`)
      response.writeHead(401, { 'www-authenticate': 'Bearer scope="all"' }).end()
    else if (request.method === 'GET' && pathname === '/mcp/sse') begin(response)
    else if (transport) void transport.handlePostMessage(request, response)
    else response.writeHead(404).end()
  })
}

function makeServer(): McpServer {
  const server = new McpServer({ name: 'sse', version: '1.0.0' })
  server.registerTool('echo', { description: 'Echoes', inputSchema: { said: z.string() } }, ({ said }) => ({
    content: [{ type: 'text', text: said }],
  }))
  server.registerTool('steps', { description: 'Progress' }, async ({ _meta, sendNotification }) => {
    const progressToken = _meta?.progressToken ?? 0
    await sendNotification({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
    return { content: [] }
  })
  server.registerTool('hang', { description: 'Never answers' }, () => new Promise(() => undefined))
  return server
}
