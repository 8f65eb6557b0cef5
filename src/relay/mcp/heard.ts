/** One message as a server says it, and those that Weir says: as little of JSON-RPC as links need, the rest stays bytes. */
import { arrayItems } from '../../base/json-edit.ts'
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import type { Json } from './channel.ts'

export type Heard =
  | { readonly form: 'result'; readonly id: string; readonly result: Json }
  | { readonly form: 'error'; readonly id: string; readonly error: Json }
  | { readonly form: 'request'; readonly id: string; readonly method: string; readonly params: Json | null }
  | { readonly form: 'notification'; readonly method: string; readonly params: Json | null }

const shape = jsonShape(['id', 'method', 'params', 'result', 'error'], 'ignore')

/** Null for what is no message of JSON-RPC. An id is the token as it stood, `null` where there is none. */
export function readHeard(bytes: Json): Heard | null {
  const spans = scanJson(bytes, shape)
  if (spans.kind === 'mistake') return null
  const id = spans.raw('id') ?? 'null'
  const method = spans.text('method')
  if (method !== null) {
    const params = spans.kindOf('params') === 'object' ? spans.slice('params') : null
    return id === 'null' ? { form: 'notification', method, params } : { form: 'request', id, method, params }
  }
  const [result, error] = [spans.slice('result'), spans.slice('error')]
  if (error !== null && spans.kindOf('error') === 'object') return { form: 'error', id, error }
  return result !== null && spans.kindOf('result') === 'object' ? { form: 'result', id, result } : null
}

const openBracket = 0x5b
const anyShape = jsonShape([], 'ignore')

/** Beyond it one body would be a flood. */
const batch_max = 10_000

/** The messages in one body: several where it is a batch (2025-03-26). Null where it is no JSON, or a flood. */
export function messagesIn(bytes: Buffer): readonly Json[] | null {
  if (scanJson(bytes, anyShape).kind === 'mistake') return null
  if (firstByte(bytes) !== openBracket) return [bytes]
  const messages = arrayItems(bytes, batch_max)
  return messages.length > batch_max ? null : messages
}

function firstByte(bytes: Buffer): number | undefined {
  return bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
}

/** `id` is a token. */
export function writeRequest(id: string, method: string, params: Json | null): Json {
  return joined([`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}`, ...paramsOf(params), '}'])
}

export function writeNotification(method: string, params: Json | null): Json {
  return joined([`{"jsonrpc":"2.0","method":${JSON.stringify(method)}`, ...paramsOf(params), '}'])
}

/** `member` is `result` or `error` with its object. */
export function writeResponse(id: string, member: 'result' | 'error', value: Json | string): Json {
  return joined([`{"jsonrpc":"2.0","id":${id},"${member}":`, value, '}'])
}

export function errorObject(code: number, message: string): Json {
  return Buffer.from(JSON.stringify({ code, message }))
}

function paramsOf(params: Json | null): readonly (Json | string)[] {
  return params === null ? [] : [',"params":', params]
}

export function joined(parts: readonly (Json | string)[]): Json {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}
