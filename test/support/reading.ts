/** Reads requests as the road does, without a socket. */
import type { Call } from '../../src/domain/call.ts'
import { type HopId, isHopId } from '../../src/domain/ids.ts'
import { isMalformed, type Malformed } from '../../src/protocol/a2a/malformed.ts'
import { readCall } from '../../src/protocol/a2a/read-call.ts'
import type { WireRequest } from '../../src/protocol/a2a/write-request.ts'
import { agentId } from './hop.ts'

export const ref: HopId = hopId('hop_00000000000000aa')

function hopId(text: string): HopId {
  if (!isHopId(text)) throw new Error(`${text} is no hop id`)
  return text
}

export interface Request {
  /** POST if not given. */
  readonly method?: string
  /** JSON-RPC if not given. */
  readonly rest?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** An object is written as JSON. */
  readonly body?: unknown
}

export function read({ method = 'POST', rest = '/', query = '', headers = {}, body = '' }: Request): Call | Malformed {
  const bytes = body instanceof Buffer ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const inbound = {
    method,
    path: `/a2a/research${rest}`,
    query,
    headers: new Map(Object.entries(headers)),
    body: bytes,
    receivedAt: 1,
    startedAt: 1,
    peer: '127.0.0.1',
    clientCert: null,
  }
  return readCall(inbound, agentId('agent:research'), ref, rest)
}

/** A request that must be a call. */
export function readWell(request: Request): Call {
  const call = read(request)
  if (isMalformed(call)) throw new Error(call.body)
  return call
}

/** A request that must be none. */
export function readBadly(request: Request): Malformed {
  const call = read(request)
  if (!isMalformed(call)) throw new Error(`${call.operation} was read`)
  return call
}

/** What was written for an agent, read as if we were it. */
export function readBack(request: WireRequest, version: '1.0' | '0.3'): Call {
  const { contentType, accept, body, ...rest } = request
  const type = contentType === null ? {} : { 'content-type': contentType }
  return readWell({ ...rest, headers: { ...type, accept, 'a2a-version': version }, body: body ?? Buffer.alloc(0) })
}
