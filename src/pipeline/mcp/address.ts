/** The addresses at which clients find tools: each is a resource of its own, so a token for one is nothing at another. */
import { isSlug } from '../../domain/ids.ts'
import { resourceOfServer, type Snapshot } from '../road.ts'
import type { McpAddress, ServersAddress } from './behind.ts'

const prefix = '/mcp'

/** The address a path names, whether anything is there or not; null for the path of something else. */
export function addressOf(path: string): McpAddress | null {
  if (path === prefix) return { kind: 'all' }
  const rest = path.startsWith(`${prefix}/`) ? path.slice(prefix.length + 1) : ''
  if (isSlug(rest)) return { kind: 'set', set: rest }
  if (rest === '_agents' || rest === '_weir') return { kind: 'own', own: rest }
  const server = rest.startsWith('s/') ? rest.slice(2) : ''
  return isSlug(server) ? { kind: 'server', server } : null
}

/** The audience of tokens for it (RFC 8707). */
export function resourceOfAddress(snapshot: Pick<Snapshot, 'publicUrl'>, address: McpAddress): string {
  if (address.kind === 'server') return resourceOfServer(snapshot, address.server)
  if (address.kind === 'all') return `${snapshot.publicUrl}${prefix}`
  return `${snapshot.publicUrl}${prefix}/${address.kind === 'own' ? address.own : address.set}`
}

/** What of the settings says which servers a set is made of. */
interface ToolParts {
  readonly servers: ReadonlyMap<string, unknown>
  readonly sets?: ReadonlyMap<string, { readonly parts: ReadonlyMap<string, unknown> }>
}

/** The slugs of the servers behind an address; none where nothing is there. */
export function serversAt(
  { servers, settings }: Pick<Snapshot, 'servers' | 'settings'>,
  address: ServersAddress,
): readonly string[] {
  if (address.kind === 'all') return [...servers.keys()]
  if (address.kind === 'server') return servers.has(address.server) ? [address.server] : []
  const { sets }: ToolParts = settings.tools
  return [...(sets?.get(address.set)?.parts.keys() ?? [])].filter((slug) => servers.has(slug))
}
