/** The members of a body that is a plain object, so that they can stand beside the other arguments. */
import { isJsonObject } from '../../base/json.ts'
import { type ApiDocument, listOf, memberOf, objectOf, textsIn } from './document.ts'
import { isHidden } from './schema.ts'

export interface Members {
  readonly properties: ReadonlyMap<string, unknown>
  readonly required: ReadonlySet<string>
}

/** Words beside which an object is still plain; any other one says something of the whole that its members do not say. */
const plainWords = new Set([
  '$ref',
  'type',
  'properties',
  'required',
  'description',
  'title',
  'allOf',
  'example',
  'examples',
  'externalDocs',
  'xml',
  'deprecated',
  'discriminator',
  'default',
  '$schema',
  '$id',
  '$comment',
  'nullable',
  'additionalProperties',
  'format',
])

const depth_max = 8

/** Null where the body has to stay whole. */
export function membersOf(doc: ApiDocument, schema: unknown, depth = 0): Members | null {
  const held = doc.valueOf(schema)
  if (!isJsonObject(held) || depth > depth_max || typeof held['$ref'] === 'string' || !isPlain(held)) return null
  const properties = new Map<string, unknown>()
  const required = new Set(textsIn(held['required']))
  for (const part of listOf(held, 'allOf')) {
    const members = membersOf(doc, part, depth + 1)
    if (members === null || !add(properties, members.properties)) return null
    for (const name of members.required) required.add(name)
  }
  const own = new Map(Object.entries(objectOf(held, 'properties') ?? {}))
  if (!add(properties, own)) return null
  if (depth > 0) return { properties, required }
  for (const [name, written] of properties) {
    if (!isHidden({ doc, direction: 'in' }, written)) continue
    properties.delete(name)
    required.delete(name)
  }
  const isKnown = properties.size > 0 && [...required].every((name) => properties.has(name))
  return isKnown ? { properties, required } : null
}

function isPlain(held: Readonly<Record<string, unknown>>): boolean {
  const type = held['type']
  if (type !== undefined && type !== 'object') return false
  if (held['nullable'] === true) return false
  const open = memberOf(held, 'additionalProperties')
  if (open !== undefined && open !== false) return false
  return Object.keys(held).every((word) => plainWords.has(word) || word.startsWith('x-'))
}

/** False where two parts say different things of one member. */
function add(properties: Map<string, unknown>, more: ReadonlyMap<string, unknown>): boolean {
  for (const [name, written] of more) {
    const known = properties.get(name)
    if (known !== undefined && known !== written && JSON.stringify(known) !== JSON.stringify(written)) return false
    properties.set(name, written)
  }
  return true
}
