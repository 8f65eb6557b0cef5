/** Named sets of tools as the rest of Weir sees them. */
import type { ConfigFile } from './schema.ts'
import { readToolOfSet } from './schema-tool-sets.ts'

/** A named part of all tool servers. */
export interface ToolSetSettings extends Omit<
  ConfigFile['tools']['sets'][string],
  'servers' | 'tools' | 'instructions'
> {
  /** Its slug. */
  readonly id: string
  readonly instructions: string | null
  /** By the slug of the server: everything it has, or the names of some of its tools, null for all of them. */
  readonly parts: ReadonlyMap<string, 'whole' | { readonly tools: ReadonlySet<string> | null }>
}

export function toolSets({ tools }: ConfigFile): readonly ToolSetSettings[] {
  return Object.entries(tools.sets).map(([id, { servers, tools: names, description, instructions }]) => {
    const parts = new Map<string, 'whole' | { readonly tools: Set<string> | null }>()
    for (const written of names) {
      const read = readToolOfSet(written)
      if (read === null) continue
      const known = parts.get(read.server)
      const some = known === undefined || known === 'whole' ? new Set<string>() : known.tools
      parts.set(read.server, { tools: read.name === null ? null : (some?.add(read.name) ?? null) })
    }
    for (const server of servers) parts.set(server, 'whole')
    return { id, description, instructions: instructions ?? null, parts }
  })
}
