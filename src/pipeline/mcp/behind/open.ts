/** Opens what stands behind an address for one client; what all of them share is kept here. */
import { BoundedMap } from '../../../base/bounded-map.ts'
import { ToolSearch } from '../../../catalogue/search.ts'
import type { Link } from '../../../relay/mcp/link.ts'
import type { OpenBehind } from '../behind.ts'
import { Handles } from './handles.ts'
import { Members } from './members.ts'
import { OneOrMany } from './one-or-many.ts'
import type { BehindParts } from './parts.ts'
import { Spaces } from './space.ts'

/** How many links are remembered for what clients of the legacy era tell all servers that they speak with. */
const spoken_max = 16_384

export function openBehindWith(parts: BehindParts): OpenBehind {
  const shared = {
    parts,
    members: new Members(),
    spaces: new Spaces(parts.known),
    handles: new Handles(parts.secret, parts.dice),
    search: new ToolSearch(),
    spoken: new BoundedMap<string, Link>({ max: spoken_max }),
  }
  return (client, address) => new OneOrMany(shared, client, address)
}
