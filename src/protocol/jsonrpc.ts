/** JSON-RPC 2.0 as A2A uses it: codes, error answers, and the id that is echoed exactly as it was spelled. */
import type { HeaderList, Reply } from './http.ts'

/** Codes of JSON-RPC 2.0 section 5.1 and of A2A 1.0 section 5.4. */
export const rpcCodes = {
  parse_error: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  internal_error: -32603,
  task_not_found: -32001,
  push_notification_not_supported: -32003,
  unsupported_operation: -32004,
  version_not_supported: -32009,
} as const

/** google.rpc.ErrorInfo in ProtoJSON: what a program reads where a model reads the sentence. */
export interface ErrorInfo {
  readonly '@type': 'type.googleapis.com/google.rpc.ErrorInfo'
  /** UPPER_SNAKE. */
  readonly reason: string
  readonly domain: string
  readonly metadata?: Readonly<Record<string, string>>
}

export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data?: readonly ErrorInfo[]
}

/** A whole answer as it goes on the wire. */
export interface Written {
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
}

/** Writes a whole answer, with headers that only the place that writes it knows. */
export function sendWritten(reply: Reply, { status, headers, body }: Answered, more: HeaderList = []): void {
  reply.send(status, more.length === 0 ? headers : [...headers, ...more], body)
}

type Answered = Pick<Written, 'status' | 'headers'> & { readonly body: Uint8Array | string }

export const jsonHeaders: HeaderList = [
  ['content-type', 'application/json'],
  ['cache-control', 'no-store'],
]

/** Headers of every event stream; the last two keep proxies from holding events back. */
export const streamHeaders: HeaderList = [
  ['content-type', 'text/event-stream'],
  ['cache-control', 'no-cache'],
  ['x-accel-buffering', 'no'],
]

export function errorInfo(reason: string, domain: string, metadata?: Readonly<Record<string, string>>): ErrorInfo {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain } as const
  return metadata ? { ...info, metadata } : info
}

/** An error answer; `rpcId` is the raw token of the request's id, `null` where it is not known. */
export function writeRpcError(rpcId: string, error: RpcError): string {
  return `{"jsonrpc":"2.0","id":${rpcId},"error":${JSON.stringify(error)}}`
}

/** A result; `result` is JSON. */
export function writeRpcResult(rpcId: string, result: string): string {
  return `{"jsonrpc":"2.0","id":${rpcId},"result":${result}}`
}

/** One event of a stream. `payload` must be one line, as every JSON text we write is. */
export function writeEvent(payload: string): string {
  return `data: ${payload}\n\n`
}

/**
 * An error as the whole answer to a call: one JSON text over HTTP 200, or the only event of a stream. Measured:
 * clients of 0.3 lose the text of a JSON answer to a streaming call, and clients built on httpx lose the text of
 * every 4xx; a first and only event reaches all of them.
 */
export function writeErrorAnswer(rpcId: string, error: RpcError, streaming: boolean): Written {
  const body = writeRpcError(rpcId, error)
  return streaming
    ? { status: 200, headers: streamHeaders, body: writeEvent(body) }
    : { status: 200, headers: jsonHeaders, body }
}
