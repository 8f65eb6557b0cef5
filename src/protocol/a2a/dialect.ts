/** Reads an A2A call over JSON-RPC: which revision, which method, which task; everything else stays bytes. */
import { type JsonMistake, type JsonSpans, scanJson } from '../../base/json-scan.ts'
import { jsonShape } from '../../base/json-shape.ts'
import type { Call, DialectName } from '../../domain/call.ts'
import type { AgentId, HopId } from '../../domain/ids.ts'
import type { Inbound } from '../http.ts'
import { errorInfo, rpcCodes, writeErrorAnswer, type Written } from '../jsonrpc.ts'
import { type A2aVersion, type CallPath, callPaths, type Revision } from './revision.ts'
import { a2a03 } from './v03.ts'
import { a2a10 } from './v1.ts'

/** A request that is no call; the answer is already written. */
export interface Malformed extends Written {
  readonly kind: 'malformed'
  /** The JSON-RPC error code of the answer. */
  readonly code: number
}

export function isMalformed(read: Call | Malformed): read is Malformed {
  return 'kind' in read
}

/** Every revision we speak, newest first. */
const revisions = [a2a10, a2a03]

const callShape = jsonShape(callPaths, 'refuse')

/** Where a client hands in its own webhook, in either revision: it must never reach an agent. */
const pushPaths = [
  'params.configuration.pushNotificationConfig',
  'params.configuration.taskPushNotificationConfig',
] as const

/** An id is echoed in every event of a stream. Unit: bytes of its token. */
const rpcIdMax_bytes = 256
/** Task and context ids are kept in records. Unit: characters. */
const idMax = 256

export function revisionOf(dialect: DialectName): Revision {
  return dialect === a2a03.dialect ? a2a03 : a2a10
}

/** Reads a call to `agent`. `id` becomes the id of its hop and the `ref` of its denial. */
export function readCall(inbound: Inbound, agent: AgentId, id: HopId): Call | Malformed {
  const spans = scanJson(inbound.body, callShape)
  if (spans.kind === 'mistake') return malformed('null', ...mistakes[spans.what])
  const rpcId = readRpcId(spans)
  if (rpcId === null) return malformed('null', 'invalid_request', 'The request must be one object with an id')
  const method = spans.text('method')
  if (method === null || spans.text('jsonrpc') !== '2.0')
    return malformed(rpcId, 'invalid_request', 'The request is not JSON-RPC 2.0')
  const revision = negotiate(inbound, method)
  if (!revision) return unsupportedVersion(rpcId, false, ['1.0', '0.3'])
  const operation = revision.operations.get(method)
  if (!operation) {
    return revision.refused.has(method)
      ? malformed(rpcId, 'unsupported_operation', 'This gateway does not carry this method')
      : malformed(rpcId, 'method_not_found', `A2A ${revision.version} has no such method`)
  }
  const refused = refuseParams(spans)
  if (refused) return malformed(rpcId, ...refused, operation === 'stream')
  return {
    id,
    dialect: revision.dialect,
    operation,
    method,
    target: { kind: 'agent', id: agent },
    rpcId,
    taskId: spans.text('params.message.taskId') || null,
    contextId: spans.text('params.message.contextId') || null,
    referenceTaskIds: [],
    push: null,
    body: inbound.body,
    query: '',
    receivedAt: inbound.receivedAt,
  }
}

/** The answer to a call in a revision its target does not speak, or null. To be asked after policy: it tells that the target exists. */
export function refuseVersion(call: Call, versions: readonly A2aVersion[]): Malformed | null {
  if (versions.includes(revisionOf(call.dialect).version)) return null
  return unsupportedVersion(call.rpcId, call.operation === 'stream', versions)
}

/** The answer to a call that names a task or conversation its caller does not take part in (A2A 1.0 section 5.4). */
export function taskNotFound(rpcId: string, streaming: boolean): Written {
  return malformed(rpcId, 'task_not_found', 'There is no such task', streaming)
}

type Mistake = readonly [name: keyof typeof rpcCodes, message: string]

const mistakes: Readonly<Record<JsonMistake['what'], Mistake>> = {
  syntax: ['parse_error', 'The body is not JSON'],
  utf8: ['parse_error', 'The body is not UTF-8'],
  depth: ['invalid_request', 'The body is nested too deeply'],
  duplicate: ['invalid_request', 'A member appears twice'],
  lookalike: ['invalid_request', 'A member is a second spelling of one that is read'],
  forbidden: ['invalid_request', 'A member has a forbidden name'],
}

/** The raw token of the id: a string or a number, as JSON-RPC 2.0 section 4 has it; A2A knows no notifications. */
function readRpcId(spans: JsonSpans<CallPath>): string | null {
  const kind = spans.kindOf('id')
  if (kind !== 'string' && kind !== 'number') return null
  return spans.end('id') - spans.start('id') > rpcIdMax_bytes ? null : spans.raw('id')
}

/** The header beats the query, both beat the grammar of the method; an explicit empty version means 0.3 (A2A 1.0 section 3.6). */
function negotiate(inbound: Inbound, method: string): Revision | null {
  const said = inbound.headers.get('a2a-version') ?? versionInQuery(inbound.query)
  if (said === null) return method.includes('/') ? a2a03 : a2a10
  const wanted = said.trim() === '' ? '0.3' : (/^(\d{1,4}\.\d{1,4})(?:\.\d{1,4})?$/.exec(said.trim())?.[1] ?? null)
  return revisions.find((revision) => revision.version === wanted) ?? null
}

function versionInQuery(query: string): string | null {
  return query === '' ? null : new URLSearchParams(query).get('A2A-Version')
}

function refuseParams(spans: JsonSpans<CallPath>): Mistake | null {
  if (spans.kindOf('params.message') !== 'object') return ['invalid_params', 'params.message must be an object']
  for (const path of ['params.message.taskId', 'params.message.contextId'] as const) {
    if (!isOptionalText(spans, path)) return ['invalid_params', `${path} must be a string`]
  }
  if (spans.text('params.tenant') || !isOptionalText(spans, 'params.tenant'))
    return ['invalid_params', 'params.tenant was not advertised']
  return pushPaths.every((path) => (spans.kindOf(path) ?? 'null') === 'null')
    ? null
    : ['push_notification_not_supported', 'Push notifications are not supported']
}

function isOptionalText(spans: JsonSpans<CallPath>, path: CallPath): boolean {
  const kind = spans.kindOf(path)
  return kind === null || kind === 'null' || (kind === 'string' && (spans.text(path) ?? '').length <= idMax)
}

function malformed(rpcId: string, name: keyof typeof rpcCodes, message: string, streaming = false): Malformed {
  const data = [errorInfo(name.toUpperCase(), 'a2a-protocol.org')]
  return written(rpcCodes[name], writeErrorAnswer(rpcId, { code: rpcCodes[name], message, data }, streaming))
}

function unsupportedVersion(rpcId: string, streaming: boolean, versions: readonly A2aVersion[]): Malformed {
  const message = `This version of A2A is not supported here; supported: ${versions.join(', ')}`
  const data = [errorInfo('VERSION_NOT_SUPPORTED', 'a2a-protocol.org', { supported: versions.join(',') })]
  const code = rpcCodes.version_not_supported
  return written(code, writeErrorAnswer(rpcId, { code, message, data }, streaming))
}

function written(code: number, answer: Written): Malformed {
  return { kind: 'malformed', code, ...answer }
}
