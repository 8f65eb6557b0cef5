/**
 * A description while it is compiled: members that nobody inherited, and references followed inside of it. What leads out
 * of it is never fetched, and what leads to itself is never followed for ever.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'

/** A description, or what a reference in it leads to: the value, and the pointer by which it is known. */
export interface Found {
  readonly kind: 'found'
  /** RFC 6901, from the root; null for what stands where it is used. */
  readonly pointer: string | null
  readonly value: unknown
}

/** Why there is nothing. */
export interface Lost {
  readonly kind: 'lost'
  readonly reason: string
}

const hops_max = 32

export function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

export function objectOf(value: unknown, name: string): JsonObject | null {
  const found = memberOf(value, name)
  return isJsonObject(found) ? found : null
}

export function textOf(value: unknown, name: string): string | null {
  const found = memberOf(value, name)
  return typeof found === 'string' ? found : null
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  const found = memberOf(value, name)
  return Array.isArray(found) ? found : []
}

export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

export class ApiDocument {
  readonly root: JsonObject
  readonly #found = new Map<string, Found | Lost>()

  constructor(root: JsonObject) {
    this.root = root
  }

  /** What a value is that may be a reference; follows references to references. */
  follow(value: unknown): Found | Lost {
    const ref = textOf(value, '$ref')
    return ref === null ? { kind: 'found', pointer: null, value } : this.at(ref)
  }

  /** The value, or null where there is none. */
  valueOf(value: unknown): unknown {
    const found = this.follow(value)
    return found.kind === 'found' ? found.value : null
  }

  at(ref: string): Found | Lost {
    const known = this.#found.get(ref)
    if (known) return known
    const found = this.#look(ref)
    this.#found.set(ref, found)
    return found
  }

  /** What a pointer leads to, as `follow` names it. */
  atPointer(pointer: string): unknown {
    return this.#step(pointer)
  }

  #look(ref: string): Found | Lost {
    let [at, value]: [string, unknown] = [ref, undefined]
    for (let hops = 0; hops < hops_max; hops += 1) {
      if (!at.startsWith('#')) return lost(`a reference out of the description: ${at.slice(0, 120)}`)
      const pointer = pointerIn(at)
      if (pointer === null) return lost(`a reference that is no pointer: ${at.slice(0, 120)}`)
      value = this.#step(pointer)
      if (value === undefined) return lost(`a reference to nothing: ${at.slice(0, 120)}`)
      const next = textOf(value, '$ref')
      // Beside a reference others may stand in a schema of 3.1; then it is a schema of its own.
      if (next === null || Object.keys(value as JsonObject).length > 1) return { kind: 'found', pointer, value }
      at = next
    }
    return lost(`a reference that leads to itself: ${ref.slice(0, 120)}`)
  }

  #step(pointer: string): unknown {
    let value: unknown = this.root
    for (const token of pointer.split('/').slice(1)) {
      const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (Array.isArray(value)) value = /^(?:0|[1-9]\d{0,8})$/.test(name) ? (value[Number(name)] as unknown) : undefined
      else value = memberOf(value, name)
      if (value === undefined) return undefined
    }
    return value
  }
}

function lost(reason: string): Lost {
  return { kind: 'lost', reason }
}

/** The pointer in a fragment, whose escapes are those of a URI. */
function pointerIn(ref: string): string | null {
  try {
    const pointer = decodeURIComponent(ref.slice(1))
    return pointer === '' || pointer.startsWith('/') ? pointer : null
  } catch {
    return null
  }
}
