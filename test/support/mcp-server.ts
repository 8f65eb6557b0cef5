/**
 * A tool server of the official SDK (v2) that speaks both eras on one endpoint: sessions with resumable streams for the
 * legacy one, a handler without state for the modern one. Everything it was sent is kept.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import {
  createMcpHandler,
  type EventStore,
  hostHeaderValidationResponse,
  isLegacyRequest,
  type JSONRPCMessage,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  type McpServer,
  originValidationResponse,
  type ServerNotifier,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'

export interface SeenRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface McpFixture extends AsyncDisposable {
  readonly url: string
  readonly seen: SeenRequest[]
  /** Requests whose connection the other side closed before the answer was complete. */
  readonly dropped: SeenRequest[]
  /** How many sessions were begun. */
  readonly sessions: () => number
  /** Tells whoever listens in the modern era. */
  readonly notify: ServerNotifier
}

/** Serves one server a session, or one a request in the modern era. Port 0 takes any. */
export async function serveMcpFixture(
  make: () => McpServer,
  port = 0,
  eras: 'both' | 'legacy' | 'modern' = 'both',
): Promise<McpFixture> {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>()
  const seen: SeenRequest[] = []
  const dropped: SeenRequest[] = []
  const modern = createMcpHandler(make, { legacy: 'reject' })
  const store = memoryEvents()

  const legacy = async (request: Request, body: unknown): Promise<Response> => {
    const id = request.headers.get('mcp-session-id')
    const known = id === null ? undefined : sessions.get(id)
    if (known) return known.handleRequest(request, { parsedBody: body })
    if (id !== null)
      return new Response('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}', {
        status: 404,
        headers: { 'content-type': 'application/json' },
      })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      eventStore: store,
      retryInterval: 500,
      onsessioninitialized: (session) => void sessions.set(session, transport),
      onsessionclosed: (session) => void sessions.delete(session),
    })
    await make().connect(transport)
    return transport.handleRequest(request, { parsedBody: body })
  }

  const answer = async (request: Request, text: string): Promise<Response> => {
    const stranger =
      hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
      originValidationResponse(request, localhostAllowedOrigins())
    if (stranger) return stranger
    let parsed: unknown
    try {
      parsed = text === '' ? undefined : JSON.parse(text)
    } catch {
      return legacy(request, undefined)
    }
    const isLegacy = eras === 'both' ? await isLegacyRequest(request, parsed) : eras === 'legacy'
    return isLegacy ? legacy(request, parsed) : modern.fetch(request, { parsedBody: parsed })
  }

  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing, answer, { seen, dropped })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/mcp`,
    seen,
    dropped,
    sessions: () => sessions.size,
    notify: modern.notify,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await modern.close()
    },
  }
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request, body: string) => Promise<Response>,
  { seen, dropped }: Pick<McpFixture, 'seen' | 'dropped'>,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const { method = 'GET', headers } = incoming
  const request: SeenRequest = { method, headers, body }
  seen.push(request)
  const gone = new AbortController()
  outgoing.on('close', () => {
    if (outgoing.writableFinished) return
    dropped.push(request)
    gone.abort()
  })
  const pairs = Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))
  const init = { method, headers: Object.fromEntries(pairs) as Record<string, string>, signal: gone.signal }
  const response = await answer(
    new Request(`http://${headers.host}${incoming.url}`, body === '' ? init : { ...init, body }),
    body,
  )
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) return void outgoing.end()
  outgoing.flushHeaders()
  Readable.fromWeb(response.body)
    .on('error', () => outgoing.destroy())
    .pipe(outgoing)
}

function memoryEvents(): EventStore {
  const events: { id: string; stream: string; message: JSONRPCMessage }[] = []
  return {
    storeEvent: async (stream, message) => {
      const id = `${stream}::${events.length}`
      events.push({ id, stream, message })
      return id
    },
    replayEventsAfter: async (last, { send }) => {
      const stream = last.slice(0, last.lastIndexOf('::'))
      const from = events.findIndex(({ id }) => id === last)
      for (const event of events.slice(from + 1)) {
        if (event.stream === stream && Object.keys(event.message).length > 0) await send(event.id, event.message)
      }
      return stream
    },
  }
}
