/**
 * What went wrong with an agent, in the shape of OpenAI's errors. A denial of Weir keeps its sentence and its status; whether
 * an agent failed or refused, its own words are the message. The SDKs send a call again for a 5xx, 408, 409 or 429, and
 * LangChain for most of 4xx: an agent that failed would begin its work anew and be paid twice, so that is a 403.
 */
import type { JsonObject } from '../../base/json.ts'
import { denials } from '../../domain/denials.ts'
import type { TaskState } from '../../domain/task.ts'
import type { Denial } from '../../domain/verdict.ts'
import { errorOfCode } from '../a2a/errors.ts'
import { textOf } from '../a2a/translate/members.ts'
import { denialHeaders } from '../faces.ts'
import type { HeaderList } from '../http.ts'
import { jsonHeaders, type Written } from '../jsonrpc.ts'
import type { BridgeMistake } from './bridge-parts.ts'

/** An error as clients of OpenAI's APIs read it. */
export interface BridgeFailure {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly param: string | null
  readonly headers: HeaderList
}

const noRetry: HeaderList = [['x-should-retry', 'false']]

export function failureOfMistake({ message, param }: BridgeMistake): BridgeFailure {
  return { status: 400, code: 'invalid_request', message, param, headers: noRetry }
}

/** `agent_failed`, `agent_rejected`, `agent_canceled`: of a task that ended without an answer. */
export function failureOfState(state: TaskState | null, message: string): BridgeFailure {
  const what = (state ?? 'TASK_STATE_FAILED').slice('TASK_STATE_'.length).toLowerCase()
  return { status: 403, code: `agent_${what}`, message, param: null, headers: noRetry }
}

export const answerTooLong: BridgeFailure = {
  status: 403,
  code: 'answer_too_long',
  message: 'The answer of the agent is longer than one answer may be',
  param: null,
  headers: noRetry,
}

/** An answer that is none of A2A 1.0 would be a bug of ours. */
export const noAnswer: BridgeFailure = failureOfState(null, 'The agent gave no answer')

/** Reads the error of an answer of JSON-RPC: one of the protocol, or one of the agent. A refusal of ours is never read. */
export function failureOfRpc({ code, message }: JsonObject): BridgeFailure {
  const words = textOf(message) ?? 'The agent failed'
  const known = typeof code === 'number' ? errorOfCode(code) : null
  if (!known || known.http >= 500) return failureOfState(null, words)
  return { status: known.http, code: known.reason.toLowerCase(), message: words, param: null, headers: noRetry }
}

export function failureOfDenial(denial: Denial, sentence: string): BridgeFailure {
  const { code } = denial
  return { status: denials[code].http, code, message: sentence, param: null, headers: denialHeaders(denial) }
}

/** What OpenAI calls errors of a status. */
const types: Readonly<Partial<Record<number, string>>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'insufficient_quota',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
}

/** The `error` member. */
export function errorOf({ status, code, message, param }: BridgeFailure): JsonObject {
  return { message, type: types[status] ?? 'server_error', param, code }
}

export function writeBridgeFailure(failure: BridgeFailure): Written {
  const { status, headers } = failure
  return { status, headers: [...jsonHeaders, ...headers], body: JSON.stringify({ error: errorOf(failure) }) }
}
