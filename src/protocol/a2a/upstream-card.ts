/**
 * The card of somebody else's agent, read as what it is: a claim of strangers. Every shape in use is understood (0.2, 0.3,
 * 1.0, both in one, and the raw objects of one SDK), nothing is believed: addresses of another origin than the registered
 * one are left out, texts are cleaned because language models read them, everything has a maximum.
 */
import { createHash } from 'node:crypto'
import { cleanText } from '../../base/clean-text.ts'
import { readCanonicalJson } from '../../base/jcs.ts'
import { isJsonObject, type JsonObject, readJson } from '../../base/json.ts'
import type { A2aVersion } from './revision.ts'

/** Octets of a card. */
export const card_bytes_max = 262_144
const depth_max = 24
const interfaces_max = 32
const skills_max = 128
const listed_max = 32
const idChars_max = 128
const nameChars_max = 200
const textChars_max = 2000
const modeChars_max = 128

export interface UpstreamCard {
  readonly kind: 'upstream_card'
  readonly name: string
  readonly description: string
  /** Of the agent, as it says. */
  readonly version: string
  /** Those at the registered origin, in the order of the card. */
  readonly interfaces: readonly UpstreamInterface[]
  /** Origins of interfaces that were left out because they are elsewhere. */
  readonly foreign: readonly string[]
  readonly skills: readonly UpstreamSkill[]
  readonly capabilities: { readonly streaming: boolean; readonly push: boolean; readonly extendedCard: boolean }
  readonly inputModes: readonly string[]
  readonly outputModes: readonly string[]
  /** SHA-256 of its security schemes and requirements: only for seeing that they changed. */
  readonly security: string
  /** SHA-256 (hexadecimal) of the RFC 8785 text of the card without its signatures. */
  readonly digest: string
  /** The whole document, for whoever checks its signatures. */
  readonly document: JsonObject
}

export interface UpstreamInterface {
  readonly url: string
  /** `JSONRPC`, `HTTP+JSON`, `GRPC` or what the card says, in upper case. */
  readonly binding: string
  /** As the card writes it: `1.0`, `0.3.0`, `0.2.5`. */
  readonly written: string
  /** The revision we speak there; null for one we do not speak. 0.2 is spoken as 0.3. */
  readonly version: A2aVersion | null
  readonly tenant: string | null
}

export interface UpstreamSkill {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
  readonly examples: readonly string[]
  readonly inputModes: readonly string[]
  readonly outputModes: readonly string[]
}

export interface CardProblem {
  readonly kind: 'card_problem'
  readonly code: 'too_large' | 'not_json' | 'no_card' | 'too_many' | 'foreign_interface'
  /** For operators. */
  readonly sentence: string
}

export function isCardProblem(value: UpstreamCard | CardProblem): value is CardProblem {
  return value.kind === 'card_problem'
}

/** Reads a card. `origin` is that of the registered agent: what the card says of other places counts for nothing. */
export function readUpstreamCard(bytes: Uint8Array, origin: string): UpstreamCard | CardProblem {
  if (bytes.length > card_bytes_max) return problem('too_large', `the card has more than ${card_bytes_max} bytes`)
  const read = readJson(
    Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
    depth_max,
  )
  if (!read.ok) return problem('not_json', `the card is not strict JSON (${read.reason})`)
  if (!isJsonObject(read.value)) return problem('no_card', 'the card is no object')
  const document = read.value
  const { signatures: _, ...signed } = document
  const canonical = readCanonicalJson(signed)
  if (canonical === null) return problem('not_json', 'the card has no canonical form (RFC 8785)')
  const [said, listed] = [interfacesOf(document), listOf(document['skills'])]
  if (said.length > interfaces_max) return problem('too_many', `the card has more than ${interfaces_max} interfaces`)
  if (listed.length > skills_max) return problem('too_many', `the card has more than ${skills_max} skills`)
  const words = wordsFor(origin)
  const name = words(document['name'], nameChars_max)
  if (name === '' || said.length === 0) return problem('no_card', 'the card has no name or no address')
  const interfaces = said.filter(({ url }) => originOf(url) === origin)
  const foreign = [...new Set(said.map(({ url }) => originOf(url)).filter((each) => each !== origin))]
  if (interfaces.length === 0)
    return problem('foreign_interface', `every address in the card is at another place than ${origin}`)
  return {
    kind: 'upstream_card',
    name,
    description: words(document['description'], textChars_max),
    version: words(document['version'], modeChars_max),
    interfaces,
    foreign,
    skills: skillsOf(listed, words),
    capabilities: capabilitiesOf(document),
    inputModes: modesOf(document['defaultInputModes']),
    outputModes: modesOf(document['defaultOutputModes']),
    security: sha256(readCanonicalJson(securityOf(document)) ?? ''),
    digest: sha256(canonical),
    document,
  }
}

