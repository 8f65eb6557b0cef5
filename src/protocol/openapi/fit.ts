/**
 * A definition that is no larger than its budget. What it can do without goes first, in this order: what answers look
 * like, long descriptions, all descriptions of what is inside, definitions that are far from the arguments, and at last
 * everything but the types of the arguments themselves.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { bytesOf, bytesOfMember, type Definition, type SchemaBook, type Translated } from './schema-book.ts'
import type { Detail } from './schema.ts'

/** A tool before it is known how much of it fits. */
export interface Draft {
  readonly name: string
  readonly head: JsonObject
  description(detail: Detail): string
  /** The schema of all arguments. */
  input(detail: Detail): Translated
  /** What answers look like; null where nobody says. */
  readonly output: Translated | null
}

export interface Fitted {
  readonly definition: JsonObject & { readonly name: string; readonly inputSchema: JsonObject }
  readonly promises: boolean
}

/** A sentence where not even the least of it fits, or where the arguments lead nowhere. */
export function fit(draft: Draft, book: SchemaBook, budget: number): Fitted | string {
  const { problem } = book.closure(draft.input('full'), 'in', 'full')
  if (problem !== null) return problem
  const output = wholeOutput(draft, book, budget)
  const whole = output === null ? null : assemble(draft, inputOf(draft, book, 'full', budget), output, 'full')
  if (whole !== null && bytesOf(whole) <= budget) return { definition: whole, promises: true }
  for (const detail of ['full', 'brief', 'bare'] as const) {
    const definition = assemble(draft, inputOf(draft, book, detail, budget), null, detail)
    if (definition !== null && bytesOf(definition) <= budget) return { definition, promises: false }
  }
  return reduced(draft, book, budget)
}

function assemble(
  draft: Draft,
  input: JsonObject | null,
  output: JsonObject | null,
  detail: Detail,
): Fitted['definition'] | null {
  if (input === null) return null
  const { name, head } = draft
  const description = draft.description(detail)
  return { name, ...head, description, inputSchema: input, ...(output === null ? {} : { outputSchema: output }) }
}

/** Null where it is certain that it does not fit, before anybody has counted its letters. */
function inputOf(draft: Draft, book: SchemaBook, detail: Detail, budget: number): JsonObject | null {
  const input = draft.input(detail)
  const { definitions, bytes } = book.closure(input, 'in', detail)
  return bytes > budget ? null : withDefinitions(input.schema, definitions)
}

function wholeOutput({ output }: Draft, book: SchemaBook, budget: number): JsonObject | null {
  if (output === null) return null
  const { definitions, bytes, problem } = book.closure(output, 'out', 'brief')
  return problem !== null || bytes > budget ? null : withDefinitions(output.schema, definitions)
}

function withDefinitions(schema: JsonObject | boolean, definitions: readonly Definition[]): JsonObject {
  const held = isJsonObject(schema) ? schema : {}
  if (definitions.length === 0) return held
  return { ...held, $defs: Object.fromEntries(definitions.map(({ name, schema }) => [name, schema])) }
}

/** The definitions that are nearest to the arguments, as many as there is room for. */
function reduced(draft: Draft, book: SchemaBook, budget: number): Fitted | string {
  const input = draft.input('bare')
  for (const depth of [8, 4, 3, 2, 1] as const) {
    const root = depth === 8 ? input.schema : shallow(input.schema, depth)
    const refs = new Set(depth === 8 ? input.refs : [])
    const frame = assemble(draft, withDefinitions(root, []), null, 'brief')
    const left = budget - bytesOf(frame) - note_bytes
    if (left < 0) continue
    const { kept, dropped } = nearest(book, refs, left)
    const definitions = kept.map((each) => ({ ...each, schema: withStubs(each.schema, dropped) }))
    const schema = withDefinitions(withStubs(depth === 8 ? root : withoutRefs(root), dropped), definitions)
    const definition = assemble(draft, schema, null, 'brief')
    if (definition === null) continue
    const noted = { ...definition, description: `${String(definition['description'])}\n\n${noteOf(dropped)}` }
    if (bytesOf(noted) <= budget) return { definition: noted, promises: false }
  }
  return `its arguments alone take more than ${budget} bytes`
}

const note_bytes = 400

function noteOf(dropped: ReadonlySet<string>): string {
  const names = [...dropped].slice(0, 8).join(', ')
  const which = names === '' ? '' : `, among them ${names}`
  return `Not all of the arguments is described here${which}: see the documentation of the API.`.slice(
    0,
    note_bytes - 10,
  )
}

function nearest(
  book: SchemaBook,
  refs: ReadonlySet<string>,
  room: number,
): { readonly kept: readonly Definition[]; readonly dropped: ReadonlySet<string> } {
  const queue = new Set(refs)
  const kept: Definition[] = []
  const dropped = new Set<string>()
  let left = room - '"$defs":{},'.length
  for (const pointer of queue) {
    const definition = book.definition(pointer, 'in', 'bare')
    const bytes = bytesOfMember(definition)
    if (bytes > left) {
      dropped.add(definition.name)
      continue
    }
    left -= bytes
    kept.push(definition)
    for (const next of definition.refs) queue.add(next)
  }
  return { kept, dropped }
}

/** References to what was left out become anything at all. */
function withStubs(schema: JsonObject | boolean, dropped: ReadonlySet<string>): JsonObject | boolean {
  const prefix = '#/$defs/'
  return changed(schema, (held) => {
    const ref = held['$ref']
    if (typeof ref !== 'string' || !dropped.has(ref.slice(prefix.length))) return null
    const { $ref: _gone, ...beside } = held
    return beside
  })
}

function withoutRefs(schema: JsonObject | boolean): JsonObject | boolean {
  return changed(schema, (held) => {
    if (typeof held['$ref'] !== 'string') return null
    const { $ref: _gone, ...beside } = held
    return beside
  })
}

/** A copy in which objects are replaced by what `by` gives for them. */
function changed<Value>(value: Value, by: (held: JsonObject) => JsonObject | null): Value {
  if (Array.isArray(value)) return (value as unknown[]).map((each) => changed(each, by)) as Value
  if (!isJsonObject(value)) return value
  const held: JsonObject = by(value) ?? value
  return Object.fromEntries(Object.entries(held).map(([name, each]) => [name, changed(each, by)])) as Value
}

/** Everything deeper is left with its type alone. */
function shallow(schema: JsonObject | boolean, depth: number): JsonObject | boolean {
  if (!isJsonObject(schema)) return schema
  const { type, required, properties, additionalProperties, enum: values, items } = schema
  const base = {
    ...(type === undefined ? {} : { type }),
    ...(values === undefined || depth < 2 ? {} : { enum: values }),
  }
  if (depth < 1) return base
  const inner = Object.entries(isJsonObject(properties) ? properties : {})
  return {
    ...base,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(inner.map(([name, each]) => [name, shallow(each as JsonObject, depth - 1)])),
        }),
    ...(items === undefined ? {} : { items: shallow(items as JsonObject, depth - 1) }),
    ...(required === undefined ? {} : { required }),
    ...(additionalProperties === false ? { additionalProperties } : {}),
  }
}
