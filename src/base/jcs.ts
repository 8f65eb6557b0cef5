/** One spelling for one JSON value (RFC 8785), so that two who hash or sign it mean the same bytes. */
import { assert } from './assert.ts'

/**
 * The canonical text: members in the order of their UTF-16 code units, numbers and strings as ECMAScript writes them.
 * Members that are undefined are left out. What JSON cannot say is a broken promise of our own code.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, inner]) => inner !== undefined)
    const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${sorted.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`
  }
  assert(typeof value !== 'number' || Number.isFinite(value), 'only finite numbers are written')
  const text = JSON.stringify(value) as string | undefined
  assert(text !== undefined, 'only JSON values are written')
  return text
}
