/**
 * What an address says of itself. One server as it says it; several as Weir: what any of them can do, and what each of them
 * says how it is used. Whoever does not answer soon is left out: a greeting waits for nobody.
 */
import { isJsonObject, type JsonObject, readJsonObject } from '../../../base/json.ts'
import { isFault } from '../../../domain/fault.ts'
import { isDenial } from '../../../domain/verdict.ts'
import { firstModern } from '../../../protocol/mcp/words.ts'
import type { About } from '../../../relay/mcp/link.ts'
import type { Client } from '../behind.ts'
import { careFor } from '../care.ts'
import type { Member } from './members.ts'
import type { BehindParts } from './parts.ts'
import type { View } from './space.ts'

/** How long one greeting waits for all servers together. Unit: ms. */
const patience_ms = 1500
/** Instructions of one server, and of all of them, are cut there: they are read with every conversation. */
const instructions_chars = 2000
const instructionsTogether_chars = 16_000

type Asked = Pick<BehindParts, 'links' | 'wheel' | 'version'>

export async function aboutOne(parts: Asked, client: Client, member: Member | undefined): Promise<About> {
  const about = member === undefined ? null : await greet(parts, client, member)
  return about ?? { ...frame(client), capabilities: json({ tools: {} }), serverInfo: null, instructions: null }
}

export async function aboutMany(parts: Asked, client: Client, { view, instructions }: Shown): Promise<About> {
  const abouts = await Promise.all(
    view.members.map(async (member, i) => {
      const isMissing = view.listings[i]?.health.state === 'missing'
      return { member, about: isMissing ? null : await soon(parts, greet(parts, client, member)) }
    }),
  )
  const merged = abouts.reduce<JsonObject>((all, { about }) => merge(all, capabilitiesOf(about)), {
    tools: { listChanged: true },
    ...(view.members.some(({ whole }) => whole) && { prompts: listed, resources: { ...listed, subscribe: true } }),
  })
  const told = instructions ?? instructionsOf(abouts)
  return {
    ...frame(client),
    capabilities: json(merged),
    serverInfo: json({ name: 'weir', title: 'Weir', version: parts.version }),
    instructions: told === '' ? null : told,
  }
}

export interface Shown {
  readonly view: View
  /** Those of a set; null for what its servers say. */
  readonly instructions: string | null
}

const listed = { listChanged: true }

function frame({ era }: Client): Pick<About, 'era' | 'version'> {
  return { era, version: era === 'modern' ? firstModern : '2025-11-25' }
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

async function greet({ links }: Asked, client: Client, { slug, server }: Member): Promise<About | null> {
  const link = await links.open(careFor(slug), { server: slug, speaker: client.speakerFor(server), era: client.era })
  return isDenial(link) || isFault(link) ? null : link.about
}

function soon<T>({ wheel }: Asked, answer: Promise<T | null>): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const alarm = wheel.after(patience_ms, () => resolve(null))
    answer.then(resolve, reject).finally(() => alarm.cancel())
  })
}

/** What crosses an address of several; everything else would promise what is not handed on. */
const handedOn: Readonly<Record<string, readonly string[] | null>> = {
  tools: ['listChanged'],
  prompts: ['listChanged'],
  resources: ['listChanged', 'subscribe'],
  completions: [],
  logging: [],
  // Lists of tasks of several servers would have to be put together, which no client needs.
  tasks: ['cancel', 'requests'],
  extensions: ['io.modelcontextprotocol/tasks', 'io.modelcontextprotocol/ui'],
}

function capabilitiesOf(about: About | null): JsonObject {
  const said = about === null ? null : readJsonObject(about.capabilities.toString(), 16)
  if (said === null) return {}
  const kept = Object.entries(handedOn).flatMap(([name, members]) => {
    const value = said[name]
    if (!isJsonObject(value)) return []
    return [[name, members === null ? value : pick(value, members)] as const]
  })
  return Object.fromEntries(kept)
}

function pick(value: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(members.flatMap((name) => (name in value ? [[name, value[name]] as const] : [])))
}

/** The union of both; what is said twice is true where it is true once. */
function merge(a: JsonObject, b: JsonObject): JsonObject {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    names.map((name) => {
      const [left, right] = [a[name], b[name]]
      if (isJsonObject(left) && isJsonObject(right)) return [name, merge(left, right)]
      return [name, left === undefined || left === false ? right : left]
    }),
  )
}

/** Who says it stands above what is said, for it is not Weir that says so. */
function instructionsOf(abouts: readonly { readonly member: Member; readonly about: About | null }[]): string {
  const said = abouts.flatMap(({ member, about }) => {
    const text = visible(about?.instructions ?? '')
    return text === '' ? [] : [`[${member.slug}] says of itself:\n${text}`]
  })
  return said.join('\n\n').slice(0, instructionsTogether_chars)
}

/** Controls, and characters that nobody sees; lines and tabs stay. */
const unseen = /[\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]|(?![\n\t])\p{Cc}/gu

function visible(text: string): string {
  return text.slice(0, instructions_chars).replace(unseen, '').trim()
}
