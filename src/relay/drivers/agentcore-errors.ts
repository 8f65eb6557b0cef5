/** What refusals of Bedrock AgentCore mean, in HTTP and in the JSON-RPC of its A2A mode. */
import type { Fault } from '../../domain/fault.ts'
import type { AgentError } from '../../protocol/a2a/said.ts'
import { a2aErrors } from '../../protocol/a2a/errors.ts'
import { makeFault } from '../wire/transport.ts'
import { agentError, agentErrors } from './framework.ts'
import { refusalOf } from './refusals.ts'
import type { Answer } from './request.ts'

/** What kind of refusal it is, whatever it came in. */
type Kind = 'not_found' | 'validation' | 'throttled' | 'conflict' | 'app_failed'

/** Errors of the platform by the name in `x-amzn-errortype`. */
const kinds: Readonly<Record<string, Kind>> = {
  ResourceNotFoundException: 'not_found',
  ValidationException: 'validation',
  ThrottlingException: 'throttled',
  ServiceQuotaExceededException: 'throttled',
  ConflictException: 'conflict',
  RuntimeClientError: 'app_failed',
}

/** Where nothing names the error: a container that is spoken to by itself. */
const statuses: Readonly<Record<number, Kind>> = {
  400: 'validation',
  409: 'conflict',
  422: 'validation',
  424: 'app_failed',
  429: 'throttled',
  500: 'app_failed',
}

/** The app itself has failed, which ends the task; everything else refuses it. */
export function isAppFailure(answer: Answer): boolean {
  return kindOf(answer) === 'app_failed'
}

export function refusalIn(answer: Answer): AgentError | Fault {
  const { status, head, text } = answer
  const kind = kindOf(answer)
  if (kind === 'throttled') return refusalOf(429, head) ?? busy
  if (kind === 'conflict') return busy
  if (kind === 'validation') return invalid
  return makeFault('bad_answer', `status ${status}: ${text.slice(0, text_max)}`, true)
}

/** The body is not looked at for a name: an app could write one there. */
function kindOf({ status, head }: Answer): Kind | null {
  const name = (head['x-amzn-errortype'] ?? '').replace(/[:#].*$/s, '')
  return kinds[name] ?? statuses[status] ?? null
}

/** Codes of the platform in A2A mode; those of its older documentation are still met. */
const platformCodes: Readonly<Record<number, Kind>> = {
  [-32051]: 'not_found',
  [-32052]: 'validation',
  [-32053]: 'throttled',
  [-32054]: 'conflict',
  [-32055]: 'app_failed',
  [-32501]: 'not_found',
  [-32502]: 'validation',
  [-32503]: 'throttled',
  [-32504]: 'conflict',
  [-32505]: 'app_failed',
}

/** An error of the platform in words of A2A; an error of the agent itself stays as it is. */
export function platformError(error: AgentError): AgentError | Fault {
  const kind = Object.hasOwn(platformCodes, error.code) ? platformCodes[error.code] : undefined
  if (kind === undefined) return error
  if (kind === 'not_found') return makeFault('bad_answer', `${error.code}: ${error.message.slice(0, text_max)}`, true)
  return meanings[kind]
}

/** Records keep no more of an error's text. Unit: characters. */
const text_max = 300

const busy = agentError(agentErrors.unsupported, 'The agent still works on this conversation.')
const invalid = agentError(agentErrors.invalid_params, 'The agent refused the request as invalid.')

const meanings: Readonly<Record<Exclude<Kind, 'not_found'>, AgentError>> = {
  validation: invalid,
  throttled: refusalOf(429, {}) ?? busy,
  conflict: busy,
  app_failed: agentError(a2aErrors.internal_error.code, 'The target failed while it worked on this call.'),
}
