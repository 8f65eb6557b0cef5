/** Which arguments a tool takes, and how they lead back to parameters and body: flat, or in groups where names meet. */
import type { BodyPlan, MediaPlan, MemberEncoding, ParameterPlan } from './contract.ts'
import { type ApiDocument, memberOf, objectOf, textOf } from './document.ts'
import { fileSchema, isFile, wholeFile } from './files.ts'
import { type Writable, writableOf } from './media.ts'
import { type Members, membersOf } from './merge-body.ts'
import { argumentName } from './names.ts'
import type { ApiBody, ApiOperation, ApiParameter } from './operation.ts'
import { mannerOfEncoding } from './read-openapi.ts'

/** One argument, or one member of a group of them. */
export interface Argument {
  readonly at: readonly string[]
  readonly required: boolean
  readonly description: string
  /** As written in the description. */
  readonly schema: unknown
}

export interface Layout {
  readonly arguments: readonly Argument[]
  readonly parameters: readonly ParameterPlan[]
  readonly body: BodyPlan | null
}

const bodyName = 'body'
const choiceName = 'content_type'

/** A sentence where the body cannot be written. */
export function layOut(
  doc: ApiDocument,
  operation: ApiOperation,
  isOurs: (parameter: ApiParameter) => boolean,
): Layout | string {
  const parameters = operation.parameters.filter((parameter) => !isOurs(parameter))
  const media = operation.body === null ? [] : writableOf(operation.body.media)
  const isEmpty = operation.body?.required === false && media.every(({ schema }) => isNothing(doc, schema))
  if (operation.body !== null && media.length > 0 && isEmpty) return laidOut(parameters, null, meet(parameters, []))
  if (operation.body !== null && media.length === 0) {
    const types = operation.body.media.map(({ type }) => type).join(', ')
    if (operation.body.required) return `a body that cannot be written: ${types}`
    return laidOut(parameters, null, meet(parameters, []))
  }
  if (operation.body === null) return laidOut(parameters, null, meet(parameters, []))
  const members = media.length === 1 ? flatMembers(doc, media[0]?.schema, operation.body) : null
  const names =
    members === null ? [bodyName, ...(media.length > 1 ? [choiceName] : [])] : [...members.properties.keys()]
  const grouped = meet(parameters, names)
  const flat = grouped ? null : members
  return laidOut(parameters, bodyLayout(doc, operation.body, media, flat), grouped)
}

/** An object that has no members and may have none. */
function isNothing(doc: ApiDocument, schema: unknown): boolean {
  const held = doc.valueOf(schema)
  const properties = objectOf(held, 'properties')
  return (
    memberOf(held, 'additionalProperties') === false && (properties === null || Object.keys(properties).length === 0)
  )
}

interface BodyLayout {
  readonly arguments: readonly Argument[]
  readonly plan: BodyPlan
}

function laidOut(parameters: readonly ApiParameter[], body: BodyLayout | null, grouped: boolean): Layout {
  const at = (parameter: ApiParameter): readonly string[] =>
    grouped ? [parameter.in, argumentName(parameter.name)] : [argumentName(parameter.name)]
  const own = parameters.map((parameter): Argument => {
    const { required, description, schema } = parameter
    return { at: at(parameter), required, description, schema }
  })
  const plans = parameters.map((parameter): ParameterPlan => {
    const { name, in: place, required, style, explode, allowReserved, content } = parameter
    return { name, argument: at(parameter), in: place, required, style, explode, allowReserved, content }
  })
  return { arguments: [...own, ...(body?.arguments ?? [])], parameters: plans, body: body?.plan ?? null }
}

/** Whether two arguments would have one name. */
function meet(parameters: readonly ApiParameter[], others: readonly string[]): boolean {
  const names = [...parameters.map(({ name }) => name), ...others].map(argumentName)
  return new Set(names).size < names.length
}

/** A body that may be left out and yet has members that may not cannot be taken apart. */
function flatMembers(doc: ApiDocument, schema: unknown, { required }: ApiBody): Members | null {
  const members = membersOf(doc, schema)
  if (members === null || (!required && members.required.size > 0)) return null
  const names = [...members.properties.keys()].map(argumentName)
  return new Set(names).size === names.length ? members : null
}

function bodyLayout(doc: ApiDocument, body: ApiBody, media: readonly Writable[], flat: Members | null): BodyLayout {
  const { required } = body
  const plans = media.map((each) => mediaPlan(doc, each))
  const [first] = media
  if (flat !== null) {
    const isParts = first?.form === 'multipart'
    const members = [...flat.properties].map(([name, written]) => {
      const schema = isParts && isFile(doc, written) ? fileSchema(doc, written) : written
      return { name, argument: [argumentName(name)], required: flat.required.has(name), schema }
    })
    const own = members.map(({ argument, schema, ...rest }): Argument => ({
      at: argument,
      required: rest.required,
      description: '',
      schema,
    }))
    const named = members.map(({ name, argument }) => ({ name, argument }))
    return { arguments: own, plan: { required, argument: null, members: named, media: plans, choice: null } }
  }
  const schemas = media.map((each) => wholeSchema(doc, each))
  const distinct = schemas.filter((schema, at) => schemas.findIndex((other) => same(other, schema)) === at)
  const schema = distinct.length === 1 ? distinct[0] : { anyOf: distinct }
  const whole = { at: [bodyName], required, description: body.description, schema }
  const plan = { required, argument: [bodyName], members: [], media: plans }
  if (media.length === 1) return { arguments: [whole], plan: { ...plan, choice: null } }
  const types = { type: 'string', enum: media.map(({ type }) => type) }
  const choice = { at: [choiceName], required, description: 'How `body` is written.', schema: types }
  return { arguments: [choice, whole], plan: { ...plan, choice: [choiceName] } }
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function wholeSchema(doc: ApiDocument, { form, schema, type }: Writable): unknown {
  if (form === 'binary') return wholeFile(type)
  if (form === 'text') return { type: 'string', description: `As ${type}.` }
  if (form !== 'multipart') return schema
  const held = doc.valueOf(schema)
  const properties = Object.entries(objectOf(held, 'properties') ?? {})
  if (!properties.some(([, each]) => isFile(doc, each))) return schema
  const changed = properties.map(([name, each]) => [name, isFile(doc, each) ? fileSchema(doc, each) : each] as const)
  return { ...(held as object), properties: Object.fromEntries(changed) }
}

function mediaPlan(doc: ApiDocument, { type, form, schema, encoding }: Writable): MediaPlan {
  if (form !== 'form' && form !== 'multipart') return { type, form, encoding: {}, files: [] }
  const said = Object.entries(encoding).map(([name, each]): readonly [string, MemberEncoding] => {
    return [name, { contentType: textOf(each, 'contentType'), manner: mannerOfEncoding(each) }]
  })
  const properties =
    membersOf(doc, schema)?.properties ?? new Map(Object.entries(objectOf(doc.valueOf(schema), 'properties') ?? {}))
  const files =
    form === 'multipart' ? [...properties].filter(([, each]) => isFile(doc, each)).map(([name]) => name) : []
  return { type, form, encoding: Object.fromEntries(said), files }
}
