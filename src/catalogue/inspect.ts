/** One definition as it was listed, looked at by itself: what it is called, its digest, and what is wrong with it. */
import { createHash } from 'node:crypto'
import { jsonShape } from '../base/json-shape.ts'
import { scanJson } from '../base/json-scan.ts'
import { isJsonObject, type JsonObject } from '../base/json.ts'
import type { ListedTool, ListKind } from './contract.ts'
import { readDefinition } from './digest.ts'
import { hygieneFindings, type HygieneMaximums } from './hygiene.ts'
import { mirrorsOf } from './mirrors.ts'
import { namesIn } from './shadows.ts'

export interface InspectionMaximums extends HygieneMaximums {
  /** Of one definition. */
  readonly tool_definition_bytes: number
}

export interface Inspected {
  readonly definition: Buffer
  /** Its name, URI or URI template; null where it has none that everybody reads alike. */
  readonly key: string | null
  readonly digest: string
  /** Null where it has no canonical form. */
  readonly canonical: string | null
  /** What no approval heals. */
  readonly broken: readonly string[]
  /** What only a person can find harmless. */
  readonly unclean: readonly string[]
  readonly mirrors: ListedTool['mirrors']
  /** What in its texts could mean other tools. */
  readonly mentions: readonly string[]
}

/** The member that tells things of a list apart. */
export const keyOf: Readonly<Record<ListKind, 'name' | 'uri' | 'uriTemplate'>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
}

const shapes = {
  name: jsonShape(['name'], 'ignore'),
  uri: jsonShape(['uri'], 'ignore'),
  uriTemplate: jsonShape(['uriTemplate'], 'ignore'),
} as const

export function inspect(list: ListKind, definition: Buffer, maximums: InspectionMaximums): Inspected {
  const key = readKey(list, definition)
  const bytes_max = maximums.tool_definition_bytes
  if (definition.length > bytes_max) {
    const why = `it has ${definition.length} bytes, more than maximums.tool_definition_bytes (${bytes_max})`
    const digest = `sha256:${createHash('sha256').update(definition).digest('hex')}`
    return { ...nothingKnown, definition, key, digest, broken: [why] }
  }
  const read = readDefinition(definition)
  if (read.kind === 'unreadable') return { ...nothingKnown, definition, key, digest: read.digest, broken: [read.why] }
  const { value, digest, canonical } = read
  const mirrors = list === 'tools' ? mirrorsOf(value) : []
  const broken = [
    ...(key === null || key === '' ? [`it has no ${keyOf[list]}`] : []),
    ...(list === 'tools' && !isJsonObject(value['inputSchema']) ? ['it has no inputSchema'] : []),
    ...(typeof mirrors === 'string' ? [mirrors] : []),
  ]
  return {
    definition,
    key,
    digest,
    canonical,
    broken,
    unclean: hygieneFindings(value, maximums),
    mirrors: typeof mirrors === 'string' ? [] : mirrors,
    mentions: list === 'tools' ? namesIn(textsOf(value)) : [],
  }
}

const nothingKnown = { canonical: null, unclean: [], mirrors: [], mentions: [] } as const

/** What a definition is called; null where not everybody would read the same. */
export function readKey(list: ListKind, definition: Buffer): string | null {
  const member = keyOf[list]
  const spans = scanJson(definition, shapes[member])
  return spans.kind === 'mistake' ? null : spans.text(member)
}

/** All that is said in it, but for its own name. */
function textsOf(definition: JsonObject): string {
  const texts: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value)
    else if (Array.isArray(value)) value.forEach(walk)
    else if (isJsonObject(value)) Object.values(value).forEach(walk)
  }
  for (const [name, value] of Object.entries(definition)) if (name !== 'name') walk(value)
  return texts.join('\n')
}
