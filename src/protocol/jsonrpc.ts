/** JSON-RPC 2.0 as A2A uses it: error answers, events, and the id that is echoed exactly as it was spelled. */
import type { HeaderList, Reply } from './http.ts'

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

/** Headers of every event stream; the last two keep proxies from holding events back or packing them. */
export const streamHeaders: HeaderList = [
  ['content-type', 'text/event-stream'],
  ['cache-control', 'no-cache, no-transform'],
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

/** One event of a stream. `payload` must be one line, as every JSON text we write is. */
export function writeEvent(payload: string): string {
  return `data: ${payload}\n\n`
}
