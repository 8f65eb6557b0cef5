/** A bare uWebSockets.js server in a process of its own: takes a body, hands it over, says on stdout where it listens. */
import { loadUws } from '../src/edge/uws-loader.ts'
import type { UwsResponse } from '../src/edge/uws-types.ts'

const body_bytes = 1_048_576

/** One request with its body copied; an answer to a caller that has gone is dropped. */
export interface Asked {
  readonly body: Buffer
  answer(status: string, body: Buffer): void
}

export function serveBare(name: string, handle: (asked: Asked) => void): void {
  const uws = loadUws(16_384)
  if (typeof uws === 'string') throw new Error(uws)
  const app = uws.App()
  app.any('/*', (response) => {
    let gone = false
    response.onAborted(() => {
      gone = true
    })
    const answer = (status: string, body: Buffer): void => {
      if (!gone) write(response, status, body)
    }
    response.collectBody(body_bytes, (bytes) => {
      if (bytes) handle({ body: Buffer.copyBytesFrom(new Uint8Array(bytes)), answer })
    })
  })
  app.listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    if (socket === false) throw new Error(`${name} found no port`)
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${uws.us_socket_local_port(socket)}/` })}\n`)
  })
}

function write(response: UwsResponse, status: string, body: Buffer): void {
  response.cork(() => {
    response.writeStatus(status)
    response.writeHeader('content-type', 'application/json')
    response.end(body)
  })
}
