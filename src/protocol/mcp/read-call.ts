/**
 * Reads one request to the route of a tool server into an McpCall. The era is that of the request and never of the
 * connection: `initialize` and a session of ours are legacy, whatever claims to be modern is modern, and a malformed
 * claim hears of it in modern words.
 */
import type { McpCall, McpRevision } from '../../domain/call.ts'
import type { HopId } from '../../domain/ids.ts'
import { isOtherType } from '../a2a/malformed.ts'
import type { HeaderMap, Inbound } from '../http.ts'
import { jsonHeaders, type Written } from '../jsonrpc.ts'
import { type Message, readMessage, type Unread } from './message.ts'
import { mismatch } from './mirror.ts'
import { codes, dialectOf, firstModern, isModernVersion, isRevision } from './words.ts'

export type Era = 'legacy' | 'modern'

interface McpError {
  readonly code: number
  readonly message: string
  readonly data?: object
}

/** What is known of the route. `Session` is what a session id of ours stands for. */
export interface Route<Session> {
  /** The slug of the server. */
  readonly server: string
  readonly id: HopId
  /** Null for an id that is none of ours. */
  openSession(sealed: string): Session | null
}

export interface Arrival<Session> {
  readonly kind: 'arrival'
  readonly era: Era
  readonly call: McpCall
  /** Null without one: before `initialize`, in the modern era, and at servers that have no sessions. */
  readonly session: Session | null
}

/** A request that is no call; the answer is already written. */
export interface McpMalformed extends Written {
  readonly kind: 'malformed'
}

export function readMcpCall<Session extends object>(
  inbound: Inbound,
  route: Route<Session>,
): Arrival<Session> | McpMalformed {
  const { headers, method } = inbound
  const shown = headers.get('mcp-session-id')
  const session = shown === undefined ? null : route.openSession(shown)
  if (method === 'GET' || method === 'DELETE') return readBodiless(inbound, route, session)
  if (method !== 'POST') return wrongMethod()
  if (isOtherType(headers.get('content-type')))
    return malformed(415, codes.request, 'The body must be application/json', 'null')
  const message = readMessage(inbound.body)
  if (message.kind === 'unread') return malformed(400, ...mistakes[message.what], 'null')
  const era = eraOf(message, headers, session !== null)
  if (era === 'modern') return readModern(inbound, route, message)
  if (shown !== undefined && session === null) return noSession(message.rpcId)
  return arrivalOf(inbound, route, { message, era, session })
}

/** The era of a request, whoever reads it then; what cannot be read is of none, and so of the old one. */
export function eraOfInbound({ method, headers, body }: Inbound, isSession: boolean): Era {
  const message = method === 'POST' ? readMessage(body) : null
  if (message?.kind === 'message') return eraOf(message, headers, isSession)
  return isModernVersion(headers.get('mcp-protocol-version')) ? 'modern' : 'legacy'
}

/** A session of ours is of the legacy era, whatever else is said with it. */
export function eraOf(message: Message, headers: HeaderMap, hasSession: boolean): Era {
  if (message.method === 'initialize' && !message.claimsModern) return 'legacy'
  if (hasSession) return 'legacy'
  const claims = message.claimsModern || message.method === 'server/discover' || headers.has('mcp-method')
  return claims || isModernVersion(headers.get('mcp-protocol-version')) ? 'modern' : 'legacy'
}

function readModern<Session>(
  inbound: Inbound,
  route: Route<Session>,
  message: Message,
): Arrival<Session> | McpMalformed {
  const header = mismatch(inbound.headers, message)
  if (header !== null)
    return malformed(400, codes.headerMismatch, `${header} says something else than the body`, message.rpcId)
  return arrivalOf(inbound, route, { message, era: 'modern', session: null })
}

