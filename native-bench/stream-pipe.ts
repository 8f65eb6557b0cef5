/**
 * The baseline of streams: uWebSockets.js in front, undici `dispatch` behind, every chunk handed on as it came, the agent
 * paused while the caller does not keep up, and a comment after as many silent milliseconds as the second argument says.
 */
import { type Dispatcher, Pool } from 'undici'
import { type Asked, serveBare } from './bare-server.ts'

const upstream = new URL(process.argv[2] ?? '')
const heartbeat_ms = Number(process.argv[3] ?? 4000)
const limits = { connections: 20_000, pipelining: 1, allowH2: false, headersTimeout: 0, bodyTimeout: 0 }
const pool = new Pool(upstream.origin, limits)
const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }

serveBare('the pipe', pipe)

function pipe({ body, stream }: Asked): void {
  const out = stream()
  let wire: Dispatcher.DispatchController | null = null
  const beat = setTimeout(() => {
    out.write(':\n\n')
    beat.refresh()
  }, heartbeat_ms)
  out.onDrain = () => wire?.resume()
  out.onGone = () => {
    clearTimeout(beat)
    wire?.abort(new Error('the caller is gone'))
  }
  const end = (): void => {
    clearTimeout(beat)
    out.end()
  }
  pool.dispatch(
    { path: upstream.pathname, method: 'POST', headers, body },
    {
      onRequestStart(controller) {
        wire = controller
        if (out.over) controller.abort(new Error('the caller is gone'))
      },
      onResponseStart: () => undefined,
      onResponseData(controller, chunk) {
        beat.refresh()
        if (!out.write(chunk)) controller.pause()
      },
      onResponseEnd: end,
      onResponseError: end,
    },
  )
}
