/** The road with what is needed where Weir itself is the end towards clients of tools. */
import type { Road } from '../../road.ts'
import type { OpenBehind } from '../behind.ts'
import type { Fronts } from './fronts.ts'

export interface FrontRoad extends Road {
  /** What is behind an address of tools, for one client. */
  readonly openBehind: OpenBehind
  readonly fronts: Fronts
}
