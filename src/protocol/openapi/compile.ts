/**
 * From the description of an API to tools: one for each operation, with a definition that stands for itself and a plan of
 * its request. An operation that cannot be one is named with the reason and costs nobody else anything.
 *
 *     document -> operations (2.0, 3.0, 3.1 alike) -> arguments -> definition that fits -> tool | reason
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { type Argument, type Layout, layOut } from './arguments.ts'
import {
  apiMethods,
  type CompiledApi,
  type CompiledTool,
  type CompileOptions,
  type OperationFilter,
  type OperationPlan,
} from './contract.ts'
import { credentialsOf } from './credentials.ts'
import { ApiDocument, memberOf, objectOf, textOf, textsIn } from './document.ts'
import { type Draft, fit } from './fit.ts'
import { toolNames } from './names.ts'
import { type ApiOperation, type ApiParameter, placeOf } from './operation.ts'
import { readOpenApi } from './read-openapi.ts'
import { readSwagger } from './read-swagger.ts'
import { describe, type Detail } from './schema.ts'
import { SchemaBook, type Translated } from './schema-book.ts'
import { otherServer, serversOf } from './servers.ts'

export const usualOptions: CompileOptions = {
  tool_bytes: 32_768,
  include: { operations: [], tags: [], methods: [] },
  exclude: { operations: [], tags: [], methods: [] },
}

/** Operations of one description; more than any API we know has. */
const operations_max = 10_000
const title_chars_max = 120
const description_chars_max = 2048

/** Never throws. A document that describes no API has no tools and one reason. */
export function compileApi(document: JsonObject, options: CompileOptions): CompiledApi {
  const doc = new ApiDocument(document)
  const info = objectOf(document, 'info')
  const [title, version] = [textOf(info, 'title') ?? 'API', textOf(info, 'version') ?? '']
  const about = { title, version, servers: serversOf(document) }
  const read = readerOf(document)
  if (read === null)
    return { ...about, tools: [], skipped: [{ operation: '*', reason: 'no Swagger 2.0, OpenAPI 3.0 or 3.1' }] }
  const operations = operationsOf(doc, read, options.origin).filter((operation) => isWanted(operation, options))
  const names = toolNames(operations)
  const book = new SchemaBook(doc)
  const isOurs = credentialsOf(doc)
  const tools: CompiledTool[] = []
  const skipped: { operation: string; reason: string }[] = []
  for (const [at, operation] of operations.entries()) {
    const beyond = at >= operations_max ? `more than ${operations_max} operations` : null
    const made = beyond ?? toolOf(operation, names[at] ?? '', { doc, book, isOurs, options })
    if (typeof made === 'string') skipped.push({ operation: placeOf(operation), reason: made })
    else tools.push(made)
  }
  return { ...about, tools, skipped }
}

type Reader = typeof readOpenApi

function readerOf(document: JsonObject): Reader | null {
  if (document['swagger'] === '2.0' || document['swagger'] === 2) return readSwagger
  return /^3\.\d/.test(textOf(document, 'openapi') ?? '') ? readOpenApi : null
}

function operationsOf(doc: ApiDocument, read: Reader, origin: string | undefined): readonly ApiOperation[] {
  const origins = serversOf(doc.root).map((url) => new URL(url).origin)
  const known = new Set(origin === undefined || origins.length === 0 ? origins : [...origins, origin])
  return Object.entries(objectOf(doc.root, 'paths') ?? {}).flatMap(([path, written]) => {
    const pathItem = doc.valueOf(written)
    return apiMethods.flatMap((method): readonly ApiOperation[] => {
      const operation = memberOf(pathItem, method.toLowerCase())
      if (!isJsonObject(operation)) return []
      const raw = read(doc, pathItem, operation)
      const other = otherServer(known, pathItem, operation)
      const problem = raw.problem ?? wrongPath(path) ?? (other === null ? null : `it is at another server: ${other}`)
      return [{ ...wordsOf(operation), ...raw, problem, method, path }]
    })
  })
}

function wordsOf(operation: JsonObject): Pick<ApiOperation, 'id' | 'summary' | 'description' | 'tags' | 'deprecated'> {
  return {
    id: textOf(operation, 'operationId'),
    summary: (textOf(operation, 'summary') ?? '').trim(),
    description: (textOf(operation, 'description') ?? '').trim(),
    tags: textsIn(operation['tags']),
    deprecated: operation['deprecated'] === true,
  }
}

function isWanted(operation: ApiOperation, { include, exclude }: CompileOptions): boolean {
  const isOpen = [include.operations, include.tags, include.methods].every((names) => names.length === 0)
  return (isOpen || isNamed(operation, include)) && !isNamed(operation, exclude)
}

function isNamed(
  { id, method, path, tags }: ApiOperation,
  { operations, tags: named, methods }: OperationFilter,
): boolean {
  const is = id !== null && operations.includes(id)
  return (
    is ||
    operations.includes(`${method} ${path}`) ||
    methods.includes(method) ||
    tags.some((tag) => named.includes(tag))
  )
}

interface Shop {
  readonly doc: ApiDocument
  readonly book: SchemaBook
  readonly options: CompileOptions
  isOurs(parameter: ApiParameter): boolean
}

