/**
 * The canonical form of JSON (RFC 8785): one text for one value, so that everybody who hashes or signs it hashes the same
 * bytes. Values without such a form are `null` here and never a guess: numbers that are not finite, text with lone
 * surrogates, anything JSON does not know (`undefined`, dates, bigints), and nesting deeper than 64.
 */
import { assert } from './assert.ts'

const depthMax = 64

/** The canonical form of a value of our own making, which always has one. */
export function canonicalJson(value: unknown): string {
  const text = readCanonicalJson(value)
  assert(text !== null, 'what Weir hashes is plain JSON')
  return text
}

/** The canonical form of a value that others wrote; null where it has none. Never throws. */
export function readCanonicalJson(value: unknown): string | null {
  return write(value, 0)
}

/** Numbers and text are written as ECMAScript writes them (sections 3.2.2.2 and 3.2.2.3), so `JSON.stringify` is the rule. */
function write(value: unknown, depth: number): string | null {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : null
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : null
  if (typeof value !== 'object' || depth === depthMax) return null
  if (Array.isArray(value)) return writeList(value, depth + 1)
  return isPlain(value) ? writeObject(value, depth + 1) : null
}

function writeList(list: readonly unknown[], depth: number): string | null {
  const items: string[] = []
  for (const each of list) {
    const item = write(each, depth)
    if (item === null) return null
    items.push(item)
  }
  return `[${items.join(',')}]`
}

/** Members stand in the order of the UTF-16 code units of their names (section 3.2.3), which is how text compares here. */
function writeObject(object: Readonly<Record<string, unknown>>, depth: number): string | null {
  const members: string[] = []
  for (const name of Object.keys(object).toSorted()) {
    const member = write(object[name], depth)
    if (member === null || !name.isWellFormed()) return null
    members.push(`${JSON.stringify(name)}:${member}`)
  }
  return `{${members.join(',')}}`
}

/** Dates, maps and the like would be written as what they are not. */
function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
