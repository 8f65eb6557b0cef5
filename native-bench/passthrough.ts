/**
 * The baseline: uWebSockets.js in front, undici `dispatch` behind, and nothing in between. What Weir costs is the
 * distance to this.
 */
import { Pool } from 'undici'
import { type Asked, serveBare } from './bare-server.ts'

const upstream = new URL(process.argv[2] ?? '')
const pool = new Pool(upstream.origin, { connections: 128, pipelining: 1, allowH2: false })
const headers = { 'content-type': 'application/json' }

serveBare('the pass-through', forward)

function forward({ body, answer }: Asked): void {
  const chunks: Buffer[] = []
  let status = '502'
  pool.dispatch(
    { path: upstream.pathname, method: 'POST', headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, statusCode) {
        status = String(statusCode)
      },
      onResponseData: (_controller, chunk) => chunks.push(chunk),
      onResponseEnd: () => answer(status, Buffer.concat(chunks)),
      onResponseError: () => answer('502', Buffer.alloc(0)),
    },
  )
}
