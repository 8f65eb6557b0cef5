/**
 * The admin listener: health and metrics for machines on this host, runs for operators. Loopback only, its own
 * listener, a bearer token from a 0600 file; requests a browser page could make are refused by Host and Origin.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Inbound, Reply, Serve } from '../protocol/http.ts'
import { writeProblem } from '../protocol/faces.ts'
import { sendWritten, type Written } from '../protocol/jsonrpc.ts'

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Path segments; `:name` stands for one segment of any text. */
  readonly path: string
  /** Open routes are for probes and scrapers on this host; all others need the admin token. */
  readonly open: boolean
  answer(request: AdminRequest): Written | Promise<Written>
}

export interface AdminRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** What the asker wants to read; absent for one that does not say. */
  readonly accept?: string
  readonly body: Buffer
}

export function json(status: number, value: unknown): Written {
  return { status, headers: [['content-type', 'application/json']], body: JSON.stringify(value) }
}

/** The whole admin surface as one Serve. */
export function serveAdmin(routes: readonly Route[], token: string): Serve {
  const tokenHash = sha256(token)
  return async (inbound, reply) => {
    const answer = await answerTo(routes, tokenHash, inbound)
    write(reply, answer)
  }
}

function write(reply: Reply, answer: Written): void {
  sendWritten(reply, answer, [['cache-control', 'no-store']])
}

function answerTo(routes: readonly Route[], tokenHash: Buffer, inbound: Inbound): Written | Promise<Written> {
  if (!isLocal(inbound)) {
    return writeProblem(403, 'not_local', 'Not local', 'The admin API answers tools on this host only.')
  }
  const known = find(routes, inbound.path)
  const found = known.find(({ route }) => route.method === inbound.method)
  const asked = found ? [found] : known
  if (asked.some(({ route }) => !route.open) && !isOperator(inbound, tokenHash)) {
    const detail = 'Send Authorization: Bearer with the token in <state.dir>/admin.token.'
    const refused = writeProblem(401, 'unauthenticated', 'Not authenticated', detail)
    return { ...refused, headers: [...refused.headers, ['www-authenticate', 'Bearer realm="weir-admin"']] }
  }
  if (known.length === 0) return writeProblem(404, 'not_found', 'Not found', 'There is no such admin route.')
  if (!found) return wrongMethod(known.map(({ route }) => route.method).join(', '))
  return found.route.answer({
    parameters: found.parameters,
    query: new URLSearchParams(inbound.query),
    accept: inbound.headers.get('accept') ?? '*/*',
    body: inbound.body,
  })
}

const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** A page in a browser sends an Origin, and a rebound name sends its own Host: neither is a tool on this host. */
function isLocal(inbound: Inbound): boolean {
  return localHost.test(inbound.headers.get('host') ?? '') && !inbound.headers.has('origin')
}

function isOperator(inbound: Inbound, tokenHash: Buffer): boolean {
  const shown = inbound.headers.get('authorization') ?? ''
  return shown.startsWith('Bearer ') && timingSafeEqual(sha256(shown.slice('Bearer '.length)), tokenHash)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

interface Found {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

/** The routes of a path, whatever their methods. */
function find(routes: readonly Route[], path: string): readonly Found[] {
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
