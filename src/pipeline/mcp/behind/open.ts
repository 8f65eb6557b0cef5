/** Opens what stands behind an address for one client; what all of them share is kept here. */
import { ToolSearch } from '../../../catalogue/search.ts'
import type { OpenBehind } from '../behind.ts'
import { Handles } from './handles.ts'
import { OneOrMany } from './one-or-many.ts'
import type { BehindParts } from './parts.ts'
import { Spaces } from './space.ts'

export function openBehindWith(parts: BehindParts): OpenBehind {
  const shared = {
    parts,
    spaces: new Spaces(parts.known),
    handles: new Handles(parts.secret, parts.dice),
    search: new ToolSearch(),
  }
  return (client, address) => new OneOrMany(shared, client, address)
}
