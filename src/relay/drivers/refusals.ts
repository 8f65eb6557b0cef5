/** What an HTTP status of a framework means to a caller. The framework's own sentences stay with operators. */
import type { AgentError } from '../../protocol/a2a/said.ts'
import { errorInfo } from '../../protocol/jsonrpc.ts'
import type { Head } from '../wire/transport.ts'
import { agentError, agentErrors, type Course } from './framework.ts'
import type { Answer } from './request.ts'

/** Ends the ask with what an answer refuses, or with a fault where it is none that was asked for. */
export function refuse(course: Course, { status, head, json, text }: Answer): void {
  course.detail(`status ${status}: ${text.slice(0, detail_max)}`)
  const refusal = refusalOf(status, head)
  if (refusal) course.error(refusal)
  else course.bad(`status ${status} and ${json === undefined ? 'no JSON' : 'nothing that was asked for'}`)
}

/** Unit: characters. */
const detail_max = 500

/** Null where a status is a fault of the framework or of our configuration. */
export function refusalOf(status: number, head: Head): AgentError | null {
  if (status === 429) return limited(head)
  const [code, message] = refusals[status] ?? []
  return code === undefined || message === undefined ? null : agentError(code, message)
}

const refusals: Readonly<Record<number, readonly [code: number, message: string]>> = {
  400: [agentErrors.invalid_params, 'The agent refused the request as invalid.'],
  409: [agentErrors.unsupported, 'The agent still works on this conversation.'],
  413: [agentErrors.invalid_params, 'The message is larger than the agent takes.'],
  415: [agentErrors.content_type, 'The agent does not take this kind of content.'],
  422: [agentErrors.invalid_params, 'The agent refused the request as invalid.'],
}

/** Longer than a day is no advice. Unit: seconds. */
const retryMax_s = 86_400

function limited(head: Head): AgentError {
  const seconds = Number(head['retry-after'])
  const known = Number.isFinite(seconds) && seconds >= 0
  const delay = known ? Math.min(Math.ceil(seconds), retryMax_s) : 1
  const data = [
    errorInfo('RATE_LIMITED', 'a2a-protocol.org'),
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${delay}s` },
  ]
  const error = agentError(agentErrors.unsupported, 'The agent is over its own rate limit; wait before you retry.')
  return { ...error, data: JSON.stringify(data) }
}
