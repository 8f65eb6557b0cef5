/** The answer to a request that is no call, in the words of whoever sent it. */
import type { JsonMistake } from '../../base/json-scan.ts'
import type { Call } from '../../domain/call.ts'
import { errorInfo, type Written } from '../jsonrpc.ts'
import { type A2aErrorName, a2aErrors } from './errors.ts'
import { type FailureTo, writeError, writeFailure } from './failure.ts'
import type { A2aVersion } from './revision.ts'

/** A request that is no call; the answer is already written. */
export interface Malformed extends Written {
  readonly kind: 'malformed'
  /** The JSON-RPC error code of the answer. */
  readonly code: number
  /** Whom it answers, for whoever has another answer to give. */
  readonly to: FailureTo
}

export function isMalformed(read: Call | Malformed): read is Malformed {
  return 'kind' in read
}

export function malformed(to: FailureTo, name: A2aErrorName, message: string): Malformed {
  const { code } = a2aErrors[name]
  return { kind: 'malformed', code, to, ...writeFailure(to, { code, message }) }
}

export function unsupportedVersion(to: FailureTo, versions: readonly A2aVersion[]): Malformed {
  const { code, reason } = a2aErrors.version_not_supported
  const message = `This version of A2A is not supported here; supported: ${versions.join(', ')}`
  const data = JSON.stringify([errorInfo(reason, 'a2a-protocol.org', { supported: versions.join(',') })])
  return { kind: 'malformed', code, to, ...writeFailure(to, { code, message, data }) }
}

/** A path that is there and is asked with another HTTP method. */
export function wrongVerb(to: FailureTo, allowed: readonly string[]): Malformed {
  const verbs = allowed.join(', ')
  const { code, reason, grpcStatus } = a2aErrors.method_not_found
  const data = JSON.stringify([errorInfo(reason, 'a2a-protocol.org')])
  const answer = writeError(to, { code, message: `This path answers ${verbs} only`, data, http: 405, grpcStatus })
  return { kind: 'malformed', code, to, ...answer, status: 405, headers: [...answer.headers, ['allow', verbs]] }
}

/** Bytes that have more than one reading, or none. */
export function unreadable(to: FailureTo, { what }: JsonMistake): Malformed {
  return malformed(to, ...mistakes[what])
}

const mistakes: Readonly<Record<JsonMistake['what'], readonly [A2aErrorName, string]>> = {
  syntax: ['parse_error', 'The body is not JSON'],
  utf8: ['parse_error', 'The body is not UTF-8'],
  depth: ['invalid_request', 'The body is nested too deeply'],
  duplicate: ['invalid_request', 'A member appears twice'],
  lookalike: ['invalid_request', 'A member is a second spelling of one that is read'],
  forbidden: ['invalid_request', 'A member has a forbidden name'],
}

/** Media types that a JSON body may have: the subtype says JSON, or the client says nothing of its own. */
const jsonTypes = /^\s*(?:[a-z]+\/(?:[\w.+-]+\+)?json|text\/plain)\s*(?:;|$)/i

/** Whether a body is said to be something else than JSON. */
export function isOtherType(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType === 'application/json') return false
  return contentType.trim() !== '' && !jsonTypes.test(contentType)
}
