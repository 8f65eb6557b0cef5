/**
 * What went wrong with an agent, in the shape of OpenAI's errors; refusals of Weir have a face of their own (`faces.ts`).
 * Whether an agent failed or refused, its own words are the message. The SDKs send a call again for a 5xx, 408, 409 or 429, and
 * LangChain for most of 4xx: an agent that failed would begin its work anew and be paid twice, so that is a 403.
 */
import type { JsonObject } from '../../base/json.ts'
import type { TaskState } from '../../domain/task.ts'
import { errorOfCode } from '../a2a/errors.ts'
import { textOf } from '../a2a/translate/members.ts'
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
  code: 'agent_answer_too_long',
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

/** The `error` member. */
export function errorOf({ code, message, param }: BridgeFailure): JsonObject {
  return { message, type: code.startsWith('agent_') ? 'agent_error' : 'invalid_request_error', param, code }
}

export function writeBridgeFailure(failure: BridgeFailure): Written {
  const { status, headers } = failure
  return { status, headers: [...jsonHeaders, ...headers], body: JSON.stringify({ error: errorOf(failure) }) }
}
