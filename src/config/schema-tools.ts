/** The configuration table: the tool servers (MCP) that agents reach through Weir. */
import { z } from 'zod'
import { toolSets } from './schema-tool-sets.ts'
import { openApiDocument } from './schema-tool-openapi.ts'
import { serverSafety, toolSafety } from './schema-tool-safety.ts'
import { toolCredential } from './schema-tool-auth.ts'
import { toolProcess } from './schema-tool-process.ts'
import { traceparentField } from './schema-told.ts'
import { serverPrice, toolRows } from './schema-tool-rows.ts'
import { frameHeaders, person, prose, secret, slugForm, team, text, url, whole } from './fields.ts'

/** Those of the frame, of the protocol and of the caller, whose place nobody takes. */
const ownHeaders = new Set<string>([...frameHeaders, 'accept', 'accept-encoding', 'last-event-id'])

function isServerHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return /^[A-Za-z0-9-]{1,64}$/.test(name) && !ownHeaders.has(lower) && !lower.startsWith('mcp-')
}

const timeouts = z
  .strictObject({
    first_byte_ms: whole(10, 3_600_000, {
      description: 'From the last byte sent to the first byte of the answer.',
      unit: 'ms',
    }).default(60_000),
    idle_ms: whole(10, 3_600_000, { description: 'Silence in the answer to a request.', unit: 'ms' }).default(300_000),
    listen_idle_ms: whole(10, 86_400_000, {
      description: 'Silence on a stream that answers no request: messages come when there are any.',
      unit: 'ms',
    }).default(3_600_000),
  })
  .prefault({})
  .meta({ description: 'How long the server may be silent.' })

const server = z.strictObject({
  url: url({ description: 'Where the server answers; with `openapi`, where the API is.' }).optional(),
  transport: z.enum(['http', 'sse']).default('http').meta({
    description: 'What is spoken at `url`: Streamable HTTP, or HTTP+SSE of 2024-11-05.',
  }),
  process: toolProcess.optional(),
  openapi: openApiDocument.optional(),
  headers: z
    .record(
      text(isServerHeader, {
        form: 'a header name that is not one of the connection or of MCP',
        description: 'Name of a header.',
      }),
      secret({ description: 'A header sent with every request to this server.' }),
    )
    .default({})
    .meta({ description: 'Headers sent to the server: its own credential, never that of a caller.' }),
  credential: toolCredential,
  traceparent: traceparentField,
  team: team({ description: 'The team that owns the server.' }).optional(),
  owner: person({ description: 'The person who answers for the server.' }).optional(),
  description: prose({ description: 'What the server offers, for people.' }).default('A tool server.'),
  effect: z
    .enum(['read', 'write', 'unknown'])
    .default('unknown')
    .meta({ description: 'What calling its tools does to the world; policies see it.' }),
  external: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether somebody else decides what it says: it taints the run of whoever calls a tool.' }),
  price: serverPrice,
  ...toolRows,
  timeouts,
  ...serverSafety,
  eras: z.enum(['auto', 'legacy', 'modern']).default('auto').meta({
    description:
      'Which revisions it is spoken to in: auto leaves that to each client, legacy is up to 2025-11-25, modern from 2026-07-28.',
  }),
})

/** Checked by the cross-check and not here, because a key refused here would hide what is wrong with its value. */
const slugKey = z.string().meta({ form: slugForm, pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })

export const toolsSection = z
  .strictObject({
    ...toolSafety,
    servers: z
      .record(slugKey, server)
      .default({})
      .meta({ description: 'Tool servers by slug, each at /mcp/s/<slug>; its tools are <slug>/<name> in policies.' }),
    sets: toolSets,
  })
  .prefault({})
  .meta({ description: 'What agents call that is no agent: tools, over MCP.' })
