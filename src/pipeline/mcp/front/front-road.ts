/** The road with what is needed where Weir itself is the end towards clients of tools. */
import type { SpeakerCredentials } from '../../../identity/outbound/tool-credentials.ts'
import type { Road, ToolServerEntry } from '../../road.ts'
import type { Era } from '../../../protocol/mcp/read-call.ts'
import type { OpenBehind } from '../behind.ts'
import type { Fronts } from './fronts.ts'

export interface FrontRoad extends Road {
  /** What is behind an address of tools, for one client. */
  readonly openBehind: OpenBehind
  readonly fronts: Fronts
  /** Whether a server has to be spoken to in the other era than this. */
  isForeign(server: ToolServerEntry, era: Era): boolean | Promise<boolean>
  /** Of a caller that has a credential at a server where everybody has their own: Weir lists the tools there with it. */
  lend(server: ToolServerEntry, speaker: SpeakerCredentials): void
}
