/** The configuration table: the registered agents and the teams that own and pay for them. */
import { z } from 'zod'
import { person, prose, secret, slug, slugForm, team, text, url, whole } from './fields.ts'
import { agentLimits, teamLimits } from './schema-limits.ts'

/** A2A versions an agent may speak. */
export const a2aVersions = ['1.0', '0.3'] as const

/** Headers that belong to the connection, to the message frame or to Weir itself. */
const ownHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'txn-token',
  'a2a-version',
])

const price = z
  .strictObject({
    call_micros: whole(0, 1_000_000_000_000, { description: 'Cost of one call.', unit: 'micro-dollars' }).default(0),
    call_tokens: whole(0, 1_000_000_000_000, { description: 'Tokens of one call.', unit: 'tokens' }).default(0),
  })
  .prefault({})
  .meta({ description: 'What a call to this agent is booked with.' })

const agent = z.strictObject({
  url: url({ description: 'Where the agent answers A2A. Absent: it calls but cannot be called.' }).optional(),
  team: team({ description: 'The team that owns the agent and pays for it.' }).optional(),
  owner: person({ description: 'The person who answers for the agent.' }).optional(),
  description: prose({ description: 'What the agent does, for its card and for people.' }).default('An agent.'),
  versions: z
    .array(z.enum(a2aVersions))
    .min(1)
    .max(2)
    .default(['1.0'])
    .meta({ description: 'A2A versions the agent speaks.', form: 'a list of "1.0" and "0.3"' }),
  groups: z
    .array(slug({ description: 'A Cedar AgentGroup the agent is in.' }))
    .max(32)
    .default([])
    .meta({ description: 'Cedar groups of the agent.', form: 'a list of at most 32 groups' }),
  external: z.boolean().default(false).meta({ description: 'Whether the agent is run by somebody else.' }),
  may_start_runs: z.boolean().default(false).meta({ description: 'Whether a call of this agent may start a run.' }),
  price,
  headers: z
    .record(
      text((name) => /^[A-Za-z0-9-]{1,64}$/.test(name) && !ownHeaders.has(name.toLowerCase()), {
        form: 'a header name that is not one of the connection or of Weir',
        description: 'Name of a header.',
      }),
      secret({ description: 'A header sent with every call to this agent.' }),
    )
    .default({})
    .meta({ description: 'Headers sent to the agent: its own credential, never that of a caller.' }),
  limits: agentLimits,
})

/** Checked by the cross-check and not here, because a key refused here would hide what is wrong with its value. */
const slugKey = z.string().meta({ form: slugForm, pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' })

export const agentsSection = z
  .record(slugKey, agent)
  .default({})
  .meta({ description: 'The agents Weir knows, by slug. Nobody else can call or be called.' })

export const teamsSection = z
  .record(slugKey, z.strictObject({ limits: teamLimits }))
  .default({})
  .meta({ description: 'The teams that own agents, by slug.' })
