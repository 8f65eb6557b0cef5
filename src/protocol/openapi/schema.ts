/**
 * A schema of a description, in the dialect of its version, as JSON Schema 2020-12. References stay references, now to
 * `$defs` of the tool; what only one direction knows (`readOnly`, `writeOnly`) is taken out of the other.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { branchesOf } from './discriminator.ts'
import { type ApiDocument, listOf, memberOf, objectOf, textOf, textsIn } from './document.ts'
import { isPattern, listKeywords, plainKeywords, schemaKeywords, strictKeywords, typesOf } from './keywords.ts'

export type Direction = 'in' | 'out'
/** How much is said: everything, short descriptions, none. */
export type Detail = 'full' | 'brief' | 'bare'

export interface Translating {
  readonly doc: ApiDocument
  readonly direction: Direction
  readonly detail: Detail
  /** What a definition is called in `$defs`. */
  nameOf(pointer: string): string
  /** Pointers that were met. */
  readonly refs: Set<string>
  readonly problems: string[]
}

const depth_max = 24
const brief_chars = 100

export function translate(written: unknown, by: Translating, depth = 0): JsonObject | boolean {
  if (typeof written === 'boolean') return written
  if (!isJsonObject(written)) return {}
  if (depth > depth_max) {
    by.problems.push(`a schema that is nested deeper than ${depth_max}`)
    return {}
  }
  if (typeof written['$ref'] === 'string') return asReference(written, by, depth)
  if (written['$dynamicRef'] !== undefined) by.problems.push('a dynamic reference')
  return withNull(written, body(written, by, depth))
}

function body(written: JsonObject, by: Translating, depth: number): JsonObject {
  const made: Record<string, unknown> = {}
  const types = typesOf(written['type'])
  if (types.length > 0) made['type'] = types.length === 1 ? types[0] : types
  const said = describe(written['description'], by.detail)
  if (said !== null) made['description'] = said
  for (const [name, value] of Object.entries(written)) {
    const kept = keyword(name, value, written, { by, depth })
    if (kept !== undefined) made[kept[0]] = kept[1]
  }
  return made
}

export function describe(text: unknown, detail: Detail): string | null {
  if (typeof text !== 'string' || text === '' || detail === 'bare') return null
  return detail === 'full' || text.length <= brief_chars
    ? text
    : `${text.slice(0, brief_chars).trimEnd()}…`.toWellFormed()
}

interface Way {
  readonly by: Translating
  readonly depth: number
}

/** What becomes of one member: a keyword and its value, or nothing. */
function keyword(name: string, value: unknown, held: JsonObject, way: Way): readonly [string, unknown] | undefined {
  const { by, depth } = way
  const isOut = by.direction === 'out'
  if (isOut && strictKeywords.has(name) && !(name === 'const' && isSmall(value))) return undefined
  const inner = (schema: unknown): JsonObject | boolean => translate(schema, by, depth + 1)
  if (Object.hasOwn(plainKeywords, name)) {
    if (name === 'title' && (by.detail !== 'full' || depth > 0)) return undefined
    const bounded = limit(name, held)
    const kept = bounded === null ? undefined : plainKeywords[name]?.(value)
    return kept === undefined ? undefined : [bounded ?? name, kept]
  }
  if (schemaKeywords.has(name)) {
    if (name === 'additionalProperties' && isOut && value === false) return undefined
    return isJsonObject(value) || typeof value === 'boolean' ? [name, inner(value)] : undefined
  }
  if (listKeywords.has(name)) return lists(name, value, held, way)
  return Object.hasOwn(others, name) ? others[name]?.(value, held, way) : undefined
}

/** Up to 3.0, `exclusiveMinimum: true` says that `minimum` is one. Null where another keyword says it already. */
function limit(name: string, held: JsonObject): string | null {
  if (name !== 'minimum' && name !== 'maximum') return name
  const exclusive = name === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum'
  return held[exclusive] === true ? exclusive : name
}

function isSmall(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean'
}

/** In answers one of several is any of them: without `required` more than one may fit. */
function lists(
  name: string,
  value: unknown,
  held: JsonObject,
  { by, depth }: Way,
): readonly [string, unknown] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const written = name === 'oneOf' || name === 'anyOf' ? branchesOf(by.doc, value, held) : (value as readonly unknown[])
  const hidden = name === 'allOf' ? hiddenNames(by, held) : null
  const made = written.map((each) => translate(hidden === null ? each : without(each, hidden), by, depth + 1))
  return [name === 'oneOf' && by.direction === 'out' && !('anyOf' in held) ? 'anyOf' : name, made]
}

/** A member that is required in one part and read-only in another is not required. */
function without(part: unknown, hidden: ReadonlySet<string>): unknown {
  const required = memberOf(part, 'required')
  if (!isJsonObject(part) || hidden.size === 0 || !Array.isArray(required)) return part
  return { ...part, required: textsIn(required).filter((name) => !hidden.has(name)) }
}

