/** What a client on a pipe is told in JSON-RPC: what it did wrong, or why the gateway gave no answer and what to do about it. */
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import { editJson } from '../../base/json-edit.ts'
import { codes } from '../../protocol/mcp/words.ts'

/** JSON-RPC 2.0 section 5.1. */
const internal = -32603

/** `id` is the raw token. */
export function writeError(id: string, code: number, message: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message })}}`)
}

/** The gateway was not reached, or its answer broke off. */
export function writeLost(id: string, url: URL, why: string): Buffer {
  return writeError(id, internal, lostSentence(url, why))
}

export function lostSentence(url: URL, why: string): string {
  const isAway = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ETIMEDOUT'].includes(why)
  return isAway
    ? `No gateway answers at ${url.origin} (${why}). Is it running? Start it with: weir serve`
    : `The answer of ${url.origin} broke off (${why}). Ask again.`
}

const advice: Readonly<Record<number, string>> = {
  401: 'The gateway does not accept the credential: renew what --token-file or --token-env names.',
  403: 'The gateway refuses this.',
  404: 'Nothing is at this address: look at --url, --server and --set.',
  405: 'Nothing that speaks MCP is at this address: look at --url, --server and --set.',
  429: 'Too many requests: wait and ask again.',
}

export function adviceFor(status: number): string {
  return advice[status] ?? (status >= 500 ? 'The gateway has trouble: ask again later.' : 'This is no answer of MCP.')
}

const shape = jsonShape(['id', 'error', 'result', 'method', 'params.requestId'], 'ignore')

/** An error of the gateway as an answer to the request it is about; words of our own where it is none of JSON-RPC. */
export function writeRefused(id: string, status: number, body: Buffer): Buffer {
  if (!isError(body)) return writeError(id, internal, `HTTP ${status}. ${adviceFor(status)}`)
  const spans = scanJson(body, shape)
  const isMine = spans.kind === 'spans' && spans.raw('id') === id
  return isMine ? body : editJson(body, [{ path: ['id'], value: id }])
}

export function isError(body: Buffer): boolean {
  const spans = scanJson(body, shape)
  return spans.kind === 'spans' && spans.kindOf('error') === 'object'
}

const mistakes: Readonly<Record<string, readonly [code: number, message: string]>> = {
  syntax: [codes.parse, 'The line is not JSON'],
  utf8: [codes.parse, 'The line is not UTF-8'],
  batch: [codes.request, 'A line must be one message'],
}

/** Where its id can be read, it is answered by it. */
export function writeUnread(line: Buffer, what: string): Buffer {
  const spans = scanJson(line, shape)
  const kind = spans.kind === 'spans' ? spans.kindOf('id') : null
  const id = spans.kind === 'spans' && (kind === 'string' || kind === 'number') ? (spans.raw('id') ?? 'null') : 'null'
  return writeError(id, ...(mistakes[what] ?? [codes.request, 'The line is no JSON-RPC 2.0 message']))
}

/** The raw id of the request that a cancellation is about. */
export function cancelledId(message: Buffer): string | null {
  const spans = scanJson(message, shape)
  return spans.kind === 'spans' ? spans.raw('params.requestId') : null
}
