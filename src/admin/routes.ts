/**
 * The admin listener: health and metrics for machines on this host, runs for operators. Loopback only, its own
 * listener, a bearer token with roles; requests a browser page could make are refused by Host and Origin.
 */
import type { Inbound, Reply, Serve } from '../protocol/http.ts'
import { writeProblem } from '../protocol/faces.ts'
import { sendWritten, type Written } from '../protocol/jsonrpc.ts'
import { type AdminCaller, anyAdmin, type FindCaller, may } from './callers.ts'
import type { QueryName } from './parameters.ts'
import { type Permission, rolesOf } from './roles.ts'
import type { SchemaName } from './schemas.ts'

/** What the description of the interface says of a route; the document is made of it. */
interface RouteFacts {
  readonly method: 'GET' | 'POST'
  /** Path segments; `:name` stands for one segment of any text. */
  readonly path: string
  /** `open` is for probes and scrapers on this host. */
  readonly may: Permission | 'open'
  /** One line. */
  readonly summary: string
  readonly query?: readonly QueryName[]
  /** What is sent with it. */
  readonly body?: SchemaName
  /** Null for text that is no JSON. */
  readonly answers: SchemaName | null
  /** Of a success that is not 200. */
  readonly status?: 201
}

/** A route that answers at once. */
export interface Route extends RouteFacts {
  answer(request: AdminRequest): Written | Promise<Written>
}

/** A route whose answer goes on; what it returns is a refusal instead. */
export interface StreamRoute extends RouteFacts {
  stream(request: AdminRequest, reply: Reply): Written | null | Promise<Written | null>
}

export type AnyRoute = Route | StreamRoute

export interface AdminRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Inbound['headers']
  readonly body: Buffer
  readonly caller: AdminCaller
}

export function json(status: number, value: unknown): Written {
  return jsonText(status, JSON.stringify(value))
}

/** For what is JSON already. */
export function jsonText(status: number, body: string): Written {
  return { status, headers: [['content-type', 'application/json']], body }
}

/** The whole admin surface as one Serve. */
export function serveAdmin(routes: readonly AnyRoute[], findCaller: FindCaller): Serve {
  return async (inbound, reply) => {
    const chosen = choose(routes, findCaller, inbound)
    if ('status' in chosen) return write(reply, chosen)
    const { route, request } = chosen
    const answer = await ('stream' in route ? route.stream(request, reply) : route.answer(request))
    if (answer) write(reply, answer)
  }
}

function write(reply: Reply, answer: Written): void {
  sendWritten(reply, answer, [['cache-control', 'no-store']])
}

interface Chosen {
  readonly route: AnyRoute
  readonly request: AdminRequest
}

function choose(routes: readonly AnyRoute[], findCaller: FindCaller, inbound: Inbound): Chosen | Written {
  if (!isLocal(inbound)) {
    return writeProblem(403, 'not_local', 'Not local', 'The admin API answers tools on this host only.')
  }
  const known = find(routes, inbound.path)
  const found = known.find(({ route }) => route.method === inbound.method)
  const asked = found ? [found] : known
  const isOpen = asked.length > 0 && asked.every(({ route }) => route.may === 'open')
  const caller = isOpen ? anyAdmin : findCaller(inbound.headers.get('authorization') ?? '')
  if (caller === null) return unauthenticated()
  if (known.length === 0) return writeProblem(404, 'not_found', 'Not found', 'There is no such admin route.')
  if (!found) return wrongMethod(known.map(({ route }) => route.method).join(', '))
  const { route, parameters } = found
  if (route.may !== 'open' && !may(caller, route.may)) return forbidden(route.may, caller)
  const { headers, body } = inbound
  return { route, request: { parameters, query: new URLSearchParams(inbound.query), headers, body, caller } }
}

function unauthenticated(): Written {
  const detail =
    'Send Authorization: Bearer with the token in <state.dir>/admin.token, or with one of gateway.admin_tokens.'
  const refused = writeProblem(401, 'unauthenticated', 'Not authenticated', detail)
  return { ...refused, headers: [...refused.headers, ['www-authenticate', 'Bearer realm="weir-admin"']] }
}

/** What no role of the caller may. */
export function forbidden(permission: Permission, { roles }: AdminCaller): Written {
  const detail = `This token has the roles ${roles.join(', ')}. It takes one of ${rolesOf(permission)}.`
  return writeProblem(403, 'role_required', 'Another role may', detail)
}

const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** A page in a browser sends an Origin, and a rebound name sends its own Host: neither is a tool on this host. */
function isLocal(inbound: Inbound): boolean {
  return localHost.test(inbound.headers.get('host') ?? '') && !inbound.headers.has('origin')
}

interface Found {
  readonly route: AnyRoute
  readonly parameters: Readonly<Record<string, string>>
}

/** The routes of a path, whatever their methods. */
function find(routes: readonly AnyRoute[], path: string): readonly Found[] {
  return routes.flatMap((route) => {
    const parameters = match(route.path, path)
    return parameters ? [{ route, parameters }] : []
  })
}

function wrongMethod(allowed: string): Written {
  const detail = `This path answers ${allowed} only.`
  const answer = writeProblem(405, 'method_not_allowed', 'Method not allowed', detail)
  return { ...answer, headers: [...answer.headers, ['allow', allowed]] }
}

function match(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? ''
    if (part.startsWith(':')) parameters[part.slice(1)] = text
    else if (part !== text) return null
  }
  return parameters
}
