/** Which servers stand behind an address for one client: those it may use, and of a set what the set names. */
import { isDenial } from '../../../domain/verdict.ts'
import { decide } from '../../../policy/decide.ts'
import type { Client, McpAddress } from '../behind.ts'
import type { Snapshot, ToolServerEntry } from '../../road.ts'

export interface Member {
  readonly slug: string
  readonly server: ToolServerEntry
  /** Names of the tools that are there; null for all of them. */
  readonly tools: ReadonlySet<string> | null
  /** Whether its prompts and resources are there too. */
  readonly whole: boolean
}

/** In the order of their slugs, so that lists of them are the same every time. */
export async function membersAt(address: McpAddress, reader: Client['reader']): Promise<readonly Member[]> {
  const all = named(address, reader.snapshot)
  const may = await Promise.all(all.map(({ slug }) => mayUse(slug, reader)))
  return all.filter((_, i) => may[i])
}

function named(address: McpAddress, snapshot: Snapshot): readonly Member[] {
  const all = [...snapshot.servers]
    .map(([slug, server]): Member => ({ slug, server, tools: null, whole: true }))
    .toSorted((a, b) => (a.slug < b.slug ? -1 : 1))
  if (address.kind === 'all') return all
  if (address.kind === 'server') return all.filter(({ slug }) => slug === address.server)
  const parts = snapshot.settings.tools.sets.get(address.set)?.parts
  return all.flatMap((member) => {
    const part = parts?.get(member.slug)
    if (part === undefined) return []
    return part === 'whole' ? [member] : [{ ...member, tools: part.tools, whole: false }]
  })
}

async function mayUse(slug: string, { snapshot, agent, context }: Client['reader']): Promise<boolean> {
  const resource = { kind: 'server', id: slug } as const
  return !isDenial(await decide(snapshot.policy, { action: 'useServer', principal: agent, resource, context }))
}
