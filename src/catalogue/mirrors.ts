/**
 * Members of the arguments that a tool wants repeated in headers (`x-mcp-header`, 2026-07-28, Streamable HTTP, schema
 * extension). A definition that breaks one of its rules must be dropped by whoever speaks to the server: that is us.
 */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { isHeaderName } from '../protocol/mcp/mirror.ts'
import type { ListedTool } from './contract.ts'

type Mirrors = ListedTool['mirrors']

const word = 'x-mcp-header'
const types: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean'])
/** Below these it stands for no one member of the arguments. They hold a schema, a list of them, or named ones. */
const elsewhere = {
  one: [
    'additionalProperties',
    'unevaluatedProperties',
    'unevaluatedItems',
    'propertyNames',
    'contains',
    'contentSchema',
  ],
  conditions: ['not', 'if', 'then', 'else', 'additionalItems'],
  lists: ['items', 'prefixItems', 'allOf', 'anyOf', 'oneOf'],
  named: ['$defs', 'definitions', 'patternProperties', 'dependentSchemas'],
} as const

/** The mirrored members; a sentence where one of them may not be. */
export function mirrorsOf({ inputSchema }: JsonObject): Mirrors | string {
  const found: Mirrors[number][] = []
  const why = visit(inputSchema, [], found)
  return why ?? found
}

function visit(schema: unknown, path: readonly string[], found: Mirrors[number][]): string | null {
  if (!isJsonObject(schema)) return null
  if (Object.hasOwn(schema, word)) {
    const header = schema[word]
    const why = faultOf(header, schema['type'], path, found)
    if (why !== null) return `${word} at ${path.join('.') || 'the root'} ${why}`
    found.push({ header: String(header), path })
  }
  const { properties } = schema
  for (const [name, each] of Object.entries(isJsonObject(properties) ? properties : {})) {
    const why = visit(each, [...path, name], found)
    if (why !== null) return why
  }
  const stray = others(schema).find((each) => mentions(each))
  return stray === undefined ? null : `${word} stands where it is for no one member of the arguments`
}

function faultOf(header: unknown, type: unknown, path: readonly string[], found: Mirrors): string | null {
  if (path.length === 0) return 'may only stand at a member'
  if (typeof header !== 'string' || !isHeaderName(header)) return 'is no header name'
  if (!types.has(type)) return 'needs a member that is a string, an integer or a boolean'
  const taken = found.some((each) => each.header.toLowerCase() === header.toLowerCase())
  return taken ? 'names a header that is taken' : null
}

function others(schema: JsonObject): readonly unknown[] {
  const single = [...elsewhere.one, ...elsewhere.conditions].map((name) => schema[name])
  const lists = elsewhere.lists.flatMap((name) => schema[name])
  const named = elsewhere.named.flatMap((name) => (isJsonObject(schema[name]) ? Object.values(schema[name]) : []))
  return [...single, ...lists, ...named]
}

/** Whether the word is anywhere in a schema, as a word of a schema and not as the name of a member. */
function mentions(schema: unknown): boolean {
  if (!isJsonObject(schema)) return false
  if (Object.hasOwn(schema, word)) return true
  const { properties } = schema
  return [...others(schema), ...(isJsonObject(properties) ? Object.values(properties) : [])].some(mentions)
}
