/**
 * The words of JSON Schema (2020-12 core, applicator and validation; `dependencies`, lists in `items` and `definitions` of
 * the drafts before): what each demands of a value, as the end of a sentence. `format` and what is unknown demand nothing.
 */
import { isJsonObject, type JsonObject } from '../base/json.ts'
import { shortly } from './schema-text.ts'

/** What a value is not: a place in it, and what would be right there. */
export interface Misfit {
  readonly path: readonly (string | number)[]
  readonly expected: string
}

/** Whoever walks a schema with these words. */
export interface Checking {
  /** One schema against one value: the first rule that is broken. */
  against(schema: unknown, value: unknown, path: Misfit['path']): Misfit | null
  /** Counts work that grows with the value. */
  spend(steps: number): void
  matches(pattern: string, text: string): boolean
  /** One spelling for one value; the value itself where it has none. */
  same(value: unknown): unknown
}

interface Asserted {
  readonly schema: JsonObject
  /** What stands behind the word. */
  readonly rule: unknown
  readonly value: unknown
  readonly check: Checking
}

interface Applied extends Asserted {
  readonly path: Misfit['path']
}

/** Without a prototype, so that a schema that says `constructor` says nothing. */
type Table<Arguments, Answer> = Readonly<Record<string, ((asked: Arguments) => Answer | null) | null | undefined>>

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value
}

function isOf(type: unknown, value: unknown): boolean {
  const own = typeOf(value)
  return type === own || (type === 'number' && own === 'integer')
}

type Compare = (size: number, bound: number) => boolean

