/**
 * Whether a request was meant for this gateway: a page in a browser on the same machine must not reach it under a name of
 * its own (DNS rebinding; MCP, security warning of Streamable HTTP).
 */
import type { HeaderMap } from '../../protocol/http.ts'
import type { Snapshot } from '../road.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

export interface Home {
  /** Of the public URL. */
  readonly host: string
  readonly origin: string
  /** Whether the data listener is reached from this machine alone. */
  readonly onLoopback: boolean
  /** Origins of pages that may, beside our own. */
  readonly origins: readonly string[]
}

type Placed = Pick<Snapshot, 'publicUrl' | 'settings'>

const homes = new WeakMap<Placed, Home>()

/** Made once for each snapshot. */
export function homeOf(snapshot: Placed): Home {
  const known = homes.get(snapshot)
  if (known) return known
  const { listen, allowed_origins: origins } = snapshot.settings.gateway
  const { host, origin } = new URL(snapshot.publicUrl)
  const onLoopback = listen.host === 'localhost' || listen.host === '::1' || listen.host.startsWith('127.')
  const made = { host, origin, origins, onLoopback }
  homes.set(snapshot, made)
  return made
}

/** Null where it was; else which header says that it was not. */
export function strangerHeader(headers: HeaderMap, home: Home): 'Host' | 'Origin' | null {
  const { host, origin } = home
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
