/**
 * The card of an agent as the gateway publishes it. It is generated from the registry and the public base in the
 * configuration alone, so neither a Host header nor anything of the target can show up in it. One text serves
 * both generations of clients: 1.0 members and 0.3 members stand side by side and each ignores the other's.
 */
import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { HeaderList, HeaderMap } from '../http.ts'
import type { A2aVersion } from './revision.ts'

export interface CardSubject {
  readonly slug: string
  readonly name: string
  readonly description: string
  /** Of the agent; `1.0.0` if it does not say. */
  readonly version?: string
  /** One skill with the name of the agent if absent. */
  readonly skills?: readonly CardSkill[]
  readonly inputModes?: readonly string[]
  readonly outputModes?: readonly string[]
  readonly capabilities: CardCapabilities
  /** What is known of the card this one was made from; null where none was seen. */
  readonly provenance?: CardProvenance | null
}

/** What the gateway does for every agent, whatever the agent can do itself. */
export interface CardCapabilities {
  readonly streaming: boolean
  readonly pushNotifications: boolean
  readonly extendedAgentCard: boolean
}

export interface CardSkill {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
  readonly examples?: readonly string[]
  readonly inputModes?: readonly string[]
  readonly outputModes?: readonly string[]
}

export interface CardProvenance {
  /** SHA-256 in hexadecimal. */
  readonly upstreamDigest: string
  /** The key that signed it; null if nobody we trust did. */
  readonly upstreamKid: string | null
  /** RFC 3339; null where there is no key. */
  readonly verifiedAt: string | null
}

export interface Card {
  readonly body: string
  /** Strong, quoted; a request whose If-None-Match holds it gets 304. */
  readonly etag: string
  readonly headers: HeaderList
}

/** The extension of A2A with which a card says what it was made from. */
const provenanceExtension = 'https://weir.dev/extensions/card-provenance/v1'

const scheme = { scheme: 'Bearer', bearerFormat: 'JWT' }
const securitySchemes = { weir: { httpAuthSecurityScheme: scheme, type: 'http', ...scheme } }
const textOnly = ['text/plain']

/**
 * One entry for each binding and revision, those of 1.0 first: some clients take the first of a binding, others the last
 * one of 1.0. All have the same address; clients of REST put their paths behind it, those of 0.3 with `/v1` before them.
 */
const offered = [
  { protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
  { protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
  { protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
  { protocolBinding: 'HTTP+JSON', protocolVersion: '0.3' },
] as const satisfies readonly { protocolBinding: string; protocolVersion: A2aVersion }[]

/** The members of a card. `publicUrl` is the base from the configuration, with or without a closing slash. */
export function describeAgent(subject: CardSubject, publicUrl: string): JsonObject {
  const url = agentUrl(publicUrl, subject.slug)
  const { slug, name, description, version, skills, inputModes, outputModes, capabilities, provenance } = subject
  const own = [{ id: slug, name, description, tags: ['agent'] }]
  return {
    name,
    description,
    version: version || '1.0.0',
    supportedInterfaces: offered.map((each) => ({ url, ...each })),
    capabilities: { ...capabilities, ...(provenance ? { extensions: [provenanceOf(provenance)] } : {}) },
    defaultInputModes: nonEmpty(inputModes) ?? textOnly,
    defaultOutputModes: nonEmpty(outputModes) ?? textOnly,
    skills: (nonEmpty(skills) ?? own).map(skillMembers),
    securitySchemes,
    securityRequirements: [{ schemes: { weir: { list: [] } } }],
    ...legacyMembers(url, capabilities.extendedAgentCard),
  }
}

/** What is said of an agent to somebody who has not said who they are: how to call it, and not what for. */
export function describeStub(subject: Pick<CardSubject, 'slug' | 'capabilities'>, publicUrl: string): JsonObject {
  const { slug, capabilities } = subject
  const description = 'Sign in to see what this agent does.'
  return describeAgent({ slug, name: slug, description, capabilities }, publicUrl)
}

function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | null {
  return list && list.length > 0 ? list : null
}

/** Empty lists and texts are left out, because SDKs do not agree on whether a signature covers them. */
function skillMembers({ id, name, description, tags, examples, inputModes, outputModes }: CardSkill): JsonObject {
  return {
    id,
    name,
    description: description || name,
    tags: nonEmpty(tags) ?? ['agent'],
    ...(nonEmpty(examples) ? { examples } : {}),
    ...(nonEmpty(inputModes) ? { inputModes } : {}),
    ...(nonEmpty(outputModes) ? { outputModes } : {}),
  }
}

function provenanceOf({ upstreamDigest, upstreamKid, verifiedAt }: CardProvenance): JsonObject {
  const signed = upstreamKid === null || verifiedAt === null ? {} : { upstreamKid, verifiedAt }
  return {
    uri: provenanceExtension,
    description: 'The card of the agent behind the gateway that this card was made from.',
    params: { upstreamDigest, ...signed },
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

/** A value without the empty members in it; undefined for what is empty itself. */
export function withoutEmpty(value: unknown): unknown {
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

/** A card, signed or not, as it is served. `madeAt` in milliseconds since the epoch; `isPublic` for whoever asks. */
export function writeCard(members: JsonObject, madeAt: number, isPublic: boolean): Card {
  const body = JSON.stringify(members)
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  const headers: HeaderList = [
    ['content-type', 'application/json'],
    ['cache-control', isPublic ? 'public, max-age=60' : 'private, no-cache'],
    ['etag', etag],
    ['last-modified', new Date(madeAt).toUTCString()],
    ['vary', 'authorization, a2a-version'],
  ]
  return { body, etag, headers }
}

/** Whether what the client has is still right (RFC 9110 section 13.2.2: an entity tag counts before a time). */
export function isFresh({ etag, headers }: Card, asked: HeaderMap): boolean {
  const tags = asked.get('if-none-match')
  if (tags !== undefined) return tags.split(',').some((tag) => [etag, '*'].includes(tag.trim().replace(/^W\//, '')))
  const since = Date.parse(asked.get('if-modified-since') ?? '')
  const made = Date.parse(headers.find(([name]) => name === 'last-modified')?.[1] ?? '')
  return made <= since
}

/** Clients resolve the card against the base, so the closing slash is part of it. */
export function agentUrl(publicUrl: string, slug: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/a2a/${slug}/`
}

function legacyMembers(url: string, extended: boolean): JsonObject {
  return {
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [
      { url, transport: 'JSONRPC' },
      { url, transport: 'HTTP+JSON' },
    ],
    supportsAuthenticatedExtendedCard: extended,
    security: [{ weir: [] }],
  }
}
