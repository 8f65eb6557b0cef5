/** The configuration table: what single tools of a server are allowed and cost, and how answers of it are checked. */
import { z } from 'zod'
import { readScopes } from '../domain/authority/read.ts'
import { prose, text, whole } from './fields.ts'
import { price } from './schema-price.ts'

const effects = ['read', 'write', 'unknown'] as const
/** Names come from servers, and this is the longest that any of them may have. Unit: characters. */
const name_max = 256

/** A `scope-token` (RFC 6749 section 3.3). */
function isScope(value: string): boolean {
  const scopes = readScopes(value)
  return typeof scopes !== 'string' && scopes.length === 1
}

const outputBytes = whole(1024, 1_073_741_824, {
  description:
    'Longest result of a call; a longer one is answered with an error that says so. Absent: maximums.answer_bytes.',
  unit: 'bytes',
})

const row = z
  .strictObject({
    effect: z
      .enum(effects)
      .optional()
      .meta({ description: 'What calling it does to the world. Absent: that of its server.' }),
    external: z
      .boolean()
      .optional()
      .meta({ description: 'Whether what it answers taints the run of its caller. Absent: as its server says.' }),
    price: price('What one call is booked with, in place of the price of its server.').optional(),
    concurrency_max: whole(1, 1_000_000, {
      description: 'Calls of it that may be open at once, whoever makes them; always enforced. Absent: no limit.',
      unit: 'calls',
    }).optional(),
    scope: text(isScope, {
      form: 'one scope: printable ASCII without spaces, quotes and backslashes, up to 256 characters',
      description:
        'The scope a token needs to call it, in place of tool:call or tool:<name>; only tokens that are limited by scopes need any.',
    }).optional(),
    output_bytes_max: outputBytes.optional(),
    description: prose({ description: 'What it is for, for people.' }).optional(),
  })
  .meta({ description: 'What is true of one tool.' })

export const serverPrice = price(
  'What a call of one of its tools is booked with; everything else costs nothing.',
).prefault({})

/** Members of a server that are about its tools. */
export const toolRows = {
  tools: z
    .record(
      text((name) => name.length > 0 && name.length <= name_max && name.isWellFormed(), {
        form: `the name of a tool: 1 to ${name_max} characters`,
        description: 'Name of a tool, as its server calls it.',
      }),
      row,
    )
    .default({})
    .meta({
      description: 'Tools of which something else is true than of the server as a whole, by their names there.',
    }),
  output_bytes_max: outputBytes.optional(),
  output_schema: z.enum(['off', 'warn', 'strict']).default('warn').meta({
    description:
      'What comes of a structured result that does not fit the output schema of its tool: nothing, a line in the log, or an error in its place.',
  }),
}
