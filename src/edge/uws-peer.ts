/** Who is at the other end of a uWebSockets.js connection, and which of them get nothing more from us. */

import type { UwsResponse } from './uws-types.ts'

/** `127.0.0.1` or the eight groups of an IPv6 address. */
export function peerOf(response: UwsResponse): string {
  const bytes = new Uint8Array(response.getRemoteAddress())
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  return Buffer.from(response.getRemoteAddressAsText()).toString('latin1')
}

/**
 * uWS answers requests that came in one packet one after another and forgets, at the second, that the first was to
 * close the connection. So a refused connection is remembered until the packet is done, and a request behind the
 * refused one, which may be smuggled, is never read. Holds at most one packet's worth of connections.
 */
export class RefusedConnections {
  readonly #keys = new Set<string>()

  has(response: UwsResponse): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(response))
  }

  add(response: UwsResponse): void {
    if (this.#keys.size === 0) setImmediate(() => this.#keys.clear())
    this.#keys.add(keyOf(response))
  }

  /** Leaves the request unanswered and closes once the refusal before it has left. */
  discard(response: UwsResponse): void {
    let gone = false
    response.onAborted(() => {
      gone = true
    })
    setImmediate(() => {
      if (!gone) response.close()
    })
  }
}

function keyOf(response: UwsResponse): string {
  return `${peerOf(response)} ${response.getRemotePort()}`
}
