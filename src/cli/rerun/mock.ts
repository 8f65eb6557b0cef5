/**
 * The one server behind a gateway that plays a run again: whatever agent is called, the call arrives here, is held until its
 * end comes in the record, and is answered then. Loopback only, on a port that the system chooses.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readJsonObject } from '../../base/json.ts'
import type { Asked } from '../../pipeline/whatif/rerun/a2a-words.ts'
import { startsWork } from '../../pipeline/whatif/rerun/a2a-words.ts'

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
const depth_max = 64

export async function openMock(onArrival: (arrival: Arrival) => void): Promise<Mock> {
  const server = createServer((request, response) => {
    void receive(request, response, onArrival).catch(() => response.destroy())
  })
  // A call is held for as long as those below it take.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
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
  onArrival: (arrival: Arrival) => void,
): Promise<void> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > body_bytes_max) return void response.destroy()
    chunks.push(chunk)
  }
  const read = readJsonObject(Buffer.concat(chunks).toString(), depth_max)
  const asked: Asked = { method: String(read?.['method']), id: read?.['id'] ?? null }
  const send = (contentType: string, body: string): void => {
    response.writeHead(200, { 'content-type': contentType }).end(body)
  }
  if (!startsWork(asked)) return send('application/json', notHere(asked))
  onArrival({ asked, headers: request.headers, answer: send, cut: () => void response.destroy() })
}

/** Nothing that was begun here goes on after its answer. */
function notHere({ id }: Asked): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32001, message: 'Task not found' } })
}
