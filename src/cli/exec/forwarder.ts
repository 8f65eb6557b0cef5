/**
 * A place on this machine that a command talks to as if it were the gateway. It shows the gateway a credential that is always
 * fresh, in one run; the command holds a secret that is good here only, and only as long as it runs.
 */
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'

/** What requests go on with. */
export interface Passport {
  /** Fresh for each request; a sentence where there is none. */
  readonly credential: () => Promise<string | { readonly sentence: string }>
  readonly run: string
  readonly traceparent: string
}

export interface Forwarder {
  readonly url: string
  close(): Promise<void>
}

/** Those that belong to one connection (RFC 9110 section 7.6.1), and those that say who asks. */
const dropped: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
  'host',
  'authorization',
  'x-api-key',
  'weir-run-id',
])

const connectionOnly: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/** Forwards to a gateway; `secret` is what callers show, as a Bearer credential or as `x-api-key`. */
export async function openForwarder(gateway: URL, secret: string, passport: Passport): Promise<Forwarder> {
  const server = createServer((request, response) => {
    void forward({ gateway, passport, secret }, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Way {
  readonly gateway: URL
  readonly passport: Passport
  readonly secret: string
}

async function forward(way: Way, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isKnown(request, way.secret)) return refuse(response, 401, 'This address serves one command only.')
  const credential = await way.passport.credential()
  if (typeof credential !== 'string') return refuse(response, 502, credential.sentence)
  const { gateway, passport } = way
  const ask = gateway.protocol === 'https:' ? httpsRequest : httpRequest
  const { url: path = '/' } = request
  // Nothing but a path goes on: a URL of its own would lead the credential elsewhere.
  if (!path.startsWith('/')) return refuse(response, 400, 'A request names a path.')
  const outgoing = ask(gateway, {
    path,
    method: request.method ?? 'GET',
    headers: {
      ...kept(request),
      traceparent: request.headers['traceparent'] ?? passport.traceparent,
      authorization: `Bearer ${credential}`,
      'weir-run-id': passport.run,
    },
  })
  outgoing.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders))
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  })
  outgoing.on('error', () => refuse(response, 502, 'The gateway does not answer.'))
  response.on('close', () => outgoing.destroy())
  request.pipe(outgoing)
}

function endToEnd(raw: readonly string[]): string[] {
  return raw.flatMap((name, at) => {
    const keeps = at % 2 === 0 && !connectionOnly.has(name.toLowerCase())
    return keeps ? [name, raw[at + 1] ?? ''] : []
  })
}

function kept({ headers }: IncomingMessage): Record<string, string | string[]> {
  const entries = Object.entries(headers).filter(([name, value]) => !dropped.has(name) && value !== undefined)
  return Object.fromEntries(entries) as Record<string, string | string[]>
}

function isKnown({ headers }: IncomingMessage, secret: string): boolean {
  const bearer = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  const shown = bearer ?? headers['x-api-key']
  if (typeof shown !== 'string' || shown.length !== secret.length) return false
  return timingSafeEqual(Buffer.from(shown), Buffer.from(secret))
}

function refuse(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message: detail, type: 'weir_exec', param: null, code: null } }))
}
