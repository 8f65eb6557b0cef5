/** Where a client talks to, in the words of routes, tokens, seals and records. */
import type { McpCall } from '../../../domain/call.ts'
import type { McpAddress } from '../behind.ts'
import { resourceOfServer, type Snapshot } from '../../road.ts'

/** What is about the address as a whole; a slug has no star, so no server is ever called like it. */
export function groundOf(address: McpAddress): McpCall['target'] {
  if (address.kind === 'server') return { kind: 'server', id: address.server }
  return { kind: 'server', id: address.kind === 'all' ? '*' : `${address.set}/*` }
}

/** The audience of tokens for it (RFC 8707). */
export function resourceOfAddress(snapshot: Pick<Snapshot, 'publicUrl'>, address: McpAddress): string {
  if (address.kind === 'server') return resourceOfServer(snapshot, address.server)
  return address.kind === 'all' ? `${snapshot.publicUrl}/mcp` : `${snapshot.publicUrl}/mcp/${address.set}`
}

/** What is sealed for one address opens on no other. */
export function placeOf(address: McpAddress): string {
  return groundOf(address).id
}
