/** The configuration table: the registered agents and the teams that own and pay for them. */
import { z } from 'zod'
import {
  frameHeaders,
  path,
  person,
  prose,
  protectedUrl,
  secret,
  slug,
  slugForm,
  team,
  text,
  url,
  whole,
} from './fields.ts'
import { bindingsField, interfacesField, streamsField, versionsField } from './schema-interfaces.ts'
import { instanceFields } from './schema-instances.ts'
import { driver } from './schema-drivers.ts'
import { agentLimits, teamLimits } from './schema-limits.ts'
import { cardFields } from './schema-card.ts'
import { traceparentField } from './schema-told.ts'
import { authorizationDetails, isJwksPlace } from './schema-trust.ts'

/** What an agent does that nobody described. */
export const defaultDescription = 'An agent.'

/** Those of the frame, and those of Weir itself. */
const ownHeaders = new Set<string>([...frameHeaders, 'txn-token', 'a2a-version'])

const price = z
  .strictObject({
    call_micros: whole(0, 1_000_000_000_000, { description: 'Cost of one call.', unit: 'micro-dollars' }).default(0),
    call_tokens: whole(0, 1_000_000_000_000, { description: 'Tokens of one call.', unit: 'tokens' }).default(0),
  })
  .prefault({})
  .meta({ description: 'What a call to this agent is booked with.' })

const client = z
  .strictObject({
    jwks: text(isJwksPlace, {
      form: 'file: and a path, or an https URL (http on loopback only)',
      description: 'Its public keys, for private_key_jwt (RFC 7523).',
    }).optional(),
    spiffe_id: text((value) => /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)+$/.test(value), {
      form: 'spiffe://, a trust domain and a path',
      description: 'Its SPIFFE ID, in a JWT-SVID or in the certificate it shows.',
    }).optional(),
    cert_sha256: z
      .array(
        text((value) => /^[0-9a-f]{64}$/.test(value), {
          form: '64 lower-case hexadecimal digits',
          description: 'SHA-256 of a certificate it may show.',
        }),
      )
      .max(8)
      .default([])
      .meta({ description: 'Certificates that are this agent.', form: 'a list of at most 8 fingerprints' }),
    autonomous: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether it may act for nobody but itself (client_credentials); policy decides too.' }),
    authorization_details: authorizationDetails.optional(),
  })
  .prefault({})
  .meta({
    description:
      'How it proves itself at the token endpoint, with a certificate also in its calls, and the most it may ask for.',
  })

/** Tool servers have one with more modes. */
export const credentialRow = z.strictObject({
  mode: z.enum(['none', 'client_credentials', 'exchange', 'grant']).default('none').meta({
    description:
      'Whether a token is obtained for calls to this agent: at its own token endpoint, never ours. grant: with an identity assertion (ID-JAG) that we sign.',
  }),
  token_endpoint: protectedUrl({ description: 'Where the token comes from; https outside loopback.' }).optional(),
  issuer: url({
    description: 'The audience of what we sign for it. Absent: the token endpoint; grant needs it.',
  }).optional(),
  client_id: prose({ description: 'Who we are there.' }).optional(),
  client_secret: secret({
    description: 'Our secret there. Absent: a signed assertion (private_key_jwt).',
  }).optional(),
  audience: prose({ description: 'The audience we ask for.' }).optional(),
  scope: prose({ description: 'The scope we ask for.' }).optional(),
  disclosure: z
    .enum(['full', 'subset', 'actor_only'])
    .default('actor_only')
    .meta({ description: 'How much of the chain the exchanged token or the grant shows.' }),
  person: z.enum(['pairwise', 'id']).default('pairwise').meta({
    description: 'How a grant names the person: by a name nobody but this issuer sees, or by ours.',
  }),
  authorization_details: authorizationDetails.optional().meta({
    description: 'What a grant allows at most, in the words of the other side. Absent: what the chain holds.',
    form: 'a list of at most 32 details',
  }),
  ahead: whole(1, 16, {
    description: 'Exchanged tokens kept ready for each person and chain.',
    unit: 'tokens',
  }).default(2),
  cert: path({ description: 'Client certificate shown there, PEM.' }).optional(),
  key: path({ description: 'Its private key, PEM; refused where others may read it.' }).optional(),
  ca: path({
    description: 'CA certificates its certificate must chain to, PEM. Absent: those Node trusts.',
  }).optional(),
})

const credential = credentialRow
  .prefault({})
  .meta({ description: 'What we prove to the agent beside the headers above. Never the credential of a caller.' })

const agent = z.strictObject({
  url: url({
    description: 'Where the agent answers A2A. Absent, and no instances: it calls but cannot be called.',
  }).optional(),
  ...instanceFields,
  team: team({ description: 'The team that owns the agent and pays for it.' }).optional(),
  owner: person({ description: 'The person who answers for the agent.' }).optional(),
  description: prose({ description: 'What the agent does, for its card and for people.' }).default(defaultDescription),
  versions: versionsField,
  bindings: bindingsField,
  interfaces: interfacesField,
  streams: streamsField,
  groups: z
    .array(slug({ description: 'A Cedar AgentGroup the agent is in.' }))
    .max(32)
    .default([])
    .meta({ description: 'Cedar groups of the agent.', form: 'a list of at most 32 groups' }),
  external: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether somebody else runs the agent: what it says taints the run.' }),
  effect: z
    .enum(['read', 'write', 'unknown'])
    .default('unknown')
    .meta({ description: 'What calling it does to the world; policies see it.' }),
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
  client,
  credential,
  driver,
  traceparent: traceparentField,
  limits: agentLimits,
  ...cardFields,
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
