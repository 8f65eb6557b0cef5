/**
 * One JSON-RPC message as far as Weir looks into it. Where two readers could disagree about what is read here it is
 * refused, for what is judged must be what the server does; everything else stays bytes.
 */
import { jsonShape } from '../../base/json-shape.ts'
import { type JsonMistake, scanJson } from '../../base/json-scan.ts'
import { metaPrefix } from './words.ts'

export interface Message {
  readonly kind: 'message'
  readonly form: 'request' | 'notification' | 'response'
  /** The raw token; `null` where it has none. */
  readonly rpcId: string
  /** `response` for one that has none. */
  readonly method: string
  readonly name: string | null
  readonly uri: string | null
  readonly taskId: string | null
  /** The arguments as JSON text. */
  readonly args: string | null
  /** What `initialize` asks for. */
  readonly wantedVersion: string | null
  /** Whether its `_meta` says anything that only the modern era says, and the version it names there. */
  readonly claimsModern: boolean
  readonly metaVersion: string | null
}

/** Why bytes are no message. `batch` is an array. */
export interface Unread {
  readonly kind: 'unread'
  readonly what: JsonMistake['what'] | 'batch' | 'shape'
}

const shape = jsonShape(
  [
    'jsonrpc',
    'id',
    'method',
    'params',
    'params.name',
    'params.uri',
    'params.taskId',
    'params.arguments',
    'params.protocolVersion',
    'result',
    'error',
  ],
  'refuse',
)

/** A dot in a name is written with a backslash. */
const prefix = metaPrefix.replaceAll('.', String.raw`\.`)
const metaVersion = `params._meta.${prefix}protocolVersion`
const metaCapabilities = `params._meta.${prefix}clientCapabilities`
const metaShape = jsonShape([metaVersion, metaCapabilities], 'ignore')

/** An id is echoed in errors. Unit: bytes of its token. */
const rpcIdMax_bytes = 256
const openBracket = 0x5b

export function readMessage(body: Buffer): Message | Unread {
  const spans = scanJson(body, shape)
  if (spans.kind === 'mistake') return unread(spans.what)
  const first = body.toString('latin1', 0, 64).trimStart().charCodeAt(0)
  if (first === openBracket) return unread('batch')
  if (spans.text('jsonrpc') !== '2.0') return unread('shape')
  const method = spans.text('method')
  const kindOfId = spans.kindOf('id')
  const hasId = kindOfId === 'string' || kindOfId === 'number'
  if (hasId && spans.end('id') - spans.start('id') > rpcIdMax_bytes) return unread('shape')
  const answers = spans.has('result') || spans.has('error')
  if (method === null ? spans.has('method') || !answers : answers) return unread('shape')
  if (spans.has('id') && !hasId && method !== null) return unread('shape')
  const rpcId = hasId ? (spans.raw('id') ?? 'null') : 'null'
  const meta = scanJson(body, metaShape)
  if (meta.kind === 'mistake') return unread(meta.what)
  return {
    kind: 'message',
    form: method === null ? 'response' : hasId ? 'request' : 'notification',
    rpcId,
    method: method ?? 'response',
    name: spans.text('params.name'),
    uri: spans.text('params.uri'),
    taskId: spans.text('params.taskId'),
    args: spans.raw('params.arguments'),
    wantedVersion: method === 'initialize' ? spans.text('params.protocolVersion') : null,
    claimsModern: meta.has(metaVersion) || meta.has(metaCapabilities),
    metaVersion: meta.text(metaVersion),
  }
}

function unread(what: Unread['what']): Unread {
  return { kind: 'unread', what }
}
