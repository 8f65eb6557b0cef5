/** What a call asks for in the form of A2A 1.0, whatever it came in. Built when it is asked for: most calls pass as bytes. */
import { assert } from '../../base/assert.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type Call, isHopOperation } from '../../domain/call.ts'
import { isRest, versionOf } from './methods.ts'
import { pushMemberNames } from './read-send.ts'
import { readRestParams } from './rest-params.ts'
import { type Grammar, grammars } from './said.ts'
import { isBadParams, isNothing, readTaskParams } from './task-params.ts'
import { pick } from './translate/members.ts'
import { messageTo10 } from './translate/message.ts'

/**
 * The parameters of the call: `SendMessageRequest` without tenant and push config for what starts work, those of the
 * operation else. The call was read, so its body is known to hold them.
 */
export function paramsOf(call: Call): JsonObject {
  const { operation, dialect } = call
  const given = givenOf(call)
  if (isHopOperation(operation)) return sendParams(given, grammars[dialect])
  const read = isRest(dialect)
    ? readRestParams({ operation, version: versionOf(dialect), ...idsOf(call), query: call.query, body: given })
    : readTaskParams(operation, given, grammars[dialect])
  assert(!isBadParams(read), 'a call was read with these parameters')
  return read
}

/** The config of a REST path is kept where a push operation keeps what it is about. */
function idsOf({ operation, taskId, push }: Call): {
  readonly taskId: string | null
  readonly configId: string | null
} {
  const about = push === null || operation === 'push_create' ? {} : objectOf(push)
  const { id } = about
  return { taskId, configId: typeof id === 'string' ? id : null }
}

/** The parameters as the caller spelled them. */
function givenOf({ dialect, body }: Call): JsonObject {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
  if (isRest(dialect)) return text === '' ? {} : objectOf(text)
  const { params } = objectOf(text)
  return isJsonObject(params) ? params : {}
}

function objectOf(text: string): JsonObject {
  const read: unknown = JSON.parse(text)
  return isJsonObject(read) ? read : {}
}

function sendParams(given: JsonObject, grammar: Grammar): JsonObject {
  const { tenant: _, message, configuration, metadata, ...unknown } = given
  const read = isJsonObject(message) ? (messageTo10(message, grammar) ?? message) : {}
  const settings = isJsonObject(configuration) ? { configuration: readConfiguration(configuration, grammar) } : {}
  const more = isJsonObject(metadata) ? { metadata } : {}
  // What a later 1.x adds passes between agents of 1.0; the words of another revision mean nothing to them.
  const kept = grammar === '1.0' ? unknown : {}
  return { ...kept, message: read, ...settings, ...more }
}

function readConfiguration(configuration: JsonObject, grammar: Grammar): JsonObject {
  if (grammar === '1.0')
    return Object.fromEntries(Object.entries(configuration).filter(([name]) => !pushMemberNames.has(name)))
  const { blocking, historyLength } = configuration
  return {
    ...pick(configuration, ['acceptedOutputModes']),
    ...(isNothing(historyLength) ? {} : { historyLength }),
    ...waitingOf(blocking, grammar),
  }
}

/** Protobuf JSON leaves out what is false, and the SDKs of 0.3 do; over JSON-RPC nothing is said where nothing stands. */
function waitingOf(blocking: unknown, grammar: Grammar): JsonObject {
  if (typeof blocking === 'boolean') return { returnImmediately: !blocking }
  return grammar === '0.3-proto' ? { returnImmediately: true } : {}
}

/** Whether a `SendMessageRequest` does not wait for the end of the task. */
export function returnsImmediately({ configuration }: JsonObject): boolean {
  return isJsonObject(configuration) && configuration['returnImmediately'] === true
}
