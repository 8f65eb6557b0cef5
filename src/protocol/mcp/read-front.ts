/**
 * Reads one request to a front of Weir's own. The era is that of the request, as everywhere; here nobody behind looks after
 * what is missing, so the required members and headers of each era are.
 */
import type { McpCall, McpRevision } from '../../domain/call.ts'
import type { HopId } from '../../domain/ids.ts'
import { mcpRevisions } from '../../domain/call.ts'
import { arrayItems, valueAtPath } from '../../base/json-edit.ts'
import { isOtherType } from '../a2a/malformed.ts'
import type { HeaderMap, Inbound } from '../http.ts'
import { type Message, readMessage } from './message.ts'
import { mismatch } from './mirror.ts'
import {
  type Era,
  eraOf,
  malformed,
  mcpError,
  type McpMalformed,
  mistakes,
  noSession,
  wantedBy,
  wrongMethod,
} from './read-call.ts'
import { codes, dialectOf, firstModern, isModernVersion, isRevision, metaPrefix, namedBy } from './words.ts'

/** What is known of the address. */
export interface FrontRoute<Session> {
  /** The target of what is about the address as a whole. */
  readonly ground: McpCall['target']
  mintId(): HopId
  /** Null for an id that is none of ours. */
  openSession(sealed: string): Session | null
}

interface Sessioned {
  readonly version: McpRevision
}

export interface FrontArrival<Session> {
  readonly kind: 'arrival'
  readonly era: Era
  readonly call: McpCall
  /** Null for what has no body: the stream of a session, and its end. */
  readonly message: Message | null
  readonly params: Buffer | null
  /** Null in the modern era, and for `initialize`. */
  readonly session: Session | null
  /** The messages of a batch; `call` stands for all of them. */
  readonly batch: readonly Buffer[] | null
}

/** Beyond it one request would be a flood. */
const batch_max = 100

export function readFront<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
): FrontArrival<Session> | McpMalformed {
  const { headers, method, body } = inbound
  const shown = headers.get('mcp-session-id')
  const session = shown === undefined ? null : route.openSession(shown)
  if (method === 'GET' || method === 'DELETE') return readBodiless(inbound, route, session)
  if (method !== 'POST') return wrongMethod()
  if (isOtherType(headers.get('content-type')))
    return malformed(415, codes.request, 'The body must be application/json', 'null')
  const message = readMessage(body)
  if (message.kind === 'unread') {
    if (message.what !== 'batch' || session?.version !== '2025-03-26')
      return malformed(400, ...mistakes[message.what], 'null')
    return readBatch(inbound, route, session)
  }
  const era = eraOf(message, headers, session !== null)
  if (era === 'modern') return readModern(inbound, route, message)
  return readLegacy(inbound, route, { message, session, shown: shown !== undefined })
}

/** One message of a batch. */
export function readBatched<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  session: Session,
): FrontArrival<Session> | McpMalformed {
  const message = readMessage(inbound.body)
  if (message.kind === 'unread') return malformed(400, ...mistakes[message.what], 'null')
  if (message.method === 'initialize') return malformed(400, codes.request, 'A batch begins no session', message.rpcId)
  return arrivalOf(inbound, route, { message, era: 'legacy', session })
}

function readBatch<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  session: Session,
): FrontArrival<Session> | McpMalformed {
  const batch = arrayItems(inbound.body, batch_max)
  if (batch.length === 0 || batch.length > batch_max)
    return malformed(400, codes.request, `A batch is of one message to ${batch_max}`, 'null')
  const call = bodiless(inbound, route, { version: session.version, form: 'request', method: 'batch' })
  return { kind: 'arrival', era: 'legacy', call, message: null, params: null, session, batch }
}

function readModern<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  message: Message,
): FrontArrival<Session> | McpMalformed {
  const { rpcId, form, metaVersion } = message
  if (form === 'response') return malformed(400, codes.request, 'Nothing was asked', 'null')
  if (form === 'request') {
    if (metaVersion === null || !hasCapabilities(inbound.body))
      return malformed(400, codes.params, 'params._meta must name protocolVersion and clientCapabilities', rpcId)
    const version = inbound.headers.get('mcp-protocol-version')
    const agrees = version === undefined || version === metaVersion
    if (agrees && metaVersion !== firstModern) return unsupported(rpcId, metaVersion)
    const problem = headerProblem(inbound.headers, message)
    if (problem !== null) return malformed(400, codes.headerMismatch, problem, rpcId)
  }
  return arrivalOf(inbound, route, { message, era: 'modern', session: null })
}