function toolOf(operation: ApiOperation, name: string, { doc, book, isOurs, options }: Shop): CompiledTool | string {
  if (operation.problem !== null) return operation.problem
  const layout = layOut(doc, operation, isOurs)
  if (typeof layout === 'string') return layout
  const unknown = missingIn(operation.path, layout)
  if (unknown !== null) return unknown
  const output = outputOf(operation, doc)
  const draft: Draft = {
    name,
    head: { title: titleOf(operation), annotations: annotationsOf(operation) },
    description: (detail) => sentence(operation, detail),
    input: (detail) => inputOf(layout.arguments, book, detail),
    output: output.schema === null ? null : book.translate(output.schema, 'out', 'brief'),
  }
  const fitted = fit(draft, book, options.tool_bytes)
  if (typeof fitted === 'string') return fitted
  const unlisted = unlistable(fitted.definition)
  if (unlisted !== null) return unlisted
  const { method, path } = operation
  const { parameters, body } = layout
  const plan: OperationPlan = { method, path, parameters, body, output: output.kind, promises: fitted.promises }
  return { definition: fitted.definition, plan }
}

function wrongPath(path: string): string | null {
  if (!path.startsWith('/')) return 'a path that does not begin with a slash'
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? 'a path that climbs' : null
}

/** Messages are neither that deep nor hold such a member: one of them would take the whole list along. */
const json_depth_max = 56

function unlistable(definition: JsonObject): string | null {
  if (JSON.stringify(definition).includes('"__proto__":')) return 'a member that is called __proto__'
  return depthOf(definition) > json_depth_max ? `a schema that is nested deeper than ${json_depth_max}` : null
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce<number>((deepest, each) => Math.max(deepest, depthOf(each)), 0)
}

/** A path with a hole that no argument fills would be sent with the hole in it. */
function missingIn(path: string, { parameters }: Layout): string | null {
  const holes = [...path.matchAll(/\{([^{}]*)\}/g)].map((found) => found[1] ?? '')
  const missing = holes.find((hole) => !parameters.some(({ in: place, name }) => place === 'path' && name === hole))
  return missing === undefined ? null : `no parameter for {${missing}} in its path`
}

/** Structured content is an object in every revision: anything else is put into one. */
function outputOf(
  { answer }: ApiOperation,
  doc: ApiDocument,
): { readonly kind: OperationPlan['output']; readonly schema: JsonObject | null } {
  if (!isJsonObject(answer.schema)) return { kind: 'wrapped', schema: null }
  const held = doc.valueOf(answer.schema)
  const isObject = memberOf(held, 'type') === 'object' && memberOf(held, 'nullable') !== true
  if (isObject) return { kind: 'object', schema: { type: 'object', allOf: [answer.schema] } }
  return { kind: 'wrapped', schema: { type: 'object', properties: { result: answer.schema } } }
}

function inputOf(all: readonly Argument[], book: SchemaBook, detail: Detail): Translated {
  const groups = new Map<string, Argument[]>()
  for (const each of all.filter(({ at }) => at.length === 2)) {
    const group = each.at[0] ?? ''
    groups.set(group, [...(groups.get(group) ?? []), each])
  }
  const parts: Translated[] = []
  const objectOfAll = (some: readonly Argument[]): JsonObject => {
    const properties = some.map((each) => {
      const made = book.translate(each.schema, 'in', detail)
      parts.push(made)
      return [each.at.at(-1) ?? '', said(made.schema, describe(each.description.trim(), detail))] as const
    })
    const required = some.filter((each) => each.required).map(({ at }) => at.at(-1) ?? '')
    return objectSchema(properties, required)
  }
  const grouped = [...groups].map(([name, some]) => [name, objectOfAll(some)] as const)
  const needed = [...groups].filter(([, some]) => some.some(({ required }) => required)).map(([name]) => name)
  const own = objectOfAll(all.filter(({ at }) => at.length === 1))
  const properties = [...grouped, ...Object.entries(objectOf(own, 'properties') ?? {})] as const
  const schema = objectSchema(properties, [...needed, ...textsIn(own['required'])])
  return {
    schema,
    refs: [...new Set(parts.flatMap(({ refs }) => refs))],
    problems: parts.flatMap(({ problems }) => problems),
  }
}

function objectSchema(properties: readonly (readonly [string, unknown])[], required: readonly string[]): JsonObject {
  const needed = required.length === 0 ? {} : { required }
  return { type: 'object', properties: Object.fromEntries(properties), ...needed, additionalProperties: false }
}

/** What is said of a parameter is nearer to its use than what is said of its type. */
function said(schema: JsonObject | boolean, description: string | null): JsonObject | boolean {
  if (description === null) return schema
  return isJsonObject(schema) ? { ...schema, description } : { description }
}

function titleOf({ id, summary, method, path }: ApiOperation): string {
  const title = summary === '' ? (id ?? `${method} ${path}`) : summary
  return title.slice(0, title_chars_max).toWellFormed()
}

function sentence({ summary, description, method, path, deprecated }: ApiOperation, detail: Detail): string {
  const both = description.startsWith(summary)
    ? description
    : [summary, description].filter((each) => each !== '').join('\n\n')
  const text = (deprecated ? 'Deprecated. ' : '') + (both === '' ? `${method} ${path}` : both)
  return text.slice(0, detail === 'full' ? description_chars_max : description_chars_max / 8).toWellFormed()
}

/** Nothing is said of POST and PATCH, so that clients take them for what they may be. */
function annotationsOf({ method }: ApiOperation): JsonObject {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  return {
    readOnlyHint: reads,
    ...(method === 'DELETE' ? { destructiveHint: true } : {}),
    ...(reads || method === 'PUT' || method === 'DELETE' ? { idempotentHint: true } : {}),
    openWorldHint: true,
  }
}
