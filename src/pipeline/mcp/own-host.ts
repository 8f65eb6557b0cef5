/**
 * Whether a request was meant for this gateway: a page in a browser on the same machine must not reach it under a name of
 * its own (DNS rebinding; MCP, security warning of Streamable HTTP).
 */
import type { HeaderMap } from '../../protocol/http.ts'
import type { Snapshot } from '../road.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

export interface Home {
  readonly publicUrl: string
  /** Whether the data listener is reached from this machine alone. */
  readonly onLoopback: boolean
  /** Origins of pages that may, beside our own. */
  readonly origins: readonly string[]
}

export function homeOf({ publicUrl, settings }: Pick<Snapshot, 'publicUrl' | 'settings'>): Home {
  const { listen, allowed_origins: origins } = settings.gateway
  const { host } = listen
  return { publicUrl, origins, onLoopback: host === 'localhost' || host === '::1' || host.startsWith('127.') }
}

/** Null where it was; else which header says that it was not. */
export function strangerHeader(headers: HeaderMap, home: Home): 'Host' | 'Origin' | null {
  const { host, origin } = new URL(home.publicUrl)
  const isNear = (name: string): boolean => home.onLoopback && loopback.test(name)
  const from = headers.get('origin')
  if (
    from !== undefined &&
    from !== origin &&
    !home.origins.includes(from) &&
    !isNear(from.replace(/^https?:\/\//, ''))
  )
    return 'Origin'
  const asked = headers.get('host') ?? ''
  return asked.toLowerCase() === host || isNear(asked) ? null : 'Host'
}
