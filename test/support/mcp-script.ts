/** A tool server that says what a test wants it to say, byte for byte where it matters. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Scripted {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The message; empty for a request without one. */
  readonly rpc: {
    readonly id?: number
    readonly method?: string
    readonly params?: Record<string, unknown>
    readonly result?: unknown
    readonly error?: { readonly code: number }
  }
  readonly response: ServerResponse
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly seen: Scripted[]
  /** Of what was seen. */
  count(method: string): number
}

/** `handle` answers, or leaves it to `plain`. */
export async function serveScript(handle: (request: Scripted) => void): Promise<ScriptedServer> {
  const seen: Scripted[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const rpc = body === '' ? {} : (JSON.parse(body) as Scripted['rpc'])
      const request = { method: incoming.method ?? '', headers: incoming.headers, rpc, response }
      seen.push(request)
      handle(request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    count: (method) => seen.filter(({ rpc, method: verb }) => rpc.method === method || verb === method).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const capabilities = { tools: {}, logging: {}, resources: { subscribe: true } }

/** What a legacy server without sessions does that has nothing special. */
export function plain({ method, rpc, response }: Scripted): void {
  if (method !== 'POST') return void response.writeHead(405).end()
  if (rpc.id === undefined || rpc.method === undefined) return void response.writeHead(202).end()
  if (rpc.method === 'initialize') return answer(response, rpc.id, greeting())
  if (rpc.method === 'server/discover') return refuse(response, 400, { code: -32000, message: 'Not initialized' })
  answer(response, rpc.id, { echo: rpc.method })
}

export function greeting(protocolVersion = '2025-11-25'): object {
  return { protocolVersion, capabilities, serverInfo: { name: 'scripted', version: '1' } }
}

export function discovery(): object {
  return { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0 }
}

export function answer(response: ServerResponse, id: number | undefined, result: object, headers: object = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
}

export function refuse(response: ServerResponse, status: number, error: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }))
}

/** Begins a stream of events. */
export function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' })
}

export function event(message: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`
}
