/** Which tools of a list its reader gets to see: those it may call, by the same tokens and policies that judge its calls. */
import { toolRowOf } from '../../config/tool-row.ts'
import type { Authority } from '../../domain/authority.ts'
import { covers, scopesFor } from '../../domain/authority/covers.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Proof } from '../../domain/principal.ts'
import { mayBe } from '../../policy/decide.ts'
import type { PolicyContext } from '../../policy/world.ts'
import { readToolsList } from '../../protocol/mcp/tools-list.ts'
import type { Snapshot } from '../road.ts'
import type { SeenTool } from './definitions.ts'

/** Who reads, and under which circumstances most is allowed to it. */
export interface ToolReader {
  readonly snapshot: Snapshot
  readonly server: string
  readonly authority: Authority
  readonly context: PolicyContext
  readonly agent: AgentId
  /** Whether it can get a token with more scopes by itself: then it sees what such a token would let it call. */
  readonly stepsUp?: boolean
}

/** What a credential says of its reader: only an authorization server that gives scopes gives more of them. */
export function readerOf(proof: Pick<Proof, 'agent' | 'kind' | 'authority'>): Pick<ToolReader, 'agent' | 'stepsUp'> {
  const { agent, kind, authority } = proof
  return { agent, stepsUp: kind === 'issuer_jwt' && authority.scopes !== null }
}

const unreadable = Buffer.from(
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"The list of tools has more than one reading"}}',
)

/**
 * The message without the tools its reader may not call, or nobody may as they are defined; the same bytes where all stay,
 * or where it lists none.
 */
export async function visibleTools(message: Buffer, reader: ToolReader, isHeld: OpenHeld): Promise<Buffer> {
  const list = readToolsList(message)
  if (list === null) return message
  if (list === 'unreadable') return unreadable
  const holds = await isHeld()
  const mayBe = list.tools.map(({ name, definition }) => (name !== null && holds({ name, definition }) ? name : null))
  return list.keep(await Promise.all(mayBe.map(async (name) => await maySee(name, reader))))
}

/** Looks at what is approved, once for a list. */
type OpenHeld = () => Promise<(tool: SeenTool) => boolean>

/** Whether that tool of its server may be called at all. */
export function maySee(name: string | null, reader: ToolReader): boolean | Promise<boolean> {
  if (name === null) return false
  const { snapshot, server, agent, stepsUp = false } = reader
  const settings = snapshot.servers.get(server)?.settings
  const scope = settings ? toolRowOf(settings, name).scope : null
  const asked = { kind: 'tool', server, tool: name, scope, args: {} } as const
  const { scopes, details } = withoutArguments(reader.authority)
  if (covers({ scopes: stepsUp ? null : scopes, details }, asked) !== null) return false
  const resource = { kind: 'tool', id: `${server}/${name}` } as const
  const more = stepsUp ? scopesFor(asked).slice(0, 1) : []
  const context = { ...reader.context, scopes: [...reader.context.scopes, ...more] }
  return mayBe(snapshot.policy, { action: 'callTool', principal: agent, resource, context })
}

/** What arguments are allowed shows with the call; a tool that may be called with some of them is seen. */
function withoutArguments({ scopes, details }: Authority): Authority {
  const wide = details?.map((detail) => {
    if (detail.type !== 'mcp_tool') return detail
    const { args: _, ...rest } = detail
    return rest
  })
  return { scopes, details: wide ?? null }
}
