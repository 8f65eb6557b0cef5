/** Where references and patterns of a schema lead: never out of it, and never into a pattern that takes for ever. */
import { RE2JS } from 're2js'
import { BoundedMap } from '../base/bounded-map.ts'
import { isJsonObject } from '../base/json.ts'
import { valueByPointer } from '../base/json-pointer.ts'

/** What the references of one schema name; each is looked for once. */
export class SchemaRefs {
  readonly #root: unknown
  readonly #known = new Map<string, unknown>()
  #anchors: Map<string, unknown> | null = null

  constructor(root: unknown) {
    this.#root = root
  }

  /** What `#`, `#/$defs/a` and `#anchor` name; undefined for everything else. */
  get(to: string): unknown {
    if (this.#known.has(to)) return this.#known.get(to)
    const target = this.#find(to)
    this.#known.set(to, target)
    return target
  }

  #find(to: string): unknown {
    if (to === '#') return this.#root
    if (to.startsWith('#/')) return valueByPointer(this.#root, decoded(to.slice(1)))
    if (!to.startsWith('#')) return undefined
    this.#anchors ??= anchorsIn(this.#root, new Map())
    return this.#anchors.get(to.slice(1))
  }
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

function anchorsIn(schema: unknown, anchors: Map<string, unknown>): Map<string, unknown> {
  if (Array.isArray(schema)) for (const each of schema) anchorsIn(each, anchors)
  if (!isJsonObject(schema)) return anchors
  const { $anchor, $id } = schema
  if (typeof $anchor === 'string') anchors.set($anchor, schema)
  if (typeof $id === 'string' && $id.startsWith('#')) anchors.set($id.slice(1), schema)
  for (const each of Object.values(schema)) anchorsIn(each, anchors)
  return anchors
}

/** Patterns in use; the same few come again and again. */
const patterns_max = 4096

export class SchemaPatterns {
  readonly #compiled = new BoundedMap<string, RE2JS | 'unusable'>({ max: patterns_max })

  /** Whether the pattern is found somewhere in the text; null where the engine cannot do it (look-around, back references). */
  test(pattern: string, text: string): boolean | null {
    const compiled = this.#of(pattern)
    return compiled === 'unusable' ? null : compiled.matcher(text).find()
  }

  /** How large the program of a pattern is: what a character of a text costs at most. */
  sizeOf(pattern: string): number {
    const compiled = this.#of(pattern)
    return compiled === 'unusable' ? 0 : compiled.programSize()
  }

  #of(pattern: string): RE2JS | 'unusable' {
    const known = this.#compiled.get(pattern)
    if (known !== undefined) return known
    const compiled = compile(pattern)
    this.#compiled.set(pattern, compiled)
    return compiled
  }
}

function compile(pattern: string): RE2JS | 'unusable' {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch {
    return 'unusable'
  }
}

/** Words whose meaning depends on more than their place. */
const strange = ['$dynamicRef', '$recursiveRef', 'unevaluatedProperties', 'unevaluatedItems'] as const

/**
 * Why nobody can tell whether a value fits the schema; null where it can be told, but for patterns, which are only looked
 * at when they are needed.
 */
export function uncheckable(root: unknown, refs: SchemaRefs): string | null {
  const visit = (schema: unknown, isRoot: boolean): string | null => {
    if (Array.isArray(schema)) return firstOf(schema, visit)
    if (!isJsonObject(schema)) return null
    const word = strange.find((each) => schema[each] !== undefined && schema[each] !== true)
    if (word !== undefined) return `it uses ${word}`
    const { $ref, $id } = schema
    if (!isRoot && typeof $id === 'string' && !$id.startsWith('#')) return 'it holds a schema with a base of its own'
    if (typeof $ref === 'string' && refs.get($ref) === undefined) return 'a $ref of it leads nowhere'
    return firstOf(Object.values(schema), visit)
  }
  return visit(root, true)
}

function firstOf(
  schemas: readonly unknown[],
  visit: (schema: unknown, isRoot: boolean) => string | null,
): string | null {
  for (const each of schemas) {
    const why = visit(each, false)
    if (why !== null) return why
  }
  return null
}

/** Whether all patterns of a schema can be used. For operators: it compiles every one of them. */
export function unusablePattern(schema: unknown, patterns: SchemaPatterns): string | null {
  if (Array.isArray(schema)) return firstOf(schema, (each) => unusablePattern(each, patterns))
  if (!isJsonObject(schema)) return null
  const { pattern, patternProperties } = schema
  const named = isJsonObject(patternProperties) ? Object.keys(patternProperties) : []
  const all = [...named, ...(typeof pattern === 'string' ? [pattern] : [])]
  const isBad = all.some((each) => patterns.test(each, '') === null)
  if (isBad) return 'a pattern of it needs look-around, back references or more than a thousand repeats'
  return firstOf(Object.values(schema), (each) => unusablePattern(each, patterns))
}
