/**
 * A2A 0.2.5 over JSON-RPC as FastA2A speaks it, written and read without the codec of `protocol/a2a`, which knows 0.3 and
 * 1.0 only. What is special here: the accepted output modes must be named wherever anything is configured, times have no
 * zone, and newer versions of the server wrap a sent task as 1.0 does.
 */
import { type JsonObject, isJsonObject } from '../../base/json.ts'
import { isTaskState, phaseOf, type TaskState } from '../../domain/task.ts'
import type { AgentError } from '../../protocol/a2a/said.ts'
import { agentError } from './framework.ts'
import { type Part, partsOf } from './message.ts'
import { returnsImmediately } from '../../protocol/a2a/params.ts'

/** The task of an answer in the words of 1.0. */
export interface WireTask {
  readonly id: string
  readonly contextId: string
  readonly state: TaskState
  /** With the ids of the wire in it. */
  readonly task: JsonObject
}

const methods = { send: 'message/send', get: 'tasks/get', cancel: 'tasks/cancel' } as const

/** A JSON-RPC request; `params` are those of 0.2.5. */
export function writeRpc(operation: keyof typeof methods, params: JsonObject, id: string): JsonObject {
  return { jsonrpc: '2.0', id, method: methods[operation], params }
}

/** `params` of a `SendMessageRequest` of 1.0. The server starts a new task whatever task is named, so none is. */
export function sendParams(params: JsonObject, contextId: string | null): JsonObject {
  const message = isJsonObject(params['message']) ? params['message'] : {}
  const { configuration } = params
  const { acceptedOutputModes, historyLength } = isJsonObject(configuration) ? configuration : {}
  const { messageId, metadata } = message
  return {
    message: {
      kind: 'message',
      role: 'user',
      messageId: typeof messageId === 'string' ? messageId : 'message',
      parts: partsOf(message).map(wirePart),
      ...(contextId === null ? {} : { contextId }),
      ...(isJsonObject(metadata) ? { metadata } : {}),
    },
    configuration: {
      acceptedOutputModes: Array.isArray(acceptedOutputModes)
        ? acceptedOutputModes
        : ['text/plain', 'application/json'],
      blocking: !returnsImmediately(params),
      ...(typeof historyLength === 'number' ? { historyLength } : {}),
    },
  }
}

function wirePart(part: Part): JsonObject {
  if (part.kind === 'text') return { kind: 'text', text: part.text }
  if (part.kind === 'data') return { kind: 'data', data: isJsonObject(part.data) ? part.data : { value: part.data } }
  const name = part.filename === null ? {} : { name: part.filename }
  const bytes = part.kind === 'raw' ? { bytes: part.raw } : { uri: part.url }
  return { kind: 'file', file: { ...bytes, mimeType: part.mediaType, ...name } }
}

/** Null for what is no answer. The server's own text about an internal error stays with operators. */
export function readRpc(json: unknown, status: number): WireTask | AgentError | null {
  if (!isJsonObject(json) || json['jsonrpc'] !== '2.0') return null
  const { error, result } = json
  if (isJsonObject(error)) return errorOf(error)
  if (status > 299 || !isJsonObject(result)) return null
  return taskOf(isJsonObject(result['task']) ? result['task'] : result)
}

/** The sentences of A2A for the codes a caller can do something about. */
const sentences: Readonly<Record<number, string>> = {
  [-32001]: 'There is no such task.',
  [-32002]: 'The task cannot be cancelled any more.',
  [-32004]: 'The agent cannot do this.',
  [-32005]: 'The agent does not take this kind of content.',
  [-32602]: 'The agent refused the request as invalid.',
}

function errorOf({ code }: JsonObject): AgentError | null {
  if (!Number.isSafeInteger(code)) return null
  return agentError(code as number, sentences[code as number] ?? 'The agent failed.')
}

function taskOf(task: JsonObject): WireTask | null {
  const { id, contextId, status, artifacts, history, metadata } = task
  if (!isId(id) || !isId(contextId) || !isJsonObject(status)) return null
  const state = stateOf(status['state'])
  if (state === null) return null
  const said = Array.isArray(history) ? history.filter(isJsonObject).map(messageFrom) : []
  const lists = {
    ...(Array.isArray(artifacts) ? { artifacts: artifacts.filter(isJsonObject).map(artifactFrom) } : {}),
    ...(said.length > 0 ? { history: said } : {}),
  }
  const more = isJsonObject(metadata) ? { metadata } : {}
  const stands = { ...questionIn(said, state), ...statusFrom(status, state) }
  return { id, contextId, state, task: { id, contextId, status: stands, ...lists, ...more } }
}

/** The server cannot put a message beside a status, so a question is the last thing that was said. */
function questionIn(said: readonly JsonObject[], state: TaskState): JsonObject {
  const message = said.at(-1)
  return phaseOf(state) === 'interrupted' && message?.['role'] === 'ROLE_AGENT' ? { message } : {}
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 256
}

/** `input-required` is `TASK_STATE_INPUT_REQUIRED`; a word of 1.0 stays as it is. */
function stateOf(state: unknown): TaskState | null {
  if (typeof state !== 'string') return null
  const word = state.startsWith('TASK_STATE_') ? state : `TASK_STATE_${state.replaceAll('-', '_').toUpperCase()}`
  return isTaskState(word) ? word : null
}

function statusFrom({ timestamp, message }: JsonObject, state: TaskState): JsonObject {
  return {
    state,
    ...(typeof timestamp === 'string' ? { timestamp: zoned(timestamp) } : {}),
    ...(isJsonObject(message) ? { message: messageFrom(message) } : {}),
  }
}

/** Python writes the time of its own clock without saying where it stands; servers run in UTC. */
function zoned(timestamp: string): string {
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(timestamp) ? timestamp : `${timestamp}Z`
}

function messageFrom(message: JsonObject): JsonObject {
  const { kind: _, role, parts, ...rest } = message
  return { ...rest, role: role === 'user' ? 'ROLE_USER' : 'ROLE_AGENT', parts: partsFrom(parts) }
}

function artifactFrom(artifact: JsonObject): JsonObject {
  return { ...artifact, parts: partsFrom(artifact['parts']) }
}

function partsFrom(parts: unknown): readonly JsonObject[] {
  return Array.isArray(parts) ? parts.filter(isJsonObject).map(partFrom) : []
}

/** A part without a kind is one of a newer server, and in the words of 1.0 already. */
function partFrom({ kind, file, ...rest }: JsonObject): JsonObject {
  if (kind !== 'file' || !isJsonObject(file)) return rest
  const { bytes, uri, mimeType, name } = file
  return {
    ...(typeof bytes === 'string' ? { raw: bytes } : { url: uri }),
    ...(typeof mimeType === 'string' ? { mediaType: mimeType } : {}),
    ...(typeof name === 'string' ? { filename: name } : {}),
    ...rest,
  }
}
