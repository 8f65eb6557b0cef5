/** The listener on uWebSockets.js: linux x64 with glibc 2.36 or newer, at about half the cost of `node:http`. */

import type { Inbound, Serve } from '../protocol/http.ts'
import { listenFailure, type Listener, type ListenerOptions, type ListenFailure } from './contract.ts'
import { Desk } from './desk.ts'
import type { Admitted, RequestHead } from './ingress.ts'
import { refusal } from './refusals.ts'
import { type PeerCert, PeerCerts } from './tls.ts'
import { peerOf, RefusedConnections } from './uws-peer.ts'
import { UwsReply } from './uws-reply.ts'
import type { TlsSettings } from '../config/settings-identity.ts'
import type { Uws, UwsApp, UwsListenSocket, UwsRequest, UwsResponse } from './uws-types.ts'

const noBody = Buffer.alloc(0)

export function listenUws(uws: Uws, options: ListenerOptions, serve: Serve): Listener | ListenFailure {
  const app = openApp(uws, options.tls)
  if (typeof app === 'string') return listenFailure(app)
  const listener = new UwsListener(uws, app, new Desk(options, serve))
  app.any('/*', (response, request) => listener.handle(response, request))
  // Without the exclusive option a second process would silently share the port, and with it half of the calls.
  app.listen(options.host, options.port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => listener.opened(socket))
  if (listener.port !== 0) return listener
  void listener.close()
  return listenFailure(`port ${options.port} on ${options.host} cannot be listened on; another process may use it`)
}

/** The files were read and checked before, so a failure here is one only uWS can have. */
function openApp(uws: Uws, tls: TlsSettings | null): UwsApp | string {
  if (tls === null) return uws.App()
  const asks = tls.client_cert !== 'none' && tls.client_ca !== null
  const ca = asks ? { ca_file_name: tls.client_ca } : {}
  try {
    return uws.SSLApp({ cert_file_name: tls.cert, key_file_name: tls.key, ...ca })
  } catch (error) {
    return `uWebSockets.js does not take the TLS files ${tls.cert} and ${tls.key}: ${String(error)}`
  }
}

class UwsListener implements Listener {
  readonly engine = 'uws'
  readonly warning = null
  readonly #uws: Uws
  readonly #app: UwsApp
  readonly #desk: Desk
  readonly #refused = new RefusedConnections()
  readonly #certs: PeerCerts | null
  #socket: UwsListenSocket | null = null
  #port = 0

  constructor(uws: Uws, app: UwsApp, desk: Desk) {
    this.#uws = uws
    this.#app = app
    this.#desk = desk
    const { tls } = desk.options
    this.#certs = tls === null || tls.client_cert === 'none' ? null : new PeerCerts()
  }

  get port(): number {
    return this.#port
  }

  get open(): number {
    return this.#desk.open
  }

  opened(socket: UwsListenSocket | false): void {
    if (socket === false) return
    this.#socket = socket
    this.#port = this.#uws.us_socket_local_port(socket)
  }

  handle(response: UwsResponse, request: UwsRequest): void {
    if (this.#refused.has(response)) return this.#refused.discard(response)
    const { clock } = this.#desk.options
    const startedAt = clock.monotonic()
    const head = headOf(request)
    const peerCert = this.#certOf(response)
    const admitted = this.#desk.admit(head, peerCert)
    const reply = new UwsReply(response, this.#desk, head.method, this.#refused)
    if (admitted.kind === 'refusal') return reply.refuse(admitted)
    const { method, path, query } = head
    const { headers } = admitted
    const base = {
      method,
      path,
      query,
      headers,
      receivedAt: clock.now(),
      startedAt,
      peer: peerOf(response),
      clientCert: peerCert?.der ?? null,
    }
    this.#collect({ ...base, body: noBody }, admitted, reply, response)
  }

  #certOf(response: UwsResponse): PeerCert | null {
    return this.#certs?.read(response.getX509Certificate()) ?? null
  }

  stop(): void {
    this.#desk.stopping = true
    if (this.#socket) this.#uws.us_listen_socket_close(this.#socket)
    this.#socket = null
  }

  async close(): Promise<void> {
    this.stop()
    this.#desk.close()
    this.#app.close()
  }

  #collect(inbound: Inbound, admitted: Admitted, reply: UwsReply, response: UwsResponse): void {
    if (admitted.contentLength === 0) return this.#desk.answer(inbound, reply)
    this.#desk.startBody(reply)
    response.collectBody(admitted.body_bytes, (bytes) => {
      if (reply.closed) return
      this.#desk.endBody(reply)
      if (bytes === null) reply.refuse(refusal('body_too_large'))
      // The bytes belong to uWS and are gone after this call, so they are copied.
      else this.#desk.answer({ ...inbound, body: Buffer.from(new Uint8Array(bytes)) }, reply)
    })
  }
}

/** Copies the head off the request, which may not be touched after the handler returned. */
function headOf(request: UwsRequest): RequestHead {
  const fields: string[] = []
  request.forEach((name, value) => {
    fields.push(name, value)
  })
  return {
    method: request.getCaseSensitiveMethod(),
    path: request.getUrl(),
    query: request.getQuery() ?? '',
    fields,
  }
}
