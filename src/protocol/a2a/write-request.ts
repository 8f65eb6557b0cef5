/** Requests to agents: written in the dialect of the agent, or the caller's own bytes where both speak the same. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type Call, type DialectName, isStreaming, type Operation } from '../../domain/call.ts'
import { isTaskState } from '../../domain/task.ts'
import { cutPush } from './cut-push.ts'
import { isRest, methods, type RestRoute, versionOf } from './methods.ts'
import { paramsOf } from './params.ts'
import { type Grammar, grammars } from './said.ts'
import { messageFrom10 } from './translate/message.ts'
import { configFrom10, pushFrom10 } from './translate/push.ts'
import { stateFrom10 } from './translate/words.ts'

/** What agents are asked; the rest is answered here. */
export type AgentOperation = Exclude<Operation, 'push_get' | 'push_list'>

export interface WireRequest {
  readonly method: RestRoute['verb']
  /** To be put behind the path of the agent's URL, without its closing slash; `''` for JSON-RPC. */
  readonly rest: string
  /** Without the question mark; `''` if there is none. */
  readonly query: string
  /** Null where there is no body. */
  readonly contentType: string | null
  readonly accept: string
  readonly body: Buffer | null
}

/** `params` are in the form of 1.0, as `paramsOf` builds them; `rpcId` is the raw token of the id. */
export function writeRequest(
  dialect: DialectName,
  operation: AgentOperation,
  params: JsonObject,
  rpcId: string,
): WireRequest {
  const grammar = grammars[dialect]
  if (isRest(dialect)) return writeRest(dialect, operation, params)
  const written = writers[operation](params, grammar)
  const { rpc10, rpc03 } = methods[operation]
  const method = versionOf(dialect) === '1.0' ? rpc10 : rpc03
  const said = written === null ? '' : `,"params":${JSON.stringify(written)}`
  return rpcRequest(operation, Buffer.from(`{"jsonrpc":"2.0","id":${rpcId},"method":"${method}"${said}}`))
}

/**
 * The caller's own request for an agent of its dialect; null where it must be written anew: it hands in a push config in
 * a way that cannot be cut out, or asks for one.
 */
export function forwardRequest(call: Call): WireRequest | null {
  const { dialect, operation } = call
  if (operation === 'push_create' || operation === 'push_get' || operation === 'push_list') return null
  const isSend = operation === 'send' || operation === 'stream'
  // A request without a message of its own to keep loses nothing when it is put together from what was read of it.
  if (isRest(dialect) && !isSend) return writeRest(dialect, operation, paramsOf(call))
  const body = bytesOf(call)
  const kept = isSend && call.push !== null ? cutPush(body, dialect) : body
  if (kept === null) return null
  return isRest(dialect)
    ? restRequest(dialect, operation, { rest: templateOf(dialect, operation), body: kept })
    : rpcRequest(operation, kept)
}

function bytesOf({ body }: Call): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.length)
}

const json = 'application/json'
const eventStream = 'text/event-stream'

function rpcRequest(operation: Operation, body: Buffer): WireRequest {
  const accept = isStreaming(operation) ? eventStream : json
  return { method: 'POST', rest: '', query: '', contentType: json, accept, body }
}

function writeRest(dialect: DialectName, operation: AgentOperation, params: JsonObject): WireRequest {
  const grammar = grammars[dialect]
  const rest = templateOf(dialect, operation)
    .replace('{id}', () => segmentOf(params[operation.startsWith('push_') ? 'taskId' : 'id']))
    .replace('{configId}', () => segmentOf(params['id']))
  const said = restBodies[operation]?.(params, grammar) ?? null
  const body = said === null ? null : Buffer.from(JSON.stringify(said))
  const asked = operation === 'list' ? writeList(params, grammar) : params
  const query = operation === 'get' || operation === 'list' ? queryOf(asked, operation) : ''
  return restRequest(dialect, operation, { rest, body, query })
}

interface RestSaid {
  readonly rest: string
  readonly body: Buffer | null
  readonly query?: string
}

function restRequest(
  dialect: DialectName,
  operation: AgentOperation,
  { rest, body, query = '' }: RestSaid,
): WireRequest {
  const plain = dialect === 'a2a-1.0-rest' ? `application/a2a+json, ${json}` : json
  const accept = isStreaming(operation) ? eventStream : plain
  // Clients of both revisions send their bodies under the plain name, and every server takes it.
  return { method: routeOf(dialect, operation).verb, rest, query, contentType: body && json, accept, body }
}

function routeOf(dialect: DialectName, operation: AgentOperation): RestRoute {
  const { rest10, rest03 } = methods[operation]
  return versionOf(dialect) === '1.0' ? rest10 : rest03
}

function templateOf(dialect: DialectName, operation: AgentOperation): string {
  return routeOf(dialect, operation).template
}

/** A lone surrogate has no escape. */
function segmentOf(id: unknown): string {
  return encodeURIComponent(typeof id === 'string' ? id.toWellFormed() : '')
}

function queryOf(params: JsonObject, operation: 'get' | 'list'): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    const isId = operation === 'get' && name === 'id'
    if (!isId && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      query.set(name, String(value))
  }
  return query.toString()
}

type Writer = (params: JsonObject, grammar: Grammar) => JsonObject | null

/** The parameters of JSON-RPC; null for none. */
const writers: Readonly<Record<AgentOperation, Writer>> = {
  send: writeSend,
  stream: writeSend,
  get: (params) => params,
  list: writeList,
  cancel: (params) => params,
  subscribe: (params) => params,
  push_create: pushFrom10,
  push_delete: (params, grammar) =>
    grammar === '1.0' ? params : { id: params['taskId'], pushNotificationConfigId: params['id'] },
  card: (params, grammar) => (grammar === '1.0' ? params : null),
}

/** The bodies of REST; the others have none. */
const restBodies: Readonly<Partial<Record<AgentOperation, Writer>>> = {
  send: writeSend,
  stream: writeSend,
  cancel: ({ metadata }) => (isJsonObject(metadata) ? { metadata } : null),
  push_create: pushFrom10,
}

function writeSend(params: JsonObject, grammar: Grammar): JsonObject {
  if (grammar === '1.0') return params
  const { message, metadata } = params
  return {
    message: isJsonObject(message) ? messageFrom10(message, grammar) : {},
    configuration: writeConfiguration(params['configuration'], grammar),
    ...(isJsonObject(metadata) ? { metadata } : {}),
  }
}

/** What 0.3 does where nothing is said of blocking was never defined, so it is said. */
function writeConfiguration(given: unknown, grammar: Grammar): JsonObject {
  const configuration = isJsonObject(given) ? given : {}
  const { acceptedOutputModes, historyLength, returnImmediately, taskPushNotificationConfig: push } = configuration
  const pushName = grammar === '0.3' ? 'pushNotificationConfig' : 'pushNotification'
  // Agents of 0.2.5 take no configuration without output modes; an empty list says no more than none.
  const modes = Array.isArray(acceptedOutputModes) ? acceptedOutputModes : grammar === '0.3' ? [] : null
  return {
    ...(modes === null ? {} : { acceptedOutputModes: modes }),
    ...(typeof historyLength === 'number' ? { historyLength } : {}),
    ...(isJsonObject(push) ? { [pushName]: configFrom10(push) } : {}),
    blocking: returnImmediately !== true,
  }
}

function writeList(params: JsonObject, grammar: Grammar): JsonObject {
  const { status } = params
  return typeof status === 'string' && isTaskState(status)
    ? { ...params, status: stateFrom10(status, grammar) }
    : params
}
