/** The configuration table: who may call, and how they prove it. */
import { z } from 'zod'
import { person, prose, slug, text, whole } from './fields.ts'
import { issuer, partner, people, signals } from './schema-trust.ts'

const apiKey = z.strictObject({
  id: text((value) => /^[A-Za-z0-9-]{1,32}$/.test(value), {
    form: '1 to 32 letters, digits and dashes',
    description: 'Name of the key as it stands in wk_<id>_<secret>; safe to log.',
  }),
  agent: slug({ description: 'The agent this key proves.' }),
  sha256: text((value) => /^[0-9a-f]{64}$/.test(value), {
    form: '64 lower-case hexadecimal digits',
    description: 'SHA-256 of the whole key; the key itself is nowhere in the configuration.',
    secret: true,
  }),
  person: person({ description: 'The person this key acts for. Absent: no person.' }).optional(),
})

const tokens = z
  .strictObject({
    call_ttl_s: whole(10, 300, { description: 'Lifetime of a call token.', unit: 's' }).default(120),
    delivery_ttl_s: whole(10, 3600, {
      description: 'Lifetime of the token that travels with a delivered call.',
      unit: 's',
    }).default(600),
    bearer: z
      .enum(['refuse', 'allow'])
      .optional()
      .meta({ description: 'Whether the token endpoint issues tokens that are bound to no key. Absent: not in prod.' }),
    trust_domain: prose({
      description: 'The audience of Txn-Tokens, for the services behind the agents. Absent: none is issued.',
    }).optional(),
  })
  .prefault({})
  .meta({ description: 'The tokens Weir signs.' })

const keys = z
  .strictObject({
    rotate_after_s: whole(3600, 31_536_000, {
      description: 'How long a key signs before the next one does.',
      unit: 's',
    }).default(2_592_000),
    publish_before_s: whole(0, 604_800, {
      description: 'How long the next key is published before it signs.',
      unit: 's',
    }).default(86_400),
  })
  .prefault({})
  .meta({ description: 'The keys Weir signs with.' })

const dpop = z
  .strictObject({
    window_s: whole(5, 300, { description: 'How far the iat of a proof may be from now.', unit: 's' }).default(30),
    nonce: z
      .enum(['after_start', 'always'])
      .default('after_start')
      .meta({ description: 'When proofs must carry a nonce of ours: in the first minute after a start, or always.' }),
  })
  .prefault({})
  .meta({ description: 'Proofs of possession (RFC 9449).' })

const list = <Row extends z.ZodType>(row: Row, max: number, what: string) =>
  z
    .array(row)
    .max(max)
    .default([])
    .meta({ description: `${what}.`, form: `a list of at most ${max} rows` })

export const identitySection = z
  .strictObject({
    issuers: list(issuer, 32, 'Issuers whose JWTs prove which agent calls'),
    people: list(people, 8, 'Identity providers at which people log in'),
    partners: list(partner, 32, 'Other organisations whose grants are accepted'),
    signals: list(signals, 8, 'Transmitters of security events (SSF) that may end sessions'),
    api_keys: z
      .array(apiKey)
      .max(1000)
      .default([])
      .meta({ description: 'Static keys; refused where environment is prod.', form: 'a list of at most 1000 keys' }),
    tokens,
    keys,
    dpop,
  })
  .prefault({})
  .meta({ description: 'How callers prove who they are.' })
