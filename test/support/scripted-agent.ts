/** An upstream agent that does exactly what a test says: a plain HTTP server that speaks JSON-RPC by hand. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Asked {
  readonly method: string
  readonly id: unknown
  readonly params: Readonly<Record<string, unknown>>
  readonly headers: IncomingHttpHeaders
  /** Everything as it came: request line, headers, body. */
  readonly raw: string
}

/** Returns the JSON-RPC result; or writes to `response` itself and returns undefined. */
export type Script = (asked: Asked, response: ServerResponse) => unknown

export interface ScriptedAgent {
  readonly url: string
  readonly asked: readonly Asked[]
  stop(): Promise<void>
}

export async function startScriptedAgent(script: Script): Promise<ScriptedAgent> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void answer(request, response, script, asked).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: Script,
  seen: Asked[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const head = `${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n\n`
  const call = JSON.parse(body) as Pick<Asked, 'method' | 'id' | 'params'>
  const asked: Asked = { ...call, headers: request.headers, raw: head + body }
  seen.push(asked)
  const result = await script(asked, response)
  if (result === undefined) return
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result }))
}

/** A completed task with one text artifact, as 1.0 writes it. */
export function completedTask(text: string): unknown {
  const status = { state: 'TASK_STATE_COMPLETED', timestamp: '2026-11-21T00:00:00.000Z' }
  const artifacts = [{ artifactId: 'a1', parts: [{ text }] }]
  return { task: { id: `task-${Math.random().toString(36).slice(2)}`, contextId: 'c1', status, artifacts } }
}
