/** The listener on `node:http`: the same contract wherever uWebSockets.js does not load (older glibc, musl, macOS). */

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Inbound, Serve } from '../protocol/http.ts'
import { listenFailure, type Listener, type ListenerOptions, type ListenFailure } from './contract.ts'
import { Desk } from './desk.ts'
import type { Admitted, RequestHead } from './ingress.ts'
import { NodeReply } from './node-reply.ts'
import { refusal, type Refusal, type RefusalCode } from './refusals.ts'
import { type PeerCert, readCert, type TlsMaterial, tlsVersion_min } from './tls.ts'

/** What the parser accepts beyond our own maximum, so that our check writes the usual 431. */
const headerSlack_bytes = 16 * 1024
/** How long a connection may stay silent before its head is complete, as in uWebSockets.js. */
const head_ms = 10_000

const noBody = Buffer.alloc(0)

/** What the parser refuses by itself; everything else it refuses is `malformed`. */
const parserRefusals: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'body_too_slow',
}

/** The files of `tls`, read. */
export interface NodeOptions extends ListenerOptions {
  readonly material: TlsMaterial | null
}

/** `warning` says why it is this engine, if that was not the operator's choice. */
export function listenNode(
  options: NodeOptions,
  serve: Serve,
  warning: string | null,
): Promise<Listener | ListenFailure> {
  const server = openServer(options.material, {
    insecureHTTPParser: false,
    requireHostHeader: false,
    maxHeaderSize: options.header_bytes + headerSlack_bytes,
    headersTimeout: head_ms,
    requestTimeout: head_ms + options.body_ms,
    keepAliveTimeout: head_ms,
    connectionsCheckingInterval: 1000,
    noDelay: true,
  })
  // Ingress counts the fields; here a maximum would drop what is beyond it without a word.
  server.maxHeadersCount = 0
  const listener = new NodeListener(server, new Desk(options, serve), warning)
  return new Promise((resolve) => {
    server.once('error', (error) => {
      void listener.close()
      resolve(listenFailure(`port ${options.port} on ${options.host} cannot be listened on: ${error.message}`))
    })
    server.listen({ host: options.host, port: options.port, exclusive: true }, () => resolve(listener))
  })
}

function openServer(material: TlsMaterial | null, options: ServerOptions): Server {
  if (material === null) return createServer(options)
  const { cert, key, ca } = material
  const asked = ca === null ? {} : { ca, requestCert: true, rejectUnauthorized: false }
  const timed = { ...options, handshakeTimeout: head_ms, minVersion: tlsVersion_min } as const
  const server = createTlsServer({ ...timed, ...asked, cert, key })
  // Rejecting by itself, it would also refuse peers that show no certificate; before it reads, the untrusted are cut.
  server.prependListener('secureConnection', (socket) => {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) socket.destroy()
  })
  return server
}

class NodeListener implements Listener {
  readonly engine = 'node'
  readonly warning: string | null
  readonly #server: Server
  readonly #desk: Desk
  /** Connections on which a refusal was written: what comes behind it is never read. */
  readonly #refused = new WeakSet<Duplex>()
  readonly #certs = new WeakMap<Duplex, PeerCert>()
  /** The newest reply of a connection, for errors in the middle of its request. */
  readonly #replies = new WeakMap<Duplex, NodeReply>()

  constructor(server: Server, desk: Desk, warning: string | null) {
    this.warning = warning
    this.#server = server
    this.#desk = desk
    server.on('request', (request, response) => this.#handle(request, response))
    server.on('checkExpectation', (request, response) => this.#handle(request, response))
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#parserRefused(error, socket))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0
  }

  get open(): number {
    return this.#desk.open
  }

  stop(): void {
    this.#desk.stopping = true
    this.#server.close()
  }

  async close(): Promise<void> {
    this.stop()
    this.#desk.close()
    this.#server.closeAllConnections()
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#refused.has(socket)) return
    const { clock } = this.#desk.options
    const startedAt = clock.monotonic()
    const head = headOf(request)
    const peerCert = this.#certOf(socket)
    const admitted = request.httpVersion === '1.1' ? this.#desk.admit(head, peerCert) : refusal('version_unsupported')
    const reply = new NodeReply(response, this.#desk, head.method)
    this.#replies.set(socket, reply)
    if (admitted.kind === 'refusal') return this.#refuse(socket, reply, admitted)
    const { method, path, query } = head
    const { headers } = admitted
    const base = {
      method,
      path,
      query,
      headers,
      receivedAt: clock.now(),
      startedAt,
      peer: socket.remoteAddress ?? '',
      clientCert: peerCert?.der ?? null,
    }
    this.#collect({ ...base, body: noBody }, admitted, reply, request)
  }

  /** Of the connection, read at its first request. A socket that was not asked for a certificate has none. */
  #certOf(socket: Duplex): PeerCert | null {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return null
    const known = this.#certs.get(socket)
    if (known) return known
    const shown = socket.getPeerX509Certificate()
    if (shown === undefined) return null
    const peerCert = readCert(shown)
    this.#certs.set(socket, peerCert)
    return peerCert
  }

  #collect(inbound: Inbound, admitted: Admitted, reply: NodeReply, request: IncomingMessage): void {
    if (admitted.contentLength === 0) return this.#desk.answer(inbound, reply)
    const chunks: Buffer[] = []
    let bytes = 0
    this.#desk.startBody(reply)
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > admitted.body_bytes) this.#refuse(request.socket, reply, refusal('body_too_large'))
      else if (!reply.closed) chunks.push(chunk)
    })
    request.on('end', () => {
      if (reply.closed) return
      this.#desk.endBody(reply)
      this.#desk.answer({ ...inbound, body: Buffer.concat(chunks, bytes) }, reply)
    })
    // The reply hears of a lost peer by itself; without a listener the process would end.
    request.on('error', () => {})
  }

  #refuse(socket: Duplex, reply: NodeReply, why: Refusal): void {
    this.#refused.add(socket)
    reply.refuse(why)
  }

  /** llhttp could not read on. An answer that has begun is cut; otherwise the peer is told why. */
  #parserRefused(error: NodeJS.ErrnoException, socket: Duplex): void {
    // A reset comes here too: there is nobody to tell, and the reply hears of it by its own 'close'.
    if (!socket.writable) return void socket.destroy()
    const reply = this.#replies.get(socket)
    const why = refusal(parserRefusals[error.code ?? ''] ?? 'malformed')
    if (reply && !reply.closed && !reply.begun) return this.#refuse(socket, reply, why)
    if ((reply && !reply.closed) || this.#refused.has(socket)) return void socket.destroy()
    this.#refused.add(socket)
    socket.end(rawAnswer(why), () => socket.destroy())
  }
}

function headOf(request: IncomingMessage): RequestHead {
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  return {
    method: request.method ?? '',
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    fields: request.rawHeaders,
  }
}

function rawAnswer(why: Refusal): string {
  const lines = why.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const length = Buffer.byteLength(why.body)
  return `HTTP/1.1 ${why.status} Refused\r\n${lines}connection: close\r\ncontent-length: ${length}\r\n\r\n${why.body}`
}