/** The stream of a session, and its end. Outside of a session there is neither. */
function readBodiless<Session>(
  inbound: Inbound,
  route: Route<Session>,
  session: Session | null,
): Arrival<Session> | McpMalformed {
  const { headers, method } = inbound
  const isModern = isModernVersion(headers.get('mcp-protocol-version'))
  if (!headers.has('mcp-session-id') || isModern) return wrongMethod()
  if (session === null) return noSession('null')
  const call: McpCall = {
    ...callOf(inbound, route, revisionOf(headers, null, 'legacy')),
    operation: 'pass',
    form: method === 'GET' ? 'listen' : 'close',
    method,
    rpcId: 'null',
    target: { kind: 'server', id: route.server },
    args: null,
  }
  return { kind: 'arrival', era: 'legacy', call, session }
}

interface Read<Session> {
  readonly message: Message
  readonly era: Era
  readonly session: Session | null
}

function arrivalOf<Session>(
  inbound: Inbound,
  route: Route<Session>,
  { message, era, session }: Read<Session>,
): Arrival<Session> | McpMalformed {
  const { form, method, rpcId, name } = message
  const wanted = wantedBy(message)
  if ('kind' in wanted) return wanted
  const isCall = wanted.operation === 'call_tool'
  const call: McpCall = {
    ...callOf(inbound, route, revisionOf(inbound.headers, message, era)),
    ...wanted,
    form,
    method,
    rpcId,
    target: isCall ? { kind: 'tool', id: `${route.server}/${name}` } : { kind: 'server', id: route.server },
  }
  return { kind: 'arrival', era, call, session }
}

/** What a message wants of a server: a call of a tool, which is answered and names its tool, or anything else. */
export function wantedBy({
  form,
  method,
  rpcId,
  name,
  args,
}: Message): Pick<McpCall, 'operation' | 'args'> | McpMalformed {
  if (method !== 'tools/call' || form === 'response') return { operation: 'pass', args: null }
  if (form === 'request' && name !== null) return { operation: 'call_tool', args }
  return malformed(200, codes.params, 'tools/call needs an id and the name of a tool', rpcId)
}

function callOf({ body, receivedAt }: Inbound, { id }: Pick<Route<unknown>, 'id'>, revision: McpRevision) {
  return { id, dialect: dialectOf(revision), body, receivedAt }
}

/** For records; before 2025-06-18 no header says it. */
function revisionOf(headers: HeaderMap, message: Message | null, era: Era): McpRevision {
  const said = message?.metaVersion ?? headers.get('mcp-protocol-version') ?? message?.wantedVersion
  if (isRevision(said) && isModernVersion(said) === (era === 'modern')) return said
  return era === 'modern' ? firstModern : '2025-03-26'
}

/** `rpcId` is the raw token of the request's id, `null` where it is not known. */
export function mcpError(status: number, error: McpError, rpcId: string): Written {
  return { status, headers: jsonHeaders, body: `{"jsonrpc":"2.0","id":${rpcId},"error":${JSON.stringify(error)}}` }
}

export function malformed(status: number, code: number, message: string, rpcId: string): McpMalformed {
  return { kind: 'malformed', ...mcpError(status, { code, message }, rpcId) }
}

/** 404 makes clients begin anew; a 405 tells them that there is no such stream and never was. */
export function wrongMethod(): McpMalformed {
  const error = { code: codes.request, message: 'There is no session whose stream this could be' }
  const written = mcpError(405, error, 'null')
  return { kind: 'malformed', ...written, headers: [...written.headers, ['allow', 'POST']] }
}

export function noSession(rpcId: string): McpMalformed {
  return malformed(404, -32001, 'Session not found', rpcId)
}

export const mistakes: Readonly<Record<Unread['what'], readonly [code: number, message: string]>> = {
  syntax: [codes.parse, 'The body is not JSON'],
  utf8: [codes.parse, 'The body is not UTF-8'],
  depth: [codes.request, 'The body is nested too deeply'],
  duplicate: [codes.request, 'A member appears twice'],
  lookalike: [codes.request, 'A member is a second spelling of one that is read'],
  forbidden: [codes.request, 'A member has a forbidden name'],
  batch: [codes.request, 'The body must be one message'],
  shape: [codes.request, 'The body is no JSON-RPC 2.0 message'],
}