/** A bound on a number that is made of the value; null where the value is of another kind. */
function bound(sizeOf: (value: unknown) => number | null, holds: Compare, words: (rule: number) => string) {
  return ({ rule, value }: Asserted): string | null => {
    const size = typeof rule === 'number' ? sizeOf(value) : null
    return size === null || typeof rule !== 'number' || holds(size, rule) ? null : words(rule)
  }
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const items = (value: unknown): number | null => (Array.isArray(value) ? value.length : null)
const members = (value: unknown): number | null => (isJsonObject(value) ? Object.keys(value).length : null)
/** In code points, which is never more than in code units. */
const letters = (value: unknown): number | null =>
  typeof value === 'string' ? value.length - (value.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0) : null
const atMost: Compare = (size, bound) => size <= bound
const atLeast: Compare = (size, bound) => size >= bound

export const assertions: Table<Asserted, string> = {
  __proto__: null,
  type: ({ schema, rule, value }) => {
    const types: readonly unknown[] = Array.isArray(rule) ? rule : [rule]
    if (types.some((type) => isOf(type, value)) || (value === null && schema['nullable'] === true)) return null
    return `must be ${types.map(String).join(' or ')}, not ${typeOf(value)}`
  },
  enum: ({ rule, value, check }) => {
    if (!Array.isArray(rule)) return null
    check.spend(rule.length / 16)
    const own = check.same(value)
    return rule.some((each) => check.same(each) === own) ? null : `must be one of ${shortly(rule)}`
  },
  const: ({ rule, value, check }) => (check.same(rule) === check.same(value) ? null : `must be ${shortly([rule])}`),
  maximum: ({ schema, rule, value }) => {
    if (typeof rule !== 'number' || typeof value !== 'number') return null
    // Up to draft 4, `exclusiveMaximum` was a flag beside it.
    const isExclusive = schema['exclusiveMaximum'] === true
    return value < rule || (value === rule && !isExclusive) ? null : `must be at most ${rule}`
  },
  minimum: ({ schema, rule, value }) => {
    if (typeof rule !== 'number' || typeof value !== 'number') return null
    const isExclusive = schema['exclusiveMinimum'] === true
    return value > rule || (value === rule && !isExclusive) ? null : `must be at least ${rule}`
  },
  exclusiveMaximum: bound(
    number,
    (size, rule) => size < rule,
    (rule) => `must be less than ${rule}`,
  ),
  exclusiveMinimum: bound(
    number,
    (size, rule) => size > rule,
    (rule) => `must be more than ${rule}`,
  ),
  multipleOf: bound(number, isMultiple, (rule) => `must be a multiple of ${rule}`),
  maxLength: bound(letters, atMost, (rule) => `must have at most ${rule} characters`),
  minLength: bound(letters, atLeast, (rule) => `must have at least ${rule} characters`),
  maxItems: bound(items, atMost, (rule) => `must have at most ${rule} items`),
  minItems: bound(items, atLeast, (rule) => `must have at least ${rule} items`),
  maxProperties: bound(members, atMost, (rule) => `must have at most ${rule} members`),
  minProperties: bound(members, atLeast, (rule) => `must have at least ${rule} members`),
  pattern: ({ rule, value, check }) =>
    typeof rule !== 'string' || typeof value !== 'string' || check.matches(rule, value)
      ? null
      : `must match the pattern ${shortly([rule])}`,
  uniqueItems: ({ rule, value, check }) => {
    if (rule !== true || !Array.isArray(value)) return null
    const distinct = new Set(value.map((each) => check.same(each)))
    check.spend(value.length / 16)
    return distinct.size === value.length ? null : 'must not have two items that are alike'
  },
}

/** Fractions are no decimal numbers: 0.3 is a multiple of 0.1 to whoever wrote both. */
function isMultiple(size: number, of: number): boolean {
  const ratio = size / of
  return of <= 0 || Math.abs(ratio - Math.round(ratio)) <= 1e-9 * Math.max(1, Math.abs(ratio))
}

export const applicators: Table<Applied, Misfit> = {
  __proto__: null,
  required: ({ rule, value, path }) => missing(rule, value, path),
  properties: ({ rule, value, path, check }) => {
    if (!isJsonObject(rule) || !isJsonObject(value)) return null
    return first(Object.keys(rule), (name) =>
      Object.hasOwn(value, name) ? check.against(rule[name], value[name], [...path, name]) : null,
    )
  },
  patternProperties: ({ rule, value, path, check }) => {
    if (!isJsonObject(rule) || !isJsonObject(value)) return null
    return first(Object.keys(rule), (pattern) =>
      first(Object.keys(value), (name) =>
        check.matches(pattern, name) ? check.against(rule[pattern], value[name], [...path, name]) : null,
      ),
    )
  },
  additionalProperties: ({ schema, rule, value, path, check }) => {
    if (rule === true || !isJsonObject(value)) return null
    const { properties, patternProperties } = schema
    const known = isJsonObject(properties) ? properties : {}
    const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties) : []
    check.spend(Object.keys(value).length / 16)
    return first(Object.keys(value), (name) => {
      if (Object.hasOwn(known, name) || patterns.some((pattern) => check.matches(pattern, name))) return null
      if (rule !== false) return check.against(rule, value[name], [...path, name])
      return { path: [...path, name], expected: `is not known; known are ${shortly(Object.keys(known))}` }
    })
  },
  propertyNames: ({ rule, value, path, check }) =>
    isJsonObject(value) ? first(Object.keys(value), (name) => check.against(rule, name, [...path, name])) : null,
  items: ({ schema, rule, value, path, check }) => {
    if (!Array.isArray(value)) return null
    const { prefixItems } = schema
    if (Array.isArray(rule))
      return each(value.slice(0, rule.length), (item, i) => check.against(rule[i], item, [...path, i]))
    const from = Array.isArray(prefixItems) ? prefixItems.length : 0
    return each(value, (item, i) => (i < from ? null : check.against(rule, item, [...path, i])))
  },
  prefixItems: ({ rule, value, path, check }) =>
    Array.isArray(value) && Array.isArray(rule)
      ? each(value.slice(0, rule.length), (item, i) => check.against(rule[i], item, [...path, i]))
      : null,
  additionalItems: ({ schema, rule, value, path, check }) => {
    const { items: own } = schema
    if (!Array.isArray(value) || !Array.isArray(own)) return null
    return each(value, (item, i) => (i < own.length ? null : check.against(rule, item, [...path, i])))
  },
  contains: ({ schema, rule, value, path, check }) => {
    if (!Array.isArray(value)) return null
    const { minContains, maxContains } = schema
    const found = value.filter((item) => check.against(rule, item, path) === null).length
    const [min, max] = [
      typeof minContains === 'number' ? minContains : 1,
      typeof maxContains === 'number' ? maxContains : Infinity,
    ]
    return found >= min && found <= max
      ? null
      : { path, expected: `must have ${min} or more items of a certain kind, and no more than ${max}` }
  },
  dependentRequired: ({ rule, value, path }) => {
    if (!isJsonObject(rule) || !isJsonObject(value)) return null
    return first(Object.keys(rule), (name) => (Object.hasOwn(value, name) ? missing(rule[name], value, path) : null))
  },
  dependentSchemas: (asked) => dependent(asked),
  dependencies: (asked) => dependent(asked),
  allOf: ({ rule, value, path, check }) =>
    Array.isArray(rule) ? each(rule, (schema) => check.against(schema, value, path)) : null,
  anyOf: ({ rule, value, path, check }) => {
    if (!Array.isArray(rule) || rule.length === 0) return null
    const misfits: Misfit[] = []
    for (const schema of rule) {
      const misfit = check.against(schema, value, path)
      if (misfit === null) return null
      misfits.push(misfit)
    }
    return nearest(misfits, path)
  },
  oneOf: ({ rule, value, path, check }) => {
    if (!Array.isArray(rule) || rule.length === 0) return null
    const all = rule.map((schema) => check.against(schema, value, path))
    const misfits = all.filter((misfit) => misfit !== null)
    const fits = all.length - misfits.length
    if (fits === 1) return null
    return fits === 0
      ? nearest(misfits, path)
      : { path, expected: `must fit one of ${all.length} alternatives, and fits ${fits}` }
  },
  not: ({ rule, value, path, check }) =>
    check.against(rule, value, path) === null ? { path, expected: 'must not be what it is' } : null,
  if: ({ schema, rule, value, path, check }) => {
    const isSo = check.against(rule, value, path) === null
    return check.against(schema[isSo ? 'then' : 'else'] ?? true, value, path)
  },
}

