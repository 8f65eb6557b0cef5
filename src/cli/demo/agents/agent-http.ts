/** The SDK's JSON-RPC handler on plain node:http, for both wire revisions; what its Express router does, in small. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Extensions, formatSSEEvent, SSE_HEADERS } from '@a2a-js/sdk'
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import {
  type DefaultRequestHandler,
  defaultServerCallContextBuilder,
  JsonRpcTransportHandler,
} from '@a2a-js/sdk/server'

const body_bytes_max = 1_048_576

/** A card that clients of 1.0 and of 0.3 can read. */
export function agentCardOf(agent: { readonly name: string; readonly description: string }, url: string) {
  const skill = { id: agent.name, name: agent.name, description: agent.description, tags: ['demo'] }
  return {
    name: agent.name,
    description: agent.description,
    version: '1.0.0',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ],
    url,
    preferredTransport: 'JSONRPC',
    protocolVersion: '0.3.0',
    capabilities: { streaming: true, pushNotifications: false },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [skill],
  }
}

export function answerHttp(handler: DefaultRequestHandler, card: object): RequestListener {
  const modern = new JsonRpcTransportHandler(handler)
  const legacy = new LegacyJsonRpcTransportHandler(handler)
  return (request, response) => {
    if (request.method !== 'POST') return sendJson(response, card)
    const version = request.headers['a2a-version']?.toString() ?? '0.3'
    const context = defaultServerCallContextBuilder({
      extensions: Extensions.parseServiceParameter(request.headers['a2a-extensions']?.toString()),
      user: undefined,
      headers: request.headers,
      requestedVersion: version,
    })
    readBody(request)
      .then((body) => (version === '0.3' ? legacy : modern).handle(body, context))
      .then((answer) => (Symbol.asyncIterator in answer ? sendEvents(response, answer) : sendJson(response, answer)))
      .catch(() => response.destroy())
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > body_bytes_max) throw new Error('the body is larger than an agent reads')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function sendJson(response: ServerResponse, answer: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

async function sendEvents(response: ServerResponse, events: AsyncIterable<unknown>): Promise<void> {
  response.writeHead(200, SSE_HEADERS)
  for await (const event of events) response.write(formatSSEEvent(event))
  response.end()
}
