/** Small helpers of the translators: what crosses a revision is listed member by member, and everything else stays behind. */
import { isJsonObject, type JsonObject } from '../../../base/json.ts'

/** Those of the members that say something: in ProtoJSON an empty one and an absent one are the same. */
export function pick(from: JsonObject, names: readonly string[]): JsonObject {
  const picked: Record<string, unknown> = {}
  // Assigning to that one name would change what the object inherits.
  for (const name of names) if (!isEmpty(from[name]) && name !== '__proto__') picked[name] = from[name]
  return picked
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

/** The objects in a list; nothing for what is no list. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) return []
  return value.every(isJsonObject) ? value : value.filter(isJsonObject)
}

/** The texts in a list; nothing for what is no list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Null for what is no text or an empty one. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** `metadata` with one more entry, as a member to spread; one that is no object is replaced. */
export function withNote(metadata: unknown, name: string, value: unknown): { readonly metadata: JsonObject } {
  return { metadata: { ...(isJsonObject(metadata) ? metadata : {}), [name]: value } }
}

/** `metadata` without an entry, as a member to spread; nothing where it says nothing else. */
export function withoutNote(metadata: JsonObject, name: string): { readonly metadata?: JsonObject } {
  const { [name]: _, ...rest } = metadata
  return Object.keys(rest).length > 0 ? { metadata: rest } : {}
}
