/**
 * Whether a request was meant for this gateway: a page in a browser on the same machine must not reach it under a name of
 * its own (DNS rebinding; MCP, security warning of Streamable HTTP).
 */
import type { HeaderMap } from '../../protocol/http.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

export interface Home {
  readonly publicUrl: string
  /** Whether the data listener is reached from this machine alone. */
  readonly onLoopback: boolean
}

/** Null where it was; else which header says that it was not. */
export function strangerHeader(headers: HeaderMap, home: Home): 'Host' | 'Origin' | null {
  const { host, origin } = new URL(home.publicUrl)
  const isNear = (name: string): boolean => home.onLoopback && loopback.test(name)
  const from = headers.get('origin')
  if (from !== undefined && from !== origin && !isNear(from.replace(/^https?:\/\//, ''))) return 'Origin'
  const asked = headers.get('host') ?? ''
  return asked.toLowerCase() === host || isNear(asked) ? null : 'Host'
}
