/** A call of a tool as tokens, policy and limits look at it. */
import { readJsonObject } from '../../base/json.ts'
import { toolRowOf } from '../../config/tool-row.ts'
import { type McpCall, nameOfTool, targetName } from '../../domain/call.ts'
import type { Goal } from '../admit.ts'
import { reservedFor } from '../price.ts'
import type { ToolServerEntry } from '../road.ts'

/** Arguments are read where a token says something of them; what has more than one reading fits no rule. */
export function goalOfTool(
  { target, args }: Pick<McpCall, 'target' | 'args'>,
  { settings }: Pick<ToolServerEntry, 'settings'>,
): Goal {
  const tool = nameOfTool(target)
  const { price, scope } = toolRowOf(settings, tool)
  const asked = {
    kind: 'tool',
    server: settings.id,
    tool,
    scope,
    get args() {
      return (args === null ? null : readJsonObject(args, 64)) ?? {}
    },
  } as const
  return { action: 'callTool', asked, server: targetName(target), agent: null, named: null, price: reservedFor(price) }
}
