/** An agent of the last official SDK of 0.3, which knows nothing newer, over JSON-RPC. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
} from 'a2a-sdk-03/server'

/** Says every word of the message as a status, one every `step_ms`, unless it is canceled. */
export async function startSdk03Agent(step_ms = 5): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const card = {
    name: 'old',
    description: 'Works in steps.',
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    version: '1.0.0',
    capabilities: { streaming: true },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [],
  }
  const handler = new JsonRpcTransportHandler(
    new DefaultRequestHandler(card, new InMemoryTaskStore(), executorOf(step_ms)),
  )
  server.on('request', (request, response) => {
    const answering =
      request.method === 'POST' ? answer(handler, request, response) : Promise.resolve(sendJson(response, card))
    answering.catch(() => response.destroy())
  })
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  handler: JsonRpcTransportHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const said = await handler.handle(Buffer.concat(chunks).toString())
  if (!(Symbol.asyncIterator in said)) return sendJson(response, said)
  response.setHeader('content-type', 'text/event-stream')
  for await (const event of said) response.write(`data: ${JSON.stringify(event)}\n\n`)
  response.end()
}

function sendJson(response: ServerResponse, said: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(said))
}

function executorOf(step_ms: number): AgentExecutor {
  const canceled = new Set<string>()
  return {
    async execute({ taskId, contextId, userMessage }, bus) {
      const status = (state: 'working' | 'completed' | 'canceled', final: boolean) =>
        bus.publish({ kind: 'status-update', taskId, contextId, status: { state }, final })
      bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'submitted' }, history: [userMessage] })
      for (let step = 0; step < 20 && !canceled.has(taskId); step += 1) {
        status('working', false)
        await new Promise((resolve) => setTimeout(resolve, step_ms))
      }
      status(canceled.has(taskId) ? 'canceled' : 'completed', true)
      bus.finished()
    },
    cancelTask(taskId) {
      canceled.add(taskId)
      return Promise.resolve()
    },
  }
}
