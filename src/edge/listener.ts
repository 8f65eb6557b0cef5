/** Opens a listener on the engine that was asked for, or on the best one that works on this host. */

import { createServer } from 'node:net'
import type { Serve } from '../protocol/http.ts'
import { listenFailure, type Listener, type ListenerOptions, type ListenFailure } from './contract.ts'
import { listenNode } from './node-http.ts'
import { readTls } from './tls.ts'
import { loadUws } from './uws-loader.ts'
import { listenUws } from './uws.ts'

/** What the system says when a port cannot be had, in the operator's words. */
const causes: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens on it already',
  EACCES: 'this user may not listen on it',
  EADDRNOTAVAIL: 'this host has no such address',
  ENOTFOUND: 'this host name is not known',
}

/**
 * Listens on `options.host` and `options.port`, never sharing the port with another process.
 * `uws` where it does not load is a failure; `auto` then falls back to `node:http` with a warning.
 */
export async function openListener(options: ListenerOptions, serve: Serve): Promise<Listener | ListenFailure> {
  const taken = await probe(options)
  if (taken) return taken
  const tls = options.tls && readTls(options.tls)
  if (typeof tls === 'string') return listenFailure(tls)
  const onNode = (warning: string | null): Promise<Listener | ListenFailure> =>
    listenNode({ ...options, material: tls }, serve, warning)
  if (options.engine === 'node') return await onNode(null)
  const uws = loadUws(options.header_bytes)
  if (typeof uws !== 'string') return listenUws(uws, options, serve)
  if (options.engine === 'uws') return listenFailure(uws)
  return await onNode(`${uws}; node:http answers instead, at a lower rate`)
}

/** Takes the port once and gives it back, because uWebSockets.js does not say why it cannot have one. */
function probe(options: ListenerOptions): Promise<ListenFailure | null> {
  const { host, port } = options
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const cause = causes[error.code ?? ''] ?? error.message
      resolve(listenFailure(`port ${port} on ${host} cannot be listened on: ${cause}`))
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)))
  })
}
