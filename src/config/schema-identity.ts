/** The configuration table: who may call, and how they prove it. */
import { z } from 'zod'
import { isPlainUrl, person, prose, slug, text, url, whole } from './fields.ts'

const signatureAlgorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const

const issuer = z.strictObject({
  issuer: url({ description: 'The exact iss claim of its tokens.' }),
  jwks: text(isJwksPlace, {
    form: 'file: and a path, or an https URL (http on loopback only)',
    description: 'Where its public keys are; file: paths are relative to the configuration file.',
  }),
  audience: prose({ description: 'The exact aud claim Weir asks for. Absent: gateway.public_url.' }).optional(),
  algorithms: z
    .array(z.enum(signatureAlgorithms))
    .min(1)
    .max(6)
    .default(['ES256'])
    .meta({ description: 'Signature algorithms accepted from this issuer.', form: 'a list of 1 to 6 algorithms' }),
  agent_claim: prose({ description: 'The claim that names the agent.' }).default('sub'),
  agents: z
    .record(
      z.string().min(1).max(256).meta({ form: 'a claim value of 1 to 256 characters' }),
      slug({ description: 'The agent that is known by this exact claim value.' }),
    )
    .meta({ description: 'Exact claim value to agent; whoever is not listed is not known.' }),
  person_claim: prose({ description: 'The claim that names the person at the root. Absent: no person.' }).optional(),
  lifetime_max_s: whole(60, 86_400, {
    description: 'Tokens that live longer than this are refused.',
    unit: 's',
  }).default(3600),
})

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

export const identitySection = z
  .strictObject({
    issuers: z
      .array(issuer)
      .max(32)
      .default([])
      .meta({ description: 'Issuers whose JWTs are accepted.', form: 'a list of at most 32 issuers' }),
    api_keys: z
      .array(apiKey)
      .max(1000)
      .default([])
      .meta({ description: 'Static keys; refused where environment is prod.', form: 'a list of at most 1000 keys' }),
    tokens: z
      .strictObject({
        call_ttl_s: whole(10, 300, { description: 'Lifetime of a call token.', unit: 's' }).default(120),
        delivery_ttl_s: whole(10, 3600, {
          description: 'Lifetime of the token that travels with a delivered call.',
          unit: 's',
        }).default(600),
      })
      .prefault({})
      .meta({ description: 'The tokens Weir signs.' }),
  })
  .prefault({})
  .meta({ description: 'How callers prove who they are.' })

const loopbackHosts = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Keys fetched in clear text could be replaced on the way, so plain http is for loopback. */
function isJwksPlace(value: string): boolean {
  if (value.startsWith('file:')) return value.length > 'file:'.length && !value.includes('\0')
  const parsed = isPlainUrl(value) ? URL.parse(value) : null
  return parsed !== null && (parsed.protocol === 'https:' || loopbackHosts.has(parsed.hostname))
}
