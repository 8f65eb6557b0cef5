/** The few words of JSON Schema that answers of the admin listener need. Answers may gain members; none is lost. */

export type Schema = Readonly<Record<string, unknown>>

export const text: Schema = { type: 'string' }
export const number: Schema = { type: 'number' }
export const truth: Schema = { type: 'boolean' }
/** An object whose members are described on a page and not here. */
export const record: Schema = { type: 'object' }

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

export function maybe(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] }
}

export function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** An object with these members, all of them where it is not said otherwise. */
export function named(properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema {
  return { type: 'object', properties, required }
}

/** An answer that says what it is, and has the members of another shape too. */
export function withSchema(schema: string, properties: Readonly<Record<string, Schema>>, base?: string): Schema {
  const own = named({ schema: { const: schema }, ...properties })
  return base === undefined ? own : { allOf: [ref(base), own] }
}
