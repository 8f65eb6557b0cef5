/**
 * Clients of tools that run in a browser (Fetch standard, CORS). A page of an origin that the operator named, or of this
 * machine where Weir is for this machine alone, may speak to the addresses of tools with its own credential; cookies never
 * count here, so none are asked for. Metadata is for everybody. Every other page gets no word more than before.
 */
import type { HeaderList, Inbound, Reply } from '../../protocol/http.ts'
import { oauthPaths } from '../../protocol/oauth/words.ts'
import type { Snapshot } from '../road.ts'
import { marked } from '../settle.ts'
import { homeOf, strangerHeader } from './own-host.ts'

const methods = 'GET, POST, DELETE'
const sendable: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'content-type',
  'dpop',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'traceparent',
  'tracestate',
  'txn-token',
  'weir-parent-hop',
  'weir-run-id',
  'weir-tags',
])
const sendablePrefix = 'mcp-param-'
const readable = [
  'Mcp-Session-Id, WWW-Authenticate, DPoP-Nonce, Retry-After',
  'Weir-Run-Id, Weir-Hop-Id, Weir-Decision, Weir-Cost, Weir-Run-Budget, RateLimit, RateLimit-Policy',
].join(', ')
/** More names than a page has reason to ask for are not looked at. */
const asked_max = 64
/** How long a browser may keep an answer. Unit: seconds. */
const kept_s = '600'

/** The reply to go on with; null where a browser asked beforehand and was answered. */
export function openToPages(snapshot: Snapshot, inbound: Inbound, reply: Reply): Reply | null {
  const { path, headers } = inbound
  const origin = headers.get('origin')
  if (origin === undefined) return reply
  if (path === oauthPaths.server || path.startsWith(oauthPaths.resource)) return open(inbound, reply, '*')
  const isOfTools = path === '/mcp' || path.startsWith('/mcp/')
  // A stranger hears from the road that it is one, and a browser shows it nothing of that.
  if (!isOfTools || strangerHeader(headers, homeOf(snapshot)) !== null) return reply
  return open(inbound, reply, origin)
}

function open({ method, headers }: Inbound, reply: Reply, origin: string): Reply | null {
  const allowed: HeaderList = [
    ['access-control-allow-origin', origin],
    ['vary', 'Origin'],
  ]
  if (method !== 'OPTIONS' || !headers.has('access-control-request-method'))
    return marked(reply, [...allowed, ['access-control-expose-headers', readable]])
  const asked = namesIn(headers.get('access-control-request-headers') ?? '')
  const more: HeaderList = [
    ['access-control-allow-methods', methods],
    ...(asked === '' ? [] : [['access-control-allow-headers', asked] as const]),
    ['access-control-max-age', kept_s],
  ]
  reply.send(204, [...allowed, ...more], '')
  return null
}

/** Those of the names asked for that may be sent: a star would leave out Authorization. */
function namesIn(asked: string): string {
  const names = asked.split(',', asked_max).map((name) => name.trim().toLowerCase())
  return names.filter((name) => sendable.has(name) || isParam(name)).join(', ')
}

function isParam(name: string): boolean {
  return name.startsWith(sendablePrefix) && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)
}
