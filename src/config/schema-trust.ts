/** The configuration table: issuers outside of Weir whose word counts for something, each within its own bounds. */
import { z } from 'zod'
import { isPlainUrl, isProtectedUrl, prose, slug, text, url, whole } from './fields.ts'

const signatureAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const

/** What the tokens of a kind of issuer look like beside what every token must say. */
const profiles = ['jwt', 'kubernetes', 'aws', 'gcp', 'azure', 'github', 'spiffe'] as const

const jwks = text(isJwksPlace, {
  form: 'file: and a path, or an https URL (http on loopback only)',
  description: 'Where its public keys are; file: paths are relative to the configuration file.',
})

const algorithms = z
  .array(z.enum(signatureAlgorithms))
  .min(1)
  .max(signatureAlgorithms.length)
  .default(['ES256'])
  .meta({
    description: 'Signature algorithms accepted from this issuer.',
    form: `a list of 1 to ${signatureAlgorithms.length} algorithms`,
  })

/** A day, and the five minutes by which Azure dates the tokens of its managed identities back. */
const lifetimeMax_s = 86_400 + 300

const lifetime = (usual: number): z.ZodDefault<z.ZodInt> =>
  whole(10, lifetimeMax_s, { description: 'Tokens that live longer than this are refused.', unit: 's' }).default(usual)

const claimValue = z.string().min(1).max(256).meta({ form: 'a claim value of 1 to 256 characters' })

/** RFC 9396 entries; read and judged with the words of `domain/authority`. */
export const authorizationDetails = z
  .array(z.record(z.string(), z.unknown()))
  .max(32)
  .meta({ description: 'The most that may be asked for (RFC 9396).', form: 'a list of at most 32 details' })

const workload = z.strictObject({
  agent: slug({ description: 'The agent this workload is.' }),
  claims: z
    .record(
      claimValue,
      claimValue.meta({ description: 'The exact value of that claim.', form: 'a claim value of 1 to 256 characters' }),
    )
    .meta({
      description: 'Exact value of each claim, by name or by JSON pointer (/kubernetes.io/namespace); sub must be one.',
    }),
})

export const issuer = z.strictObject({
  issuer: text((value) => isPlainUrl(value) || isTrustDomain(value), {
    form: 'an https URL, or spiffe:// and a trust domain',
    description: 'The exact iss claim of its tokens, or the SPIFFE trust domain of their sub.',
  }),
  profile: z
    .enum(profiles)
    .default('jwt')
    .meta({ description: 'What its tokens leave out: claims and headers that only other issuers write.' }),
  jwks,
  audience: prose({ description: 'The exact aud claim Weir asks for. Absent: gateway.public_url.' }).optional(),
  algorithms,
  for_tools: z.boolean().default(false).meta({
    description:
      'Whether MCP clients get tokens for tool servers here: its name stands in their metadata, aud may be the URL of what is called, and every token allows what its scope says and nothing more.',
  }),
  agent_claim: prose({ description: 'The claim that names the agent.' }).default('sub'),
  agents: z
    .record(claimValue, slug({ description: 'The agent that is known by this exact claim value.' }))
    .default({})
    .meta({ description: 'Exact claim value to agent; whoever is not listed is not known.' }),
  workloads: z
    .array(workload)
    .max(1000)
    .default([])
    .meta({ description: 'Workloads known by several claims at once.', form: 'a list of at most 1000 workloads' }),
  person_claim: prose({ description: 'The claim that names the person at the root. Absent: no person.' }).optional(),
  lifetime_max_s: lifetime(3600),
})

export const people = z.strictObject({
  issuer: url({ description: 'The exact iss claim of its ID tokens.' }),
  jwks,
  algorithms,
  clients: z
    .record(claimValue, slug({ description: 'The agent that is this client, and the only one to exchange the token.' }))
    .meta({ description: 'OAuth client id (aud and azp of the ID token) to agent.' }),
  person_claim: prose({ description: 'The claim that names the person.' }).default('sub'),
  authorization_details: authorizationDetails.optional(),
  lifetime_max_s: lifetime(3600),
})

export const partner = z.strictObject({
  issuer: url({ description: 'The exact iss claim of its grants.' }),
  jwks,
  algorithms,
  clients: z
    .record(claimValue, slug({ description: 'The agent that is this client and may spend the grant.' }))
    .meta({ description: 'client_id of the grant to agent.' }),
  person_prefix: text((value) => /^[A-Za-z0-9][A-Za-z0-9.-]{0,30}$/.test(value), {
    form: '1 to 31 letters, digits, dots and dashes',
    description: 'What stands before @ and the sub of its people here, so that no partner can name ours.',
  }),
  disclosure: z.enum(['full', 'subset', 'actor_only']).default('actor_only').meta({
    description:
      'The most of a chain we show this partner, whatever a credential says: every actor, only the last two, only the last.',
  }),
  depth_max: whole(1, 64, { description: 'Actors of theirs and ours together.', unit: 'agents' }).default(5),
  authorization_details: authorizationDetails.optional(),
  lifetime_max_s: lifetime(300),
})

export const signals = z.strictObject({
  issuer: url({ description: 'The exact iss claim of its security events.' }),
  jwks,
  algorithms,
  audience: prose({ description: 'The exact aud claim Weir asks for. Absent: gateway.public_url.' }).optional(),
  person_claim: prose({ description: 'The member of the subject that names the person.' }).default('sub'),
})

function isTrustDomain(value: string): boolean {
  return /^spiffe:\/\/[a-z0-9._-]{1,255}$/.test(value)
}

/** Keys fetched in clear text could be replaced on the way. */
export function isJwksPlace(value: string): boolean {
  if (value.startsWith('file:')) return value.length > 'file:'.length && !value.includes('\0')
  return isProtectedUrl(value)
}
