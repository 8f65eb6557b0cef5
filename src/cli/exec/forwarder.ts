/**
 * A place on this machine that a command talks to as if it were the gateway. It shows the gateway a credential that is always
 * fresh, in one run; the command holds a secret that is good here only, and only as long as it runs.
 */
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { cardFor, isCardPath } from './card.ts'
import { toCommand, toGateway } from './passage.ts'

/** What requests go on with. */
export interface Passport {
  /** Fresh for each request; a sentence where there is none. */
  readonly credential: () => Promise<string | { readonly sentence: string }>
  readonly run: string
  readonly traceparent: string
  /** `gateway.public_url`, which cards name as the place of their agents; null where nobody knows it. */
  readonly publicUrl: string | null
}

export interface Forwarder {
  readonly url: string
  close(): Promise<void>
}

/** Connections of the command stay open as long as it likes: closing one could meet a request on its way. */
const idle_ms = 3_600_000

/** Forwards to a gateway; `secret` is what callers show, as a Bearer credential or as `x-api-key`. */
export async function openForwarder(gateway: URL, secret: string, passport: Passport): Promise<Forwarder> {
  // An upload may take as long as the command likes; only its head may not.
  const options = { keepAliveTimeout: idle_ms, requestTimeout: 0 }
  const server = createServer(options, (request, response) => {
    void forward({ gateway, passport, secret, url }, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
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
  /** Of the forwarder itself. */
  readonly url: string
}

async function forward(way: Way, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isKnown(request, way.secret)) return refuse(response, 401, 'This address serves one command only.')
  const { method = 'GET', url: path = '/' } = request
  // Nothing but a path goes on: a URL of its own would lead the credential elsewhere.
  if (!path.startsWith('/')) return refuse(response, 400, 'A request names a path.')
  const { gateway, passport } = way
  const credential = await passport.credential()
  if (response.destroyed) return
  if (typeof credential !== 'string') return refuse(response, 502, credential.sentence)
  const ask = gateway.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = {
    ...toGateway(request),
    traceparent: request.headers['traceparent'] ?? passport.traceparent,
    authorization: `Bearer ${credential}`,
    'weir-run-id': passport.run,
    ...(isCardPath(path) && { 'accept-encoding': 'identity' }),
  }
  // One connection a request: one that is used again may be closed by the gateway at that very moment.
  const outgoing = ask(gateway, {
    path: `${gateway.pathname.replace(/\/$/, '')}${path}`,
    method,
    headers,
    agent: false,
  })
  const isCard = method === 'GET' && isCardPath(path)
  outgoing.on('response', (answer) => {
    answer.on('error', () => response.destroy())
    if (isCard && answer.statusCode === 200) void handCard(way, answer, response).catch(() => response.destroy())
    else handOn(answer, response)
  })
  outgoing.on('error', () => refuse(response, 502, 'The gateway does not answer.'))
  response.on('close', () => outgoing.destroy())
  request.on('error', () => outgoing.destroy())
  request.pipe(outgoing)
}

function handOn(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, toCommand(answer))
  // The head is all there is for a while, where events come later.
  response.flushHeaders()
  answer.pipe(response)
}

/** The agents of a card are behind this address too, so that a client that goes by the card stays in the run. */
async function handCard({ passport, url }: Way, answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await cardFor(answer, { from: passport.publicUrl, to: url })
  if (body === null) return refuse(response, 502, 'The gateway answers with a card that nobody can read.')
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(body)
}

/** By either of the headers of the SDKs: one of them may hold the key of somebody else. */
function isKnown({ headers }: IncomingMessage, secret: string): boolean {
  const bearer = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return [bearer, headers['x-api-key']].some(
    (shown) => typeof shown === 'string' && timingSafeEqual(sha256(shown), sha256(secret)),
  )
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** In a shape that the SDKs of both families find their message in. */
function refuse(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error: { message: detail, type: 'weir_exec', param: null, code: null } }))
}
