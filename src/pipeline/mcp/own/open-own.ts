/** Opens what stands behind an address of Weir's own, for one caller. */
import { unreachable } from '../../../base/assert.ts'
import { AgentTools } from '../agents/agent-tools.ts'
import type { Behind, Client, OwnAddress } from '../behind.ts'
import type { Received } from '../threshold.ts'
import type { Road } from '../../road.ts'
import { OwnBehind } from './own-behind.ts'
import { SelfTools } from './self-tools.ts'

interface Asked {
  readonly road: Road
  readonly received: Received
  readonly client: Client
  /** Who answers, as a JSON object. */
  readonly serverInfo: Buffer
}

export function openOwn({ road, received, client, serverInfo }: Asked, { own }: OwnAddress): Behind {
  switch (own) {
    case '_agents':
      return new OwnBehind(client, serverInfo, new AgentTools(road, received, client))
    case '_weir':
      return new OwnBehind(client, serverInfo, new SelfTools(road, received, client))
    default:
      return unreachable(own)
  }
}