function missing(names: unknown, value: unknown, path: Misfit['path']): Misfit | null {
  if (!Array.isArray(names) || !isJsonObject(value)) return null
  const name: unknown = names.find((each) => typeof each === 'string' && !Object.hasOwn(value, each))
  return typeof name === 'string' ? { path: [...path, name], expected: 'is required' } : null
}

function dependent({ rule, value, path, check }: Applied): Misfit | null {
  if (!isJsonObject(rule) || !isJsonObject(value)) return null
  return first(Object.keys(rule), (name) => {
    if (!Object.hasOwn(value, name)) return null
    return Array.isArray(rule[name]) ? missing(rule[name], value, path) : check.against(rule[name], value, path)
  })
}

/** Of several alternatives, the one that came furthest says most; where none did, that there are several does. */
function nearest(misfits: readonly Misfit[], path: Misfit['path']): Misfit | null {
  const best = misfits.reduce<Misfit | null>(
    (best, each) => (best === null || each.path.length > best.path.length ? each : best),
    null,
  )
  if (best === null || misfits.length === 1 || best.path.length > path.length) return best
  return {
    path,
    expected: `fits none of ${misfits.length} alternatives: ${misfits
      .slice(0, 3)
      .map(({ expected }) => expected)
      .join('; ')}`,
  }
}

function first(names: readonly string[], misfitOf: (name: string) => Misfit | null): Misfit | null {
  for (const name of names) {
    const misfit = misfitOf(name)
    if (misfit) return misfit
  }
  return null
}

function each(values: readonly unknown[], misfitOf: (value: unknown, i: number) => Misfit | null): Misfit | null {
  for (const [i, value] of values.entries()) {
    const misfit = misfitOf(value, i)
    if (misfit) return misfit
  }
  return null
}
