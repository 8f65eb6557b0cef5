/** The keywords of JSON Schema 2020-12 that a description may hand on, and what each has to be to be one. */

type Keep = (value: unknown) => unknown

const text: Keep = (value) => (typeof value === 'string' ? value : undefined)
const number: Keep = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
const count: Keep = (value) => (Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined)
const flag: Keep = (value) => (typeof value === 'boolean' ? value : undefined)

const value_chars_max = 400
const small: Keep = (value) => ((JSON.stringify(value) ?? '').length <= value_chars_max ? value : undefined)

const known_formats = new Set(
  (
    'date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference uri-template iri ' +
    'iri-reference uuid json-pointer relative-json-pointer regex byte binary password int32 int64 float double'
  ).split(' '),
)

export function isPattern(value: unknown): value is string {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Keywords whose value is no schema. `undefined` takes one out. */
export const plainKeywords: Readonly<Record<string, Keep>> = {
  title: text,
  const: small,
  default: small,
  multipleOf: (value) => (typeof value === 'number' && value > 0 ? value : undefined),
  maximum: number,
  minimum: number,
  maxLength: count,
  minLength: count,
  pattern: (value) => (isPattern(value) ? value : undefined),
  maxItems: count,
  minItems: count,
  maxContains: count,
  minContains: count,
  uniqueItems: flag,
  maxProperties: count,
  minProperties: count,
  deprecated: (value) => (value === true ? true : undefined),
  format: (value) => (known_formats.has(String(value)) ? value : undefined),
  contentEncoding: text,
  contentMediaType: text,
}

/** What is only in the way of a reader of answers: descriptions are often stricter than the API is. */
export const strictKeywords: ReadonlySet<string> = new Set([
  'default',
  'multipleOf',
  'maximum',
  'minimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'maxContains',
  'minContains',
  'uniqueItems',
  'maxProperties',
  'minProperties',
  'format',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contains',
  'const',
])

/** Keywords whose value is a schema, a list of them, or schemas by name. */
export const schemaKeywords: ReadonlySet<string> = new Set([
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
])
export const listKeywords: ReadonlySet<string> = new Set(['prefixItems', 'allOf', 'anyOf', 'oneOf'])

const types: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'].map((each) => [each, each]),
  ),
  // Words that are written for them.
  file: 'string',
  int: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  bool: 'boolean',
  date: 'string',
}

/** The types that are named, without those that do not exist. */
export function typesOf(value: unknown): readonly string[] {
  const named = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  return [
    ...new Set(
      named.flatMap((each) => (typeof each === 'string' && Object.hasOwn(types, each) ? [types[each] ?? ''] : [])),
    ),
  ]
}
