/** Whether arguments and results fit the schemas of a definition: read once for each digest, and bounded in every way. */
import { BoundedMap } from '../base/bounded-map.ts'
import { valueAtPath } from '../base/json-edit.ts'
import type { ListedTool } from './contract.ts'
import { Check } from './schema-check.ts'
import { SchemaPatterns, SchemaRefs, uncheckable, unusablePattern } from './schema-refs.ts'
import { pathText } from './schema-text.ts'

type Member = 'inputSchema' | 'outputSchema'

/** Schemas at hand. */
const schemas_max = 2048
/** Of arguments and results: more is not even parsed here, for it would hold up everybody else. */
const value_bytes_max = 131_072

interface ReadSchema {
  /** Undefined where there is none. */
  readonly schema: unknown
  readonly refs: SchemaRefs
  /** Why nobody can tell what fits it. */
  readonly why: string | null
}

const wholes: Readonly<Record<Member, string>> = { inputSchema: 'The arguments', outputSchema: 'The structured result' }
const parts: Readonly<Record<Member, string>> = { inputSchema: 'The argument', outputSchema: 'The member' }
const noArguments = Buffer.from('{}')

export class Schemas {
  readonly #known = new BoundedMap<string, ReadSchema>({ max: schemas_max })
  readonly #patterns = new SchemaPatterns()

  /** Whether there is anything that a value could fit. */
  has(tool: ListedTool, member: Member): boolean {
    return this.#of(tool, member).schema !== undefined
  }

  /** A short sentence for a model that names the place and what is expected there. */
  misfit(tool: ListedTool, member: Member, value: Buffer | null): string | null {
    const bytes = value ?? noArguments
    if (bytes.length > value_bytes_max) return null
    const { schema, refs, why } = this.#of(tool, member)
    if (why !== null || schema === undefined) return null
    const read = parsed(bytes)
    if (read === undefined) return `${wholes[member]} are no JSON.`
    const misfit = new Check(schema, refs, this.#patterns).run(read)
    if (misfit === null) return null
    const { path, expected } = misfit
    return path.length === 0 ? `${wholes[member]} ${expected}.` : `${parts[member]} ${pathText(path)} ${expected}.`
  }

  unchecked(tool: ListedTool): string | null {
    const whys = (['inputSchema', 'outputSchema'] as const).flatMap((member) => {
      const { schema, why: known } = this.#of(tool, member)
      const why = known ?? unusablePattern(schema, this.#patterns)
      return why === null ? [] : [`${member} is not checked: ${why}`]
    })
    return whys.join('; ') || null
  }

  #of(tool: ListedTool, member: Member): ReadSchema {
    const key = `${member} ${tool.digest}`
    const known = this.#known.get(key)
    if (known) return known
    // What has no one reading is not read here either; nobody calls it.
    const bytes = tool.state === 'quarantined' ? null : valueAtPath(tool.definition, [member])
    const schema = bytes === null ? undefined : parsed(bytes)
    const refs = new SchemaRefs(schema)
    const read = { schema, refs, why: schema === undefined ? null : uncheckable(schema, refs) }
    if (tool.state !== 'quarantined') this.#known.set(key, read)
    return read
  }
}

/** Undefined for what is no JSON. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch {
    return undefined
  }
}
