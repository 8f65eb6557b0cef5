/** Which headers go through `weir exec`, and which belong to one connection or to whoever asks. */
import type { IncomingMessage } from 'node:http'

/** Those of one connection (RFC 9110 section 7.6.1), which no proxy hands on. */
const connectionOnly: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
])

/** Those that say who asks and where, which the forwarder says itself, and one that it has answered. */
const ours: ReadonlySet<string> = new Set(['authorization', 'expect', 'host', 'weir-run-id', 'x-api-key'])

/** What goes on to the gateway. Node has seen to it that only one of length and transfer coding is there. */
export function toGateway({ headers }: IncomingMessage): Record<string, string | string[]> {
  const named = namedIn(headers.connection)
  const entries = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !connectionOnly.has(name) && !ours.has(name) && !named.has(name),
  )
  return Object.fromEntries(entries) as Record<string, string | string[]>
}

/** What goes back to the command, in its order and spelling. How the body is framed is for this connection to say. */
export function toCommand({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = namedIn(headers.connection)
  return rawHeaders.flatMap((name, at) => {
    const lower = name.toLowerCase()
    const goes = at % 2 === 0 && !connectionOnly.has(lower) && lower !== 'transfer-encoding' && !named.has(lower)
    return goes ? [name, rawHeaders[at + 1] ?? ''] : []
  })
}

/** A `Connection` header may declare any other header to be for this connection; never one that frames the body. */
function namedIn(connection: string | undefined): ReadonlySet<string> {
  const names = (connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'transfer-encoding'))
}
