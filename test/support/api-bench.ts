/** An API that says back what it was sent, and the tools of a description in front of it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { Wheel } from '../../src/base/wheel.ts'
import { type Hop, issueHop } from '../../src/domain/verdict.ts'
import type { McpCall } from '../../src/domain/call.ts'
import type { HeaderList } from '../../src/protocol/http.ts'
import { compileApi, usualOptions } from '../../src/protocol/openapi/compile.ts'
import type { End, Link, Speaker, Talk } from '../../src/relay/mcp/link.ts'
import { openApiLink } from '../../src/relay/mcp/openapi-link.ts'
import type { ApiMaximums } from '../../src/relay/mcp/openapi-call.ts'
import { Transport } from '../../src/relay/wire/transport.ts'
import { upstreamAt } from '../../src/relay/wire/upstream.ts'
import { callOf, hopOf } from './hop.ts'
import { patient } from './relay.ts'

export interface Sent {
  readonly method: string
  /** As it stood in the request line. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export type Answering = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

export interface ApiBench {
  readonly origin: string
  /** In the order they came. */
  readonly sent: readonly Sent[]
  /** Answers from now on; without one, everything is `{}`. */
  answer: Answering
  link(document: JsonObject, options?: LinkOptions): Link
  stop(): Promise<void>
}

export interface LinkOptions {
  readonly base?: string
  readonly headers?: HeaderList
  readonly speaker?: Partial<Speaker>
  readonly maximums?: Partial<ApiMaximums>
}

const maximums: ApiMaximums = { answer_bytes: 1_048_576, error_chars: 200, blob_bytes: 1024 }

export async function startApi(): Promise<ApiBench> {
  const sent: Sent[] = []
  const wheel = new Wheel(systemClock, { tick_ms: 5, slots: 256 })
  const transport = new Transport(patient, wheel)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      sent.push({ method: request.method ?? '', url: request.url ?? '', headers, body })
      bench.answer(request, response, body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const bench: ApiBench = {
    origin,
    sent,
    answer: (_request, response) => response.setHeader('content-type', 'application/json').end('{}'),
    link: (document, options = {}) => {
      const none: Speaker = {
        key: 'weir',
        capabilities: Buffer.from('{}'),
        credentials: () => [],
        challenged: () => Promise.resolve([]),
      }
      return openApiLink({
        api: compileApi(document, usualOptions),
        transport,
        upstream: upstreamAt(options.base ?? origin, options.headers ?? []),
        patience: { first_byte_ms: 5000, idle_ms: 5000 },
        maximums: { ...maximums, ...options.maximums },
        speaker: { ...none, ...options.speaker },
      })
    },
    async stop() {
      await transport.close()
      wheel.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return bench
}

/** A hop for a call of a tool, as admission would have made it. */
function toolHop(): Hop<McpCall> {
  const call = {
    ...callOf('{}'),
    dialect: 'mcp-2026-07-28',
    operation: 'callTool',
    form: 'request',
    args: null,
  } as const
  return issueHop<McpCall>({ ...hopOf(callOf('{}')), call: call as unknown as McpCall })
}

/** Asks and hears how it ended; the end never comes before this returned. */
export function askLink(
  link: Link,
  method: string,
  params: object | string | null,
): { readonly talk: Talk; readonly end: Promise<End> } {
  const { promise, resolve, reject } = Promise.withResolvers<End>()
  let returned = false
  const text = typeof params === 'string' ? params : JSON.stringify(params)
  const asking = {
    method,
    params: params === null ? null : Buffer.from(text),
    logLevel: null,
    mirrors: [],
    trace: null,
  }
  const talk = link.ask(toolHop(), asking, {
    onNotice: () => reject(new Error('a notice')),
    onAsk: () => reject(new Error('an ask')),
    onEnd: (end) => (returned ? resolve(end) : reject(new Error('an end before there was a beginning'))),
  })
  returned = true
  return { talk, end: promise }
}

export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text?: string; readonly [more: string]: unknown }[]
  readonly structuredContent?: JsonObject
  readonly isError?: boolean
  readonly _meta: JsonObject
}

/** The result of a call, or the end that was none. */
export async function callTool(link: Link, name: string, args: object): Promise<ToolResult> {
  const end = await askLink(link, 'tools/call', { name, arguments: args }).end
  if (end.kind !== 'result') throw new Error(JSON.stringify(end))
  return JSON.parse(end.result.toString()) as ToolResult
}
