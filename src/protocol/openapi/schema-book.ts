/** Definitions that many tools share, each translated once, and everything a schema leads to. */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../base/json.ts'
import type { ApiDocument } from './document.ts'
import { type Detail, type Direction, translate } from './schema.ts'

export interface Translated {
  readonly schema: JsonObject | boolean
  /** Pointers it refers to. */
  readonly refs: readonly string[]
  readonly problems: readonly string[]
}

export interface Definition extends Translated {
  readonly name: string
  readonly bytes: number
}

export interface Closure {
  readonly definitions: readonly Definition[]
  readonly bytes: number
  /** Why it leads nowhere; null where everything is there. */
  readonly problem: string | null
}

/** Definitions that one schema may lead to. */
const definitions_max = 4096

export class SchemaBook {
  readonly doc: ApiDocument
  readonly #definitions = new Map<string, Definition>()
  readonly #names = new Map<string, string>()

  constructor(doc: ApiDocument) {
    this.doc = doc
  }

  translate(written: unknown, direction: Direction, detail: Detail): Translated {
    const refs = new Set<string>()
    const problems: string[] = []
    const nameOf = (pointer: string): string => this.#nameOf(pointer)
    const schema = translate(written, { doc: this.doc, direction, detail, nameOf, refs, problems })
    return { schema, refs: [...refs], problems }
  }

  definition(pointer: string, direction: Direction, detail: Detail): Definition {
    const key = `${direction} ${detail} ${pointer}`
    const known = this.#definitions.get(key)
    if (known) return known
    const made = this.translate(this.doc.atPointer(pointer), direction, detail)
    const definition = { ...made, name: this.#nameOf(pointer), bytes: bytesOf(made.schema) }
    this.#definitions.set(key, definition)
    return definition
  }

  /** The nearest first. */
  closure({ refs, problems }: Translated, direction: Direction, detail: Detail): Closure {
    const seen = new Set(refs)
    const definitions: Definition[] = []
    let problem = problems[0] ?? null
    let bytes = 0
    for (const pointer of seen) {
      const definition = this.definition(pointer, direction, detail)
      definitions.push(definition)
      bytes += bytesOfMember(definition)
      problem ??= definition.problems[0] ?? null
      for (const next of definition.refs) seen.add(next)
      if (seen.size > definitions_max)
        return { definitions, bytes, problem: `more than ${definitions_max} definitions` }
    }
    return { definitions, bytes, problem }
  }

  /** Where schemas of that version stand, each has a name of its own. */
  #usualName(pointer: string): string | undefined {
    const place = 'swagger' in this.doc.root ? '/definitions/' : '/components/schemas/'
    const name = pointer.startsWith(place) ? pointer.slice(place.length) : ''
    return /^[A-Za-z0-9_.-]{1,100}$/.test(name) && name !== '__proto__' ? name : undefined
  }

  /** Of what it is called, and so the same whatever else the description holds. */
  #nameOf(pointer: string): string {
    const known = this.#names.get(pointer)
    if (known !== undefined) return known
    const usual = this.#usualName(pointer)
    const last = pointer.slice(pointer.lastIndexOf('/') + 1)
    const name = usual ?? `${last.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 40)}_${hashOf(pointer)}`
    this.#names.set(pointer, name)
    return name
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}

export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** With its name, quotes, colon and comma. */
export function bytesOfMember({ name, bytes }: Definition): number {
  return bytes + name.length + 4
}
