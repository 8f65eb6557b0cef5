/**
 * A discriminator says by a member which of several schemas is meant. JSON Schema has no such word: each branch says
 * itself which value the member has.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type ApiDocument, listOf, memberOf, objectOf, textOf } from './document.ts'

/** The branches of a choice, each with the value of the member that names it, where it does not say that by itself. */
export function branchesOf(doc: ApiDocument, branches: readonly unknown[], held: JsonObject): readonly unknown[] {
  const discriminator = objectOf(held, 'discriminator')
  const name = textOf(discriminator, 'propertyName')
  if (name === null) return branches
  const mapping = Object.entries(objectOf(discriminator, 'mapping') ?? {})
  return branches.map((branch) => {
    const ref = textOf(branch, '$ref')
    if (ref === null || says(doc, branch, name)) return branch
    const mapped = mapping.filter(([, to]) => to === ref || to === lastOf(ref)).map(([value]) => value)
    const values = mapped.length > 0 ? mapped : mapping.length > 0 ? [] : [lastOf(ref)]
    if (values.length === 0) return branch
    const fixed = values.length === 1 ? { const: values[0] } : { enum: values }
    return { allOf: [branch, { properties: { [name]: fixed }, required: [name] }] }
  })
}

const depth_max = 4

/** Whether a schema fixes the member to values of its own, which may be others than the name of the schema. */
function says(doc: ApiDocument, schema: unknown, name: string, depth = 0): boolean {
  const held = doc.valueOf(schema)
  const member = doc.valueOf(memberOf(objectOf(held, 'properties'), name))
  if (isJsonObject(member) && ('const' in member || 'enum' in member)) return true
  return depth < depth_max && listOf(held, 'allOf').some((part) => says(doc, part, name, depth + 1))
}

function lastOf(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1)
}