const others: Readonly<
  Record<string, (value: unknown, held: JsonObject, way: Way) => readonly [string, unknown] | undefined>
> = {
  enum: (value, held) => {
    if (!Array.isArray(value) || value.length === 0) return undefined
    const isOpen = held['nullable'] === true && !value.includes(null)
    return ['enum', isOpen ? [...(value as readonly unknown[]), null] : value]
  },
  exclusiveMinimum: (value, _held, { by }) =>
    typeof value === 'number' && by.direction === 'in' ? ['exclusiveMinimum', value] : undefined,
  exclusiveMaximum: (value, _held, { by }) =>
    typeof value === 'number' && by.direction === 'in' ? ['exclusiveMaximum', value] : undefined,
  items: (value, _held, { by, depth }) => {
    if (!Array.isArray(value)) return ['items', translate(value, by, depth + 1)]
    return value.length === 0 ? undefined : ['prefixItems', value.map((each) => translate(each, by, depth + 1))]
  },
  properties: (value, _held, { by, depth }) => {
    const shown = Object.entries(isJsonObject(value) ? value : {}).filter(([, schema]) => !isHidden(by, schema))
    return ['properties', Object.fromEntries(shown.map(([name, schema]) => [name, translate(schema, by, depth + 1)]))]
  },
  patternProperties: (value, _held, { by, depth }) => {
    const fit = Object.entries(isJsonObject(value) ? value : {}).filter(([pattern]) => isPattern(pattern))
    return [
      'patternProperties',
      Object.fromEntries(fit.map(([name, schema]) => [name, translate(schema, by, depth + 1)])),
    ]
  },
  dependentSchemas: (value, _held, { by, depth }) => {
    const all = Object.entries(isJsonObject(value) ? value : {})
    return [
      'dependentSchemas',
      Object.fromEntries(all.map(([name, schema]) => [name, translate(schema, by, depth + 1)])),
    ]
  },
  required: (value, held, { by }) => {
    if (by.direction === 'out') return undefined
    const hidden = hiddenNames(by, held)
    const names = [...new Set(textsIn(value))].filter((name) => !hidden.has(name))
    return names.length === 0 ? undefined : ['required', names]
  },
}

/** Whether a member is of the other direction only. */
export function isHidden({ doc, direction }: Pick<Translating, 'doc' | 'direction'>, schema: unknown): boolean {
  const word = direction === 'in' ? 'readOnly' : 'writeOnly'
  return memberOf(schema, word) === true || memberOf(doc.valueOf(schema), word) === true
}

const parts_depth_max = 4

/** Members of an object, and of the parts it is made of, that are of the other direction only. */
function hiddenNames(by: Translating, schema: unknown, depth = 0): ReadonlySet<string> {
  const held = by.doc.valueOf(schema)
  const own = Object.entries(objectOf(held, 'properties') ?? {})
  const names = own.filter(([, each]) => isHidden(by, each)).map(([name]) => name)
  if (depth >= parts_depth_max) return new Set(names)
  return new Set([...names, ...listOf(held, 'allOf').flatMap((part) => [...hiddenNames(by, part, depth + 1)])])
}

function asReference(written: JsonObject, by: Translating, depth: number): JsonObject {
  const { $ref: ref, nullable, ...beside } = written
  const found = by.doc.at(String(ref))
  if (found.kind === 'lost' || found.pointer === null) {
    by.problems.push(found.kind === 'lost' ? found.reason : 'a reference to nothing')
    return {}
  }
  if (!isJsonObject(found.value) && typeof found.value !== 'boolean') {
    by.problems.push(`a reference to what is no schema: ${String(ref).slice(0, 120)}`)
    return {}
  }
  by.refs.add(found.pointer)
  const reference = { $ref: `#/$defs/${by.nameOf(found.pointer)}` }
  const isNewer = textOf(by.doc.root, 'openapi')?.startsWith('3.0') === false
  // Before 3.1 what stands beside a reference says nothing, but its words are meant for people.
  const said = isNewer ? body(beside, by, depth) : body({ description: beside['description'] }, by, depth)
  if (nullable === true && !isNewer) return { ...said, anyOf: [reference, { type: 'null' }] }
  return { ...said, ...reference }
}

/** `nullable` of 3.0 (and `x-nullable` before it) as a type that may be null. */
function withNull(written: JsonObject, made: JsonObject): JsonObject {
  if (written['nullable'] !== true && written['x-nullable'] !== true) return made
  const type = made['type']
  if (type !== undefined) {
    const types = Array.isArray(type) ? (type as readonly unknown[]) : [type]
    return { ...made, type: types.includes('null') ? types : [...types, 'null'] }
  }
  const parts = ['allOf', 'anyOf', 'oneOf', '$ref'].some((name) => name in made)
  if (!parts) return made
  const { description, ...rest } = made
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: 'null' }] }
}
