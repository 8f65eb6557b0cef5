/**
 * The one server behind a gateway that plays a run again: whatever agent is called, the call arrives here, is held until its
 * end comes in the record, and is answered then. Loopback only, on a port that the system chooses.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readJsonObject } from '../../base/json.ts'
import { type Asked, modelDepth_max } from '../../pipeline/whatif/rerun/said.ts'
import { saidAtOnce } from '../../pipeline/whatif/rerun/speak.ts'

/** A call that arrived and waits for its answer. */
export interface Arrival {
  readonly asked: Asked
  readonly headers: IncomingHttpHeaders
  answer(contentType: string, body: string): void
  /** As a target that broke. */
  cut(): void
}

export interface Mock extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string
}

/** Of a request of our own gateway, which reads no longer ones. */
const body_bytes_max = 67_108_864

export interface MockParts {
  readonly onArrival: (arrival: Arrival) => void
  /** What every path begins with: nobody else on this machine knows it, so nobody else is answered. */
  readonly secret: string
  /** Names of the tools that a server has, by its slug. */
  readonly toolsOf: (server: string) => readonly string[]
}

export async function openMock(parts: MockParts): Promise<Mock> {
  const server = createServer((request, response) => {
    void receive(request, response, parts).catch(() => response.destroy())
  })
  // A call is held for as long as those below it take.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/${parts.secret}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { onArrival, toolsOf, secret }: MockParts,
): Promise<void> {
  const { url = '', method: verb } = request
  if (!url.startsWith(`/${secret}/`)) return void response.writeHead(404).end()
  if (verb !== 'POST') return void response.writeHead(405).end()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > body_bytes_max) return void response.destroy()
    chunks.push(chunk)
  }
  const body = readJsonObject(Buffer.concat(chunks).toString(), modelDepth_max)
  const method = typeof body?.['method'] === 'string' ? body['method'] : null
  const asked: Asked = { path: url.slice(secret.length + 1), body, method, id: body?.['id'] ?? null }
  const said = saidAtOnce(asked, toolsOf)
  if (said === null) return void response.writeHead(202).end()
  const answer = (contentType: string, text: string): void => {
    response.writeHead(200, { 'content-type': contentType }).end(text)
  }
  if (said !== undefined) return answer('application/json', said)
  onArrival({ asked, headers: request.headers, answer, cut: () => void response.destroy() })
}
