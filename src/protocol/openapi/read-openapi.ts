/** Operations of OpenAPI 3.0 and 3.1. */
import { isJsonObject } from '../../base/json.ts'
import type { Manner, ParameterPlace, Style } from './contract.ts'
import { type ApiDocument, listOf, memberOf, objectOf, textOf } from './document.ts'
import { isJson } from './media.ts'
import type { ApiAnswer, ApiBody, ApiMedia, ApiParameter } from './operation.ts'

export type Raw = Pick<
  { parameters: readonly ApiParameter[]; body: ApiBody | null; answer: ApiAnswer; problem: string | null },
  'parameters' | 'body' | 'answer' | 'problem'
>

export const places: ReadonlySet<unknown> = new Set(['path', 'query', 'header', 'cookie'])

/** Those of an operation win over those of its path. */
export function mergedParameters(doc: ApiDocument, pathItem: unknown, operation: unknown): readonly unknown[] | string {
  const byKey = new Map<string, unknown>()
  for (const written of [...listOf(pathItem, 'parameters'), ...listOf(operation, 'parameters')]) {
    const found = doc.follow(written)
    if (found.kind === 'lost') return found.reason
    byKey.set(`${String(memberOf(found.value, 'in'))} ${String(memberOf(found.value, 'name'))}`, found.value)
  }
  return [...byKey.values()]
}

export function readOpenApi(doc: ApiDocument, pathItem: unknown, operation: unknown): Raw {
  const none = { parameters: [], body: null, answer: { schema: undefined } }
  const merged = mergedParameters(doc, pathItem, operation)
  if (typeof merged === 'string') return { ...none, problem: merged }
  const parameters: ApiParameter[] = []
  for (const written of merged) {
    const parameter = readParameter(written)
    if (typeof parameter === 'string') return { ...none, problem: parameter }
    parameters.push(parameter)
  }
  const body = readBody(doc, memberOf(operation, 'requestBody'))
  if (typeof body === 'string') return { ...none, problem: body }
  return { parameters, body, answer: readAnswer(doc, operation), problem: null }
}

const usualStyle: Readonly<Record<ParameterPlace, Style>> = {
  path: 'simple',
  query: 'form',
  header: 'simple',
  cookie: 'form',
}

const fitting: Readonly<Record<ParameterPlace, ReadonlySet<string>>> = {
  path: new Set(['simple', 'label', 'matrix']),
  query: new Set(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']),
  header: new Set(['simple']),
  cookie: new Set(['form']),
}

function readParameter(written: unknown): ApiParameter | string {
  const name = textOf(written, 'name')
  const place = textOf(written, 'in')
  if (name === null || name === '' || !places.has(place)) return 'a parameter without a name or a place'
  const where = place as ParameterPlace
  const [content] = Object.entries(objectOf(written, 'content') ?? {})
  const manner = mannerOf(written, where)
  return {
    name,
    in: where,
    required: where === 'path' || memberOf(written, 'required') === true,
    description: textOf(written, 'description') ?? '',
    schema: content ? memberOf(content[1], 'schema') : memberOf(written, 'schema'),
    content: content ? content[0] : null,
    ...manner,
  }
}

/** A style that has no meaning in its place is not followed, like every other unknown word. */
function mannerOf(written: unknown, place: ParameterPlace): Manner {
  const said = textOf(written, 'style')
  const style = said !== null && fitting[place].has(said) ? (said as Style) : usualStyle[place]
  const explode = memberOf(written, 'explode')
  return {
    style,
    explode: typeof explode === 'boolean' ? explode : style === 'form',
    allowReserved: place === 'query' && memberOf(written, 'allowReserved') === true,
  }
}

/** What an Encoding Object says of how a member is written; null where it leaves that to the media type. */
export function mannerOfEncoding(encoding: unknown): Manner | null {
  const says = ['style', 'explode', 'allowReserved'].some((name) => memberOf(encoding, name) !== undefined)
  return says ? mannerOf(encoding, 'query') : null
}

function readBody(doc: ApiDocument, written: unknown): ApiBody | null | string {
  if (written === undefined) return null
  const found = doc.follow(written)
  if (found.kind === 'lost') return found.reason
  const media = Object.entries(objectOf(found.value, 'content') ?? {}).map(([type, value]): ApiMedia => {
    const held = doc.valueOf(value)
    return { type, schema: memberOf(held, 'schema'), encoding: objectOf(held, 'encoding') ?? {} }
  })
  if (media.length === 0) return null
  return {
    required: memberOf(found.value, 'required') === true,
    description: textOf(found.value, 'description') ?? '',
    media,
  }
}

/** Good answers by their status, the plain ones first. */
export function goodStatuses(responses: unknown): readonly string[] {
  const statuses = isJsonObject(responses) ? Object.keys(responses) : []
  return statuses.filter((status) => /^2(?:\d\d|XX)$/i.test(status)).toSorted()
}

function readAnswer(doc: ApiDocument, operation: unknown): ApiAnswer {
  const responses = memberOf(operation, 'responses')
  const statuses = goodStatuses(responses)
  const used = statuses.length > 0 ? statuses : ['default']
  const contents = used.map((status) => objectOf(doc.valueOf(memberOf(responses, status)), 'content') ?? {})
  // Where there is a choice, JSON is what is asked for.
  const json = contents.map((content) => Object.keys(content).find(isJson))
  if (contents.some((content, at) => json[at] === undefined && Object.keys(content).length > 0))
    return { schema: undefined }
  const [first] = contents.flatMap((content, at) => (json[at] === undefined ? [] : [doc.valueOf(content[json[at]])]))
  return { schema: memberOf(first, 'schema') }
}
