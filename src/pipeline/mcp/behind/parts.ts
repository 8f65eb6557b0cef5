/** What everything behind one address is made of. */
import type { Clock } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import type { Wheel } from '../../../base/wheel.ts'
import type { Known } from '../../../catalogue/contract.ts'
import type { Links } from '../../../relay/mcp/link.ts'
import type { Snapshot } from '../../road.ts'

export interface BehindParts {
  readonly links: Links
  readonly known: Known
  /** The newest, for what goes on for longer than a request. */
  readonly snapshot: () => Snapshot
  readonly clock: Clock
  readonly dice: Dice
  readonly wheel: Pick<Wheel, 'after'>
  /** What cursors and ids of tasks are sealed with. */
  readonly secret: Uint8Array
  /** Of Weir, as it says of itself. */
  readonly version: string
}