function problem(code: CardProblem['code'], sentence: string): CardProblem {
  return { kind: 'card_problem', code, sentence }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The members of 1.0 first, then those of 0.3, each address once for each binding and version. */
function interfacesOf(card: JsonObject): readonly UpstreamInterface[] {
  const modern = listOf(card['supportedInterfaces']).map((each) =>
    interfaceAt(each['url'], each['protocolBinding'], { version: each['protocolVersion'], tenant: each['tenant'] }),
  )
  const version = card['protocolVersion'] ?? (modern.length > 0 ? '0.3' : '0.2')
  const main = card['url'] === undefined ? [] : [interfaceAt(card['url'], card['preferredTransport'], { version })]
  const more = listOf(card['additionalInterfaces']).map((each) =>
    interfaceAt(each['url'], each['transport'], { version }),
  )
  const seen = new Set<string>()
  return [...modern, ...main, ...more].filter((found): found is UpstreamInterface => {
    if (found === null) return false
    const key = `${found.url} ${found.binding} ${found.version ?? found.written}`
    return !seen.has(key) && Boolean(seen.add(key))
  })
}

interface Rest {
  readonly version: unknown
  readonly tenant?: unknown
}

function interfaceAt(url: unknown, binding: unknown, { version, tenant }: Rest): UpstreamInterface | null {
  if (typeof url !== 'string' || url === '' || url.length > textChars_max) return null
  const written = typeof version === 'string' && version !== '' ? version.slice(0, 16) : '1.0'
  return {
    url,
    binding: (typeof binding === 'string' && binding !== '' ? binding.slice(0, 64) : 'JSONRPC').toUpperCase(),
    written,
    version: revisionOf(written),
    tenant: typeof tenant === 'string' && tenant !== '' ? tenant.slice(0, idChars_max) : null,
  }
}

function revisionOf(written: string): A2aVersion | null {
  const [, major, minor] = /^(\d+)\.(\d+)(?:\.\d+)*$/.exec(written) ?? []
  if (major === '1') return '1.0'
  return major === '0' && (minor === '2' || minor === '3') ? '0.3' : null
}

/** `host:port`, as gRPC is written, is no origin of the web: shown as it stands. */
function originOf(url: string): string {
  const parsed = URL.parse(url)
  const isWeb = parsed?.protocol === 'http:' || parsed?.protocol === 'https:'
  return parsed && isWeb ? parsed.origin : cleanText(url, nameChars_max)
}

type Words = (value: unknown, chars_max: number) => string

/** Cleans texts and takes out where the agent is: that is nobody's business but ours. */
function wordsFor(origin: string): Words {
  const { host, hostname } = new URL(origin)
  // A bare name such as `research` is a word as well; with a dot or a port it can only be the place.
  const places = [host, hostname].filter((place) => /[.:]/.test(place))
  return (value, chars_max) => {
    if (typeof value !== 'string') return ''
    const clean = cleanText(value, chars_max)
    return places.reduce((text, place) => without(text, place), clean).trim()
  }
}

function without(text: string, place: string): string {
  const escaped = place.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(escaped, 'gi'), '')
}

function skillsOf(listed: readonly JsonObject[], words: Words): readonly UpstreamSkill[] {
  const skills = new Map<string, UpstreamSkill>()
  for (const each of listed) {
    const id = words(each['id'], idChars_max)
    if (id === '' || skills.has(id)) continue
    skills.set(id, {
      id,
      name: words(each['name'], nameChars_max) || id,
      description: words(each['description'], textChars_max),
      tags: textsOf(each['tags']).flatMap((tag) => words(tag, modeChars_max) || []),
      examples: textsOf(each['examples']).flatMap((example) => words(example, textChars_max) || []),
      inputModes: modesOf(each['inputModes']),
      outputModes: modesOf(each['outputModes']),
    })
  }
  return [...skills.values()]
}

function capabilitiesOf(card: JsonObject): UpstreamCard['capabilities'] {
  const said = isJsonObject(card['capabilities']) ? card['capabilities'] : {}
  return {
    streaming: said['streaming'] === true,
    push: said['pushNotifications'] === true,
    extendedCard: said['extendedAgentCard'] === true || card['supportsAuthenticatedExtendedCard'] === true,
  }
}

function securityOf(card: JsonObject): JsonObject {
  const { securitySchemes = null, securityRequirements = null, security = null } = card
  return { securitySchemes, securityRequirements, security }
}

const modeForm = /^[\w.+-]{1,64}\/[\w.+*-]{1,64}(?:\s*;\s*[\w.=+-]{1,64}){0,4}$/

function modesOf(value: unknown): readonly string[] {
  return textsOf(value).filter((mode) => modeForm.test(mode))
}

function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.filter((each): each is string => typeof each === 'string').slice(0, listed_max)
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
