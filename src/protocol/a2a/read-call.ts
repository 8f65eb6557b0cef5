/** Reads an A2A request of any revision and binding into a Call: which operation, which task; everything else stays bytes. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { JsonSpans } from '../../base/json-scan.ts'
import { type Call, isHopOperation, type Operation } from '../../domain/call.ts'
import type { AgentId, HopId } from '../../domain/ids.ts'
import type { Inbound } from '../http.ts'
import type { FailureTo } from './failure.ts'
import { isOtherType, malformed, type Malformed, unreadable, unsupportedVersion, wrongVerb } from './malformed.ts'
import { dialects, operationOfRpc } from './methods.ts'
import { negotiate, supportedVersions } from './negotiate.ts'
import { readRest } from './read-rest.ts'
import { readSend } from './read-send.ts'
import { type RequestMembers, scanRpc } from './request-members.ts'
import type { A2aVersion } from './revision.ts'
import { type Subject, subjectOf } from './subject.ts'
import { type BadParams, badParams, isBadParams, readTaskParams } from './task-params.ts'

/** An id is echoed in every event of a stream. Unit: bytes of its token. */
const rpcIdMax_bytes = 256

/**
 * Reads a call to `agent`. `id` becomes the id of its hop and the `ref` of its denial; `rest` is the raw path behind that
 * of the agent: nothing or one slash is JSON-RPC, everything else is REST.
 */
export function readCall(inbound: Inbound, agent: AgentId, id: HopId, rest: string): Call | Malformed {
  const isRpc = rest === '' || rest === '/'
  return isRpc ? readRpc(inbound, agent, id) : readRest({ inbound, agent, id }, rest)
}

function readRpc(inbound: Inbound, agent: AgentId, id: HopId): Call | Malformed {
  if (inbound.method !== 'POST') return wrongVerb(unknown('null'), ['POST'])
  if (isOtherType(inbound.headers.get('content-type')))
    return malformed(unknown('null'), 'content_type_not_supported', 'The body must be application/json')
  const read = scanRpc(inbound.body)
  if (read.kind === 'mistake') return unreadable(unknown('null'), read)
  const { spans, params } = read
  const rpcId = readRpcId(spans)
  if (rpcId === null) return malformed(unknown('null'), 'invalid_request', 'The request must be one object with an id')
  const method = spans.text('method')
  if (method === null || spans.text('jsonrpc') !== '2.0')
    return malformed(unknown(rpcId), 'invalid_request', 'The request is not JSON-RPC 2.0')
  const grammar = method.includes('/') ? '0.3' : '1.0'
  const version = negotiate(inbound, grammar)
  if (version === null) return unsupportedVersion(callerOf(grammar, method, rpcId), supportedVersions)
  const operation = operationOfRpc(version, method)
  if (operation === null)
    return malformed(callerOf(version, method, rpcId), 'method_not_found', `A2A ${version} has no such method`)
  const subject = readSubject(spans, params, { operation, version })
  if (isBadParams(subject)) return malformed(callerOf(version, method, rpcId), 'invalid_params', subject.message)
  return {
    id,
    dialect: dialects[version].jsonrpc,
    operation,
    method,
    target: { kind: 'agent', id: agent },
    rpcId,
    taskId: subject.taskId,
    contextId: subject.contextId,
    referenceTaskIds: subject.referenceTaskIds,
    push: subject.push,
    body: inbound.body,
    query: '',
    receivedAt: inbound.receivedAt,
  }
}

/** Whoever it is, before it has said so. */
function unknown(rpcId: string): FailureTo {
  return { dialect: dialects['1.0'].jsonrpc, operation: 'send', rpcId }
}

/** A caller whose method may be none of its revision hears of it as one answer, not as a stream. */
function callerOf(version: A2aVersion, method: string, rpcId: string): FailureTo {
  return { dialect: dialects[version].jsonrpc, operation: operationOfRpc(version, method) ?? 'send', rpcId }
}

/** The raw token of the id: a string or a number, as JSON-RPC 2.0 section 4 has it; A2A knows no notifications. */
function readRpcId(spans: JsonSpans<string>): string | null {
  const kind = spans.kindOf('id')
  if (kind !== 'string' && kind !== 'number') return null
  return spans.end('id') - spans.start('id') > rpcIdMax_bytes ? null : spans.raw('id')
}

interface Asked {
  readonly operation: Operation
  readonly version: A2aVersion
}

function readSubject(spans: JsonSpans<string>, params: RequestMembers, asked: Asked): Subject | BadParams {
  const { operation, version } = asked
  if (isHopOperation(operation)) return readSend(params)
  const kind = spans.kindOf('params') ?? 'null'
  if (kind !== 'object' && !(kind === 'null' && operation === 'card')) return badParams('params must be an object')
  const given = kind === 'null' ? {} : objectOf(spans.raw('params') ?? '{}')
  const read = readTaskParams(operation, given, version)
  return isBadParams(read) ? read : subjectOf(operation, read)
}

/** The text was scanned: it is one object whose members that are read have one reading. */
function objectOf(text: string): JsonObject {
  const read: unknown = JSON.parse(text)
  return isJsonObject(read) ? read : {}
}
