/** Media types of bodies: how each is written, and which of several is offered. */
import type { MediaForm } from './contract.ts'
import type { ApiMedia } from './operation.ts'

/** A body as it can be written. */
export interface Writable extends ApiMedia {
  readonly form: MediaForm
}

const plainType = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/

const anything: ReadonlySet<string> = new Set(['*/*', 'application/*'])

/** Without parameters and in lower case; null for what is no media type. */
function plainOf(type: string): string | null {
  const plain = (type.split(';', 1)[0] ?? '').trim().toLowerCase()
  if (anything.has(plain)) return 'application/json'
  if (/^[a-z]+\/\*$/.test(plain)) return plain.startsWith('text/') ? 'text/plain' : 'application/octet-stream'
  return plainType.test(plain) ? plain : null
}

export function isJson(type: string): boolean {
  const plain = plainOf(type)
  return plain !== null && (plain === 'application/json' || plain === 'text/json' || plain.endsWith('+json'))
}

const forms: readonly (readonly [pattern: RegExp, form: MediaForm | null])[] = [
  [/^(?:application|text)\/json$|\+json$/, 'json'],
  // JSON is YAML as well, and servers that take only the one read the other.
  [/^(?:application|text)\/(?:x-)?yaml$|\+yaml$/, 'json'],
  [/^application\/x-www-form-urlencoded$/, 'form'],
  [/^multipart\/form-data$/, 'multipart'],
  [/^text\/|^application\/(?:xml|graphql|sql|x-ndjson|jsonl)$|\+xml$/, 'text'],
  [/cbor$|^multipart\/|protobuf|^application\/.*(?:msgpack|avro)/, null],
  [/./, 'binary'],
]

/** The order in which one of several that say the same is taken. */
const preferred: readonly MediaForm[] = ['json', 'form', 'multipart', 'text', 'binary']

/** What is said in it is a change and not the thing itself. */
const isChange = (type: string): boolean => /patch\+(?:json|yaml)$/.test(type)

/** Those that are offered: one of all that say the same, the simplest first. Empty where none can be written. */
export function writableOf(media: readonly ApiMedia[]): readonly Writable[] {
  const known = media.flatMap((each): readonly Writable[] => {
    const type = plainOf(each.type)
    const form = type === null ? null : (forms.find(([pattern]) => pattern.test(type))?.[1] ?? null)
    return type === null || form === null ? [] : [{ ...each, type, form }]
  })
  const inOrder = known.toSorted((a, b) => rankOf(a) - rankOf(b))
  const kept: Writable[] = []
  for (const each of inOrder) if (!kept.some((other) => sayTheSame(other, each))) kept.push(each)
  return kept
}

function rankOf({ form, type }: Writable): number {
  const odd = type.endsWith('yaml') ? 0.5 : type === 'application/json' ? 0 : 0.25
  return preferred.indexOf(form) + odd
}

function sayTheSame(a: Writable, b: Writable): boolean {
  if (isChange(a.type) || isChange(b.type)) return a.type === b.type
  if (b.form === 'text' || b.form === 'binary') return a.form !== 'binary' || b.form === 'binary'
  return a.schema === b.schema || JSON.stringify(a.schema) === JSON.stringify(b.schema)
}
