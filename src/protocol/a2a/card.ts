/**
 * The card of an agent as the gateway publishes it. It is generated from the registry and the public base in the
 * configuration alone, so neither a Host header nor anything of the target can show up in it. One text serves
 * both generations of clients: 1.0 members and 0.3 members stand side by side and each ignores the other's.
 */
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { HeaderList } from '../http.ts'
import type { A2aVersion } from './revision.ts'

export interface CardSubject {
  readonly slug: string
  readonly name: string
  readonly description: string
  readonly versions: readonly A2aVersion[]
  readonly skills?: readonly CardSkill[]
}

interface CardSkill {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

export interface Card {
  readonly body: string
  /** Strong, quoted; a request whose If-None-Match holds it gets 304. */
  readonly etag: string
  readonly headers: HeaderList
}

const scheme = { scheme: 'Bearer', bearerFormat: 'JWT' }

/** The members of a card. `publicUrl` is the base from the configuration, with or without a closing slash. */
export function describeAgent(subject: CardSubject, publicUrl: string): JsonObject {
  const url = agentUrl(publicUrl, subject.slug)
  const { slug, name, description, versions } = subject
  return {
    name,
    description,
    version: '1.0.0',
    supportedInterfaces: versions.map((version) => ({ url, protocolBinding: 'JSONRPC', protocolVersion: version })),
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: subject.skills ?? [{ id: slug, name, description, tags: ['agent'] }],
    securitySchemes: { weir: { httpAuthSecurityScheme: scheme, type: 'http', ...scheme } },
    securityRequirements: [{ schemes: { weir: { list: [] } } }],
    ...(versions.includes('0.3') ? legacyMembers(url) : {}),
  }
}

const schemaMembers = [
  'name',
  'description',
  'version',
  'supportedInterfaces',
  'capabilities',
  'defaultInputModes',
  'defaultOutputModes',
  'skills',
  'securityRequirements',
]

/**
 * What the SDKs of 1.0 make of a card before they check its signature: members outside the schema are gone, and so is
 * whatever is empty. They find no other signature right.
 */
export function schemaReading(card: JsonObject): JsonObject {
  const known = Object.fromEntries(schemaMembers.map((name) => [name, card[name]]))
  const reading = withoutEmpty({ ...known, securitySchemes: { weir: { httpAuthSecurityScheme: scheme } } })
  return isJsonObject(reading) ? reading : {}
}

/** Undefined for what is empty itself. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.map(withoutEmpty).filter((inner) => inner !== undefined)
    return kept.length > 0 ? kept : undefined
  }
  if (!isJsonObject(value)) return value === '' || value === null ? undefined : value
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const full = withoutEmpty(inner)
    return full === undefined ? [] : [[name, full] as const]
  })
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}

/** A card, signed or not, as it is served. */
export function writeCard(members: JsonObject): Card {
  const body = JSON.stringify(members)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  const headers: HeaderList = [
    ['content-type', 'application/json'],
    ['cache-control', 'no-cache'],
    ['etag', etag],
    ['vary', 'authorization, a2a-version'],
  ]
  return { body, etag, headers }
}

/** Clients resolve the card against the base, so the closing slash is part of it. */
function agentUrl(publicUrl: string, slug: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/a2a/${slug}/`
}

function legacyMembers(url: string): object {
  return {
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    supportsAuthenticatedExtendedCard: false,
    security: [{ weir: [] }],
  }
}
