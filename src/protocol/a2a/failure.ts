/**
 * Errors as each dialect writes them: inside a JSON-RPC envelope, as the body of a REST answer (AIP-193; 0.3 has a shape
 * of its own), as the only event of a stream, or as its last one.
 *
 * Measured with every generation of the SDKs: over JSON-RPC only an event reaches all of those that asked for a stream;
 * over REST an HTTP status with a JSON body reaches all of them before the first event and `event: error` after it.
 */
import type { Call } from '../../domain/call.ts'
import type { HeaderList } from '../http.ts'
import { errorInfo, jsonHeaders, streamHeaders, writeEvent, type Written } from '../jsonrpc.ts'
import { isStreaming } from '../../domain/call.ts'
import { errorOfCode, grpcStatusOf } from './errors.ts'
import { isRest, versionOf } from './methods.ts'

/** Who an error is written to. */
export type FailureTo = Pick<Call, 'dialect' | 'operation' | 'rpcId' | 'accept'>

/** An error in the words of the protocol. */
export interface Failure {
  /** JSON-RPC code. */
  readonly code: number
  readonly message: string
  /** A JSON array of details; null or absent where there are none. */
  readonly data?: string | null
}

/** An error with all that one of the dialects may say of it. */
export interface WireError {
  readonly code: number
  readonly message: string
  /** Details as JSON, an array; null for none. */
  readonly data: string | null
  /** HTTP status over REST. */
  readonly http: number
  readonly grpcStatus: string
}

/** The whole answer to a call that failed before anything of its answer was written. */
export function writeFailure(to: FailureTo, failure: Failure): Written {
  return writeError(to, wireErrorOf(to, failure))
}

/** The last event of a stream that is open already. */
export function writeFailureEvent(to: FailureTo, failure: Failure): string {
  return writeErrorEvent(to, wireErrorOf(to, failure))
}

export function writeError(to: FailureTo, error: WireError): Written {
  if (isRest(to.dialect)) return { status: error.http, headers: restHeaders(to), body: restBody(to, error) }
  const body = rpcBody(to, error)
  return isStreaming(to.operation)
    ? { status: 200, headers: streamHeaders, body: writeEvent(body) }
    : { status: 200, headers: jsonHeaders, body }
}

export function writeErrorEvent(to: FailureTo, error: WireError): string {
  return isRest(to.dialect) ? `event: error\n${writeEvent(restBody(to, error))}` : writeEvent(rpcBody(to, error))
}

const a2aJson = 'application/a2a+json'

/** The content type of a JSON answer: clients of REST 1.0 choose it, and get the plain one unless they name the other. */
export function jsonTypeFor({ dialect, accept }: Pick<Call, 'dialect' | 'accept'>): string {
  return dialect === 'a2a-1.0-rest' && accept?.includes(a2aJson) ? a2aJson : 'application/json'
}

function restHeaders(to: FailureTo): HeaderList {
  return [
    ['content-type', jsonTypeFor(to)],
    ['cache-control', 'no-store'],
  ]
}

function rpcBody({ rpcId }: FailureTo, { code, message, data }: WireError): string {
  const details = data === null ? '' : `,"data":${data}`
  return `{"jsonrpc":"2.0","id":${rpcId},"error":{"code":${code},"message":${JSON.stringify(message)}${details}}}`
}

function restBody({ dialect }: FailureTo, { code, message, data, http, grpcStatus }: WireError): string {
  if (dialect === 'a2a-0.3-rest') return JSON.stringify({ code, message })
  const details = data === null ? '' : `,"details":${data}`
  return `{"error":{"code":${http},"status":"${grpcStatus}","message":${JSON.stringify(message)}${details}}}`
}

/** Over REST a code says its status by itself; one above 1000 is how Weir spells a status. */
function wireErrorOf({ dialect }: FailureTo, { code, message, data }: Failure): WireError {
  const known = errorOfCode(code)
  const http = known?.http ?? (code >= 1400 && code < 1600 ? code - 1000 : 500)
  const grpcStatus = known?.grpcStatus ?? grpcStatusOf(http)
  const told = versionOf(dialect) === '1.0' ? detailsOf(code, data ?? null) : null
  return { code, message, data: told, http, grpcStatus }
}

/** Clients of 1.0 know an error by its ErrorInfo, so every error has one. */
function detailsOf(code: number, data: string | null): string {
  const details = data === null ? [] : readDetails(data)
  if (details.some(isErrorInfo)) return JSON.stringify(details)
  const known = errorOfCode(code)
  const info = known ? errorInfo(known.reason, 'a2a-protocol.org') : errorInfo('UPSTREAM_ERROR', 'weir.dev')
  return JSON.stringify([info, ...details])
}

function readDetails(data: string): readonly unknown[] {
  try {
    const read: unknown = JSON.parse(data)
    return Array.isArray(read) ? read : []
  } catch {
    return []
  }
}

function isErrorInfo(detail: unknown): boolean {
  if (typeof detail !== 'object' || detail === null || !('@type' in detail) || !('reason' in detail)) return false
  return detail['@type'] === 'type.googleapis.com/google.rpc.ErrorInfo' && typeof detail.reason === 'string'
}
