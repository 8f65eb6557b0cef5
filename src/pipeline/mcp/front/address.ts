/** Where a client talks to, in the words of seals and records. */
import type { McpCall } from '../../../domain/call.ts'
import type { McpAddress } from '../behind.ts'

/** What is about the address as a whole; a slug has no star, so no server is ever called like it. */
export function groundOf(address: McpAddress): McpCall['target'] {
  if (address.kind === 'server') return { kind: 'server', id: address.server }
  if (address.kind === 'own') return { kind: 'server', id: `${address.own}/*` }
  return { kind: 'server', id: address.kind === 'all' ? '*' : `${address.set}/*` }
}

/** What is sealed for one address opens on no other. */
export function placeOf(address: McpAddress): string {
  return groundOf(address).id
}
