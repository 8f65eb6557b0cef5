/** A network place where an agent lives, and how it is spoken to there. Read once, so that no call has to. */
import type { DialectName } from '../../domain/call.ts'
import type { A2aVersion } from '../../protocol/a2a/revision.ts'
import type { HeaderList } from '../../protocol/http.ts'
import type { UpstreamTls } from './upstream-tls.ts'

/** One way to speak to an agent, as the configuration writes it. */
export interface AgentInterface {
  /** Null for the address of the agent itself. */
  readonly url: string | null
  readonly version: A2aVersion
  readonly binding: 'jsonrpc' | 'rest'
}

/** One way to speak to an agent: the dialect and the base its requests start from. */
export interface Spoken {
  readonly dialect: DialectName
  readonly origin: string
  /** Without a trailing slash where paths are appended to it. */
  readonly path: string
  /** Query of the configured address, with its question mark; '' if there is none. */
  readonly search: string
}

export interface Upstream {
  /** As configured; names the instance in rows and metrics. */
  readonly url: string
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** In the order in which they are preferred; at least one for an agent that speaks A2A. */
  readonly speaks: readonly Spoken[]
  /** The operator's static headers that ours do not win over, secrets among them: name, value, name, value. */
  readonly fixed: readonly string[]
  /** Their names and those of all others the operator set, in lower case: the caller's headers do not replace them. */
  readonly taken: ReadonlySet<string>
  readonly tls: UpstreamTls | null
}

/** What an agent speaks that says nothing of it: the newest revision over JSON-RPC. */
export const usualInterfaces: readonly AgentInterface[] = [{ url: null, version: '1.0', binding: 'jsonrpc' }]

/** `url` and those of the interfaces must be valid http or https URLs. */
export function upstreamAt(
  url: string,
  headers: HeaderList,
  interfaces: readonly AgentInterface[] = usualInterfaces,
  tls: UpstreamTls | null = null,
): Upstream {
  const { origin, pathname, search } = new URL(url)
  const lower = headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const fixed = lower.filter(([name]) => !ours.has(name)).flat()
  const taken = new Set(lower.map(([name]) => name))
  const speaks = interfaces.map((each) => spokenAt(each.url ?? url, each))
  return { url, origin, path: pathname + search, speaks, fixed, taken, tls }
}

function spokenAt(url: string, { version, binding }: AgentInterface): Spoken {
  const { origin, pathname, search } = new URL(url)
  const path = binding === 'rest' ? pathname.replace(/\/+$/, '') : pathname
  return { dialect: `a2a-${version}-${binding}`, origin, path, search }
}

/** Headers that only we write. */
const ours = new Set([
  'content-type',
  'accept',
  'accept-encoding',
  'a2a-version',
  'txn-token',
  'host',
  'content-length',
])
