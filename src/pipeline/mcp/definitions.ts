/**
 * Whether a server that is handed its messages as they are may be called by what it says of its tools now: the same states
 * that decide behind the one address of all.
 */
import type { ListedTool } from '../../catalogue/contract.ts'
import { digestOfDefinition } from '../../catalogue/digest.ts'
import { toolNamed } from '../../catalogue/listing.ts'
import { type Denial, deny } from '../../domain/verdict.ts'
import type { Road, ToolServerEntry } from '../road.ts'

type Looking = Pick<Road, 'catalogue' | 'snapshot'>

/** Null for a tool whose definition is the approved one; its definition was looked at no longer ago than its operator says. */
export async function refusalOfDefinition(
  road: Looking,
  server: ToolServerEntry,
  tool: string,
): Promise<Denial | null> {
  const { id, definitions_max_age_ms } = server.settings
  if (!isPinned(road)) return refusalOf(road.catalogue.tool(id, tool))
  const seen = await road.catalogue.fresh(id, definitions_max_age_ms, ['tools'])
  // It may be there since then, or there may be a credential for it since then.
  const listing = seen.health.state === 'missing' ? await road.catalogue.fresh(id, 0, ['tools']) : seen
  const listed = toolNamed(listing, tool)
  if (listed) return refusalOf(listed)
  if (listing.health.state === 'missing')
    return deny('upstream_unavailable', `${id} has not listed its tools, so none can be called`)
  return deny('not_found', `${id} lists no tool ${tool}`, { rule: 'tools.lock' })
}

/** Tells of each tool of a list whether it may be seen as it is defined there. */
export async function openDefinitions(road: Looking, server: ToolServerEntry): Promise<(tool: SeenTool) => boolean> {
  const { id, definitions_max_age_ms } = server.settings
  const pinned = isPinned(road)
  const { tools } = pinned
    ? await road.catalogue.fresh(id, definitions_max_age_ms, ['tools'])
    : road.catalogue.listing(id)
  const listed = new Map(tools.map((tool) => [tool.name, tool]))
  return ({ name, definition }) => {
    const known = listed.get(name)
    if (!pinned) return known?.state !== 'quarantined'
    if (known?.state !== 'approved') return false
    if (known.definition.equals(definition) || known.digest === digestOfDefinition(definition)) return true
    road.catalogue.changed(id, 'tools')
    return false
  }
}

/** One item of a list, byte for byte. */
export interface SeenTool {
  readonly name: string
  readonly definition: Buffer
}

function isPinned({ snapshot }: Looking): boolean {
  return snapshot.settings.tools.approval !== 'off'
}

function refusalOf(listed: ListedTool | null): Denial | null {
  if (listed === null || listed.state === 'approved') return null
  const { server, name, state, why } = listed
  const rule = { rule: 'tools.lock' }
  return refusalOfChange(listed) ?? deny('not_found', `${server}/${name} is ${state}: ${why ?? ''}`, rule)
}

/** Why a tool may not be called that is defined otherwise than approved; null for any other. */
export function refusalOfChange({ server, name, state, why }: ListedTool): Denial | null {
  if (state !== 'changed') return null
  const detail = `${server}/${name} is defined otherwise than approved: ${why ?? 'no reason'}`
  return deny('tool_definition_changed', detail, { rule: 'tools.lock' })
}
