/** The part of the settings that says whom Weir believes: prefixes, absolute places, audiences, sealed secrets. */
import { resolve } from 'node:path'
import { assert } from '../base/assert.ts'
import type { Detail } from '../domain/authority.ts'
import { readDetails } from '../domain/authority/read.ts'
import type { AgentId, PersonId } from '../domain/ids.ts'
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'
import type {
  ClientSettings,
  CredentialSettings,
  IdentitySectionSettings,
  IssuerSettings,
  PartnerSettings,
  PeopleSettings,
  TlsSettings,
} from './settings-identity.ts'

/** What the rows need of the file around them. */
export interface Around {
  /** The directory of the configuration file; relative places start there. */
  readonly base: string
  readonly public_url: string | null
  agentId(slug: string): AgentId
  personId(name: string): PersonId
}

export function identitySettingsOf(file: ConfigFile, around: Around): IdentitySectionSettings {
  const { issuers, people, partners, signals, api_keys, tokens, keys, dpop } = file.identity
  return {
    issuers: issuers.map((row) => issuerSettings(row, around)),
    people: people.map((row): PeopleSettings => ({
      ...row,
      ...trusted(row, around),
      authorization_details: detailsOf(row.authorization_details),
    })),
    partners: partners.map((row): PartnerSettings => ({
      ...row,
      ...trusted(row, around),
      authorization_details: detailsOf(row.authorization_details),
    })),
    signals: signals.map((row) => ({
      ...row,
      jwks: jwksPlace(row.jwks, around.base),
      audience: audienceOf(row.audience, around),
    })),
    api_keys: api_keys.map((row) => ({
      ...row,
      agent: around.agentId(row.agent),
      person: row.person === undefined ? null : around.personId(row.person),
    })),
    tokens: {
      ...tokens,
      bearer: tokens.bearer ?? (file.gateway.environment === 'prod' ? 'refuse' : 'allow'),
      trust_domain: tokens.trust_domain ?? null,
    },
    keys,
    dpop,
  }
}

function trusted(
  row: { readonly jwks: string; readonly clients: Readonly<Record<string, string>> },
  { base, agentId }: Around,
): Pick<PeopleSettings, 'jwks' | 'clients'> {
  return { jwks: jwksPlace(row.jwks, base), clients: agentsBy(row.clients, agentId) }
}

function issuerSettings(row: ConfigFile['identity']['issuers'][number], around: Around): IssuerSettings {
  const { base, agentId } = around
  return {
    ...row,
    jwks: jwksPlace(row.jwks, base),
    audience: audienceOf(row.audience, around),
    agents: agentsBy(row.agents, agentId),
    workloads: row.workloads.map(({ agent, claims }) => ({ agent: agentId(agent), claims: Object.entries(claims) })),
    person_claim: row.person_claim ?? null,
  }
}

function audienceOf(written: string | undefined, { public_url }: Around): string {
  const audience = written ?? public_url
  assert(audience !== null, 'the cross-check asks for an audience where the public URL is not known')
  return audience
}

function agentsBy(
  rows: Readonly<Record<string, string>>,
  agentId: (slug: string) => AgentId,
): Readonly<Record<string, AgentId>> {
  const record = Object.create(null) as Record<string, AgentId>
  for (const [key, slug] of Object.entries(rows)) record[key] = agentId(slug)
  return record
}

export function clientSettings(row: ConfigFile['agents'][string]['client'], base: string): ClientSettings {
  return {
    ...row,
    jwks: row.jwks === undefined ? null : jwksPlace(row.jwks, base),
    spiffe_id: row.spiffe_id ?? null,
    authorization_details: detailsOf(row.authorization_details),
  }
}

/** All of it but the mode, which is not the same for agents and for tool servers. */
export function credentialSettings(
  row: Omit<ConfigFile['agents'][string]['credential'], 'mode'>,
  base: string,
): Omit<CredentialSettings, 'mode'> {
  return {
    token_endpoint: row.token_endpoint ?? null,
    issuer: row.issuer ?? null,
    client_id: row.client_id ?? null,
    client_secret: row.client_secret === undefined ? null : new Secret(row.client_secret),
    audience: row.audience ?? null,
    scope: row.scope ?? null,
    disclosure: row.disclosure,
    person: row.person,
    authorization_details: detailsOf(row.authorization_details),
    ahead: row.ahead,
    cert: absolute(row.cert, base),
    key: absolute(row.key, base),
    ca: absolute(row.ca, base),
  }
}

export function tlsSettings(row: ConfigFile['gateway']['tls'], base: string): TlsSettings | null {
  if (row === undefined) return null
  const { cert, key, client_ca, client_cert } = row
  return { cert: resolve(base, cert), key: resolve(base, key), client_ca: absolute(client_ca, base), client_cert }
}

function detailsOf(written: readonly unknown[] | undefined): readonly Detail[] | null {
  if (written === undefined) return null
  const details = readDetails(written)
  assert(typeof details !== 'string', 'the cross-check lets only readable authorities pass')
  return details
}

function absolute(path: string | undefined, base: string): string | null {
  return path === undefined ? null : resolve(base, path)
}

/** `file:` and an absolute path, or the URL as it stands. */
export function jwksPlace(jwks: string, base: string): string {
  if (!jwks.startsWith('file:')) return jwks
  return `file:${resolve(base, jwks.slice('file:'.length).replace(/^\/\/(?=\/)/, ''))}`
}