function hasCapabilities(body: Buffer): boolean {
  return valueAtPath(body, ['params', '_meta', `${metaPrefix}clientCapabilities`])?.[0] === 0x7b
}

function headerProblem(headers: HeaderMap, message: Message): string | null {
  const version = headers.get('mcp-protocol-version')
  if (version === undefined) return 'MCP-Protocol-Version is missing'
  if (version !== message.metaVersion) return 'MCP-Protocol-Version says something else than the body'
  if (!headers.has('mcp-method')) return 'Mcp-Method is missing'
  const member = namedBy.get(message.method)
  if (member !== undefined && message[member] !== null && !headers.has('mcp-name')) return 'Mcp-Name is missing'
  const header = mismatch(headers, message)
  return header === null ? null : `${header} says something else than the body`
}

function readLegacy<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  { message, session, shown }: { message: Message; session: Session | null; shown: boolean },
): FrontArrival<Session> | McpMalformed {
  const begins = message.method === 'initialize' && message.form === 'request'
  if (begins) return arrivalOf(inbound, route, { message, era: 'legacy', session: null })
  if (session === null) return shown ? noSession(message.rpcId) : noSessionShown(message.rpcId)
  if (!isKnownVersion(inbound.headers)) return unsupported(message.rpcId, inbound.headers.get('mcp-protocol-version'))
  return arrivalOf(inbound, route, { message, era: 'legacy', session })
}

/** Before 2025-06-18 no header says it. */
function isKnownVersion(headers: HeaderMap): boolean {
  const said = headers.get('mcp-protocol-version')
  return said === undefined || (isRevision(said) && !isModernVersion(said))
}

function readBodiless<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  session: Session | null,
): FrontArrival<Session> | McpMalformed {
  const { headers, method } = inbound
  if (!headers.has('mcp-session-id') || isModernVersion(headers.get('mcp-protocol-version'))) return wrongMethod()
  if (session === null) return noSession('null')
  if (!isKnownVersion(headers)) return unsupported('null', headers.get('mcp-protocol-version'))
  const form = method === 'GET' ? 'listen' : 'close'
  const call = bodiless(inbound, route, { version: session.version, form, method })
  return { kind: 'arrival', era: 'legacy', call, message: null, params: null, session, batch: null }
}

interface Read<Session> {
  readonly message: Message
  readonly era: Era
  readonly session: Session | null
}

function arrivalOf<Session extends Sessioned>(
  inbound: Inbound,
  route: FrontRoute<Session>,
  { message, era, session }: Read<Session>,
): FrontArrival<Session> | McpMalformed {
  const { form, method, rpcId } = message
  const wanted = wantedBy(message)
  if ('kind' in wanted) return wanted
  const version = session?.version ?? (era === 'modern' ? firstModern : '2025-11-25')
  const call: McpCall = { ...bodiless(inbound, route, { version, form, method }), ...wanted, rpcId }
  const params = form === 'response' ? null : objectAt(inbound.body, 'params')
  return { kind: 'arrival', era, call, message, params, session, batch: null }
}

function objectAt(body: Buffer, name: string): Buffer | null {
  const value = valueAtPath(body, [name])
  return value?.[0] === 0x7b ? value : null
}

function bodiless<Session>(
  { body, receivedAt }: Inbound,
  { ground, mintId }: FrontRoute<Session>,
  { version, form, method }: Pick<McpCall, 'form' | 'method'> & { readonly version: McpRevision },
): McpCall {
  const dialect = dialectOf(version)
  return {
    id: mintId(),
    dialect,
    operation: 'pass',
    form,
    method,
    rpcId: 'null',
    target: ground,
    body,
    receivedAt,
    args: null,
  }
}

/** What a client of the modern era says it can be asked; an object. */
export function capabilitiesIn(params: Buffer | null): Buffer {
  return (params && objectAt(params, '_meta') && valueAtPath(params, capabilitiesPath)) ?? Buffer.from('{}')
}

const capabilitiesPath = ['_meta', `${metaPrefix}clientCapabilities`]

/** Which revisions are spoken here is said in the same words as `server/discover` says it. */
function unsupported(rpcId: string, requested: string | undefined): McpMalformed {
  const data = { supported: mcpRevisions, requested: requested ?? 'none' }
  const error = { code: codes.version, message: 'This revision of MCP is not spoken here', data }
  return { kind: 'malformed', ...mcpError(400, error, rpcId) }
}

function noSessionShown(rpcId: string): McpMalformed {
  return malformed(400, codes.request, 'Begin with initialize, and show the Mcp-Session-Id it is answered with', rpcId)
}
