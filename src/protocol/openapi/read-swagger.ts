/** Operations of Swagger 2.0, whose parameters are their own schemas and whose bodies are parameters. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Manner, ParameterPlace, Style } from './contract.ts'
import { type ApiDocument, memberOf, textOf, textsIn } from './document.ts'
import { isJson } from './media.ts'
import type { ApiAnswer, ApiBody, ApiParameter } from './operation.ts'
import { goodStatuses, mergedParameters, places, type Raw } from './read-openapi.ts'

export function readSwagger(doc: ApiDocument, pathItem: unknown, operation: unknown): Raw {
  const none = { parameters: [], body: null, answer: { schema: undefined } }
  const merged = mergedParameters(doc, pathItem, operation)
  if (typeof merged === 'string') return { ...none, problem: merged }
  const parameters: ApiParameter[] = []
  const fields: JsonObject[] = []
  let whole: unknown = null
  for (const written of merged) {
    const place = textOf(written, 'in')
    if (place === 'body') whole = written
    else if (place === 'formData' && isJsonObject(written)) fields.push(written)
    else if (places.has(place) && textOf(written, 'name') !== null) parameters.push(parameterOf(written, place))
    else return { ...none, problem: 'a parameter without a name or a place' }
  }
  const consumes = textsIn(memberOf(operation, 'consumes') ?? memberOf(doc.root, 'consumes'))
  const body = whole === null ? formOf(fields, consumes) : bodyOf(whole, consumes)
  return { parameters, body, answer: answerOf(doc, operation), problem: null }
}

function parameterOf(written: unknown, place: string | null): ApiParameter {
  return {
    name: textOf(written, 'name') ?? '',
    in: place as ParameterPlace,
    required: place === 'path' || memberOf(written, 'required') === true,
    description: textOf(written, 'description') ?? '',
    schema: schemaOf(written),
    content: null,
    ...mannerOf(written, place === 'query' ? 'form' : 'simple'),
  }
}

/** Everything that is not about the parameter is about its value. */
function schemaOf(written: unknown): JsonObject {
  if (!isJsonObject(written)) return {}
  const { name: _name, in: _in, required: _required, description: _said, collectionFormat: _how, ...schema } = written
  const { allowEmptyValue: _empty, ...rest } = schema
  return rest
}

const delimited: ReadonlyMap<string, Style> = new Map([
  ['ssv', 'spaceDelimited'],
  ['pipes', 'pipeDelimited'],
])

/** `tsv` has no counterpart and no user; it is written like `csv`. */
function mannerOf(written: unknown, usual: Style): Manner {
  const format = textOf(written, 'collectionFormat') ?? 'csv'
  const style = usual === 'form' ? (delimited.get(format) ?? usual) : usual
  return { style, explode: usual === 'form' && format === 'multi', allowReserved: false }
}

function bodyOf(written: unknown, consumes: readonly string[]): ApiBody {
  const schema = memberOf(written, 'schema')
  const types = consumes.length > 0 ? consumes : ['application/json']
  return {
    required: memberOf(written, 'required') === true,
    description: textOf(written, 'description') ?? '',
    media: types.map((type) => ({ type, schema, encoding: {} })),
  }
}

function formOf(fields: readonly JsonObject[], consumes: readonly string[]): ApiBody | null {
  if (fields.length === 0) return null
  const isParts = fields.some((field) => field['type'] === 'file') || consumes.includes('multipart/form-data')
  const name = (field: JsonObject): string => textOf(field, 'name') ?? ''
  const required = fields.filter((field) => field['required'] === true).map(name)
  const properties = Object.fromEntries(
    fields.map((field) => {
      const description = textOf(field, 'description')
      return [name(field), { ...schemaOf(field), ...(description === null ? {} : { description }) }]
    }),
  )
  const encoding = Object.fromEntries(
    fields
      .filter((field) => field['type'] === 'array')
      .map((field) => [name(field), mannerOf(field, 'form') as unknown]),
  )
  const schema = { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }
  const type = isParts ? 'multipart/form-data' : 'application/x-www-form-urlencoded'
  return { required: required.length > 0, description: '', media: [{ type, schema, encoding }] }
}

function answerOf(doc: ApiDocument, operation: unknown): ApiAnswer {
  const produces = textsIn(memberOf(operation, 'produces') ?? memberOf(doc.root, 'produces'))
  if (produces.length > 0 && !produces.some(isJson)) return { schema: undefined }
  const responses = memberOf(operation, 'responses')
  const statuses = goodStatuses(responses)
  const [first = 'default'] = statuses
  return { schema: memberOf(doc.valueOf(memberOf(responses, first)), 'schema') }
}
