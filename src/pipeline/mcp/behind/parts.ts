/** What everything behind one address is made of. */
import type { Clock } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import type { Wheel } from '../../../base/wheel.ts'
import type { Known } from '../../../catalogue/contract.ts'
import type { Links, Speaker } from '../../../relay/mcp/link.ts'
import type { ToolServerEntry } from '../../road.ts'

export interface BehindParts {
  readonly links: Links
  readonly known: Known
  readonly clock: Clock
  readonly dice: Dice
  readonly wheel: Pick<Wheel, 'after'>
  /** What cursors and ids of tasks are sealed with. */
  readonly secret: Uint8Array
  /**
   * How Weir speaks for itself, as it does for the catalogue: several servers are greeted so, and not once more for each of
   * their clients. Absent, or null for a server that only lets in people: as the client.
   */
  readonly ownSpeaker?: (server: ToolServerEntry) => Speaker | null
  /** Of Weir, as it says of itself. */
  readonly version: string
}
