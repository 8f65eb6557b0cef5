/** An agent's error as its caller gets it: the very bytes where it asked in the same words, and never an exception text. */
import type { Call } from '../../domain/call.ts'
import { isStreaming } from '../../domain/call.ts'
import type { Written } from '../jsonrpc.ts'
import { a2aErrors } from './errors.ts'
import { type Failure, writeFailure, writeFailureEvent } from './failure.ts'
import { isRest } from './methods.ts'
import type { AgentError } from './said.ts'

type Asker = Pick<Call, 'id' | 'dialect' | 'operation' | 'rpcId' | 'accept'>

/** The whole answer to a call that failed before anything of its answer was written. */
export function writeAgentFailure(call: Asker, error: AgentError): Written {
  const own = ownBytes(call, error)
  const written = writeFailure(call, scrub(error, call))
  if (own === null) return written
  return { ...written, body: isStreaming(call.operation) ? `data: ${own}\n\n` : own }
}

/** The last event of a stream that is open already. */
export function writeAgentFailureEvent(call: Asker, error: AgentError): string {
  const own = ownBytes(call, error)
  return own === null ? writeFailureEvent(call, scrub(error, call)) : `data: ${own}\n\n`
}

/** JSON-RPC only: over REST the status says as much as the body. A line break in valid JSON is white space. */
function ownBytes({ dialect, operation, rpcId }: Asker, { code, origin }: AgentError): string | null {
  if (origin === null || isRest(dialect) || origin.dialect !== dialect || origin.rpcId !== rpcId) return null
  if (code === a2aErrors.internal_error.code) return null
  const text = origin.bytes.toString('utf8')
  return isStreaming(operation) ? text.replaceAll(/[\r\n]/g, ' ') : text
}

/** An agent's own exception text is not for its callers: it names files, hosts and secrets. */
function scrub({ code, message, data }: AgentError, { id }: Asker): Failure {
  if (code !== a2aErrors.internal_error.code) return { code, message, data }
  return { code, message: `The target failed while it worked on this call. ref ${id}` }
}
