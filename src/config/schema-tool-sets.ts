/** The configuration table: named parts of all tool servers, each an address of its own. */
import { z } from 'zod'
import { prose, slugForm, text } from './fields.ts'

const toolOfSet = text((value) => readToolOfSet(value) !== null, {
  form: 'a tool as <server>/<name>, or all tools of a server as <server>/*',
  description: 'A tool.',
})

const toolSet = z.strictObject({
  servers: z
    .array(z.string().meta({ description: 'A slug under tools.servers.', form: slugForm }))
    .default([])
    .meta({ description: 'Servers that are in it with everything they have.' }),
  tools: z
    .array(toolOfSet)
    .default([])
    .meta({ description: 'Tools of other servers, which are in it with these only: no prompts and no resources.' }),
  description: prose({ description: 'What the set is for, for people.' }).default('A set of tools.'),
  instructions: z
    .string()
    .max(8192)
    .optional()
    .meta({ description: 'What clients are told of it in place of what its servers say of themselves.' }),
})

const slugKey = z.string().meta({ form: slugForm, pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })

export const toolSets = z
  .record(slugKey, toolSet)
  .default({})
  .meta({ description: 'Named parts of all tool servers by slug, each at /mcp/<slug>.' })

/** `name` is null for all tools of the server. */
export interface ToolOfSet {
  readonly server: string
  readonly name: string | null
}

/** Names of tools may hold slashes themselves. */
export function readToolOfSet(written: string): ToolOfSet | null {
  const slash = written.indexOf('/')
  const name = written.slice(slash + 1)
  if (slash < 1 || name === '') return null
  return { server: written.slice(0, slash), name: name === '*' ? null : name }
}
