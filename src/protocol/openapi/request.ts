/**
 * The request that a call of a tool becomes. Arguments fill holes and nothing else: whatever they say, host, scheme and the
 * number of segments of the path are those of the plan, and a header is one header.
 */
import type { JsonObject } from '../../base/json.ts'
import type { HeaderList } from '../http.ts'
import { type WrittenBody, writeBody } from './body.ts'
import type { BodyPlan, MediaPlan, OperationPlan, ParameterPlan } from './contract.ts'
import { memberOf } from './document.ts'
import { isJson } from './media.ts'
import { cookiePairs, encode, headerText, pathText, plainText, queryPairs } from './serialize.ts'

export interface ApiRequest {
  readonly method: OperationPlan['method']
  /** With its query; below the base of the API. */
  readonly path: string
  /** Lower case, `content-type` among them where there is a body. */
  readonly headers: HeaderList
  readonly body: Uint8Array | null
}

/** What servers take at least. */
const path_chars_max = 16_384
const accept = 'application/json, text/plain;q=0.9, */*;q=0.8'

/** A sentence for the model where the arguments are not those of the tool. */
export function requestOf(plan: OperationPlan, args: JsonObject): ApiRequest | string {
  const of = (place: ParameterPlan['in']): readonly ParameterPlan[] =>
    plan.parameters.filter((each) => each.in === place)
  const missing = plan.parameters.find((each) => each.required && isAbsent(valueAt(args, each.argument)))
  if (missing) return `The argument ${missing.argument.join('.')} is missing.`
  const path = pathOf(plan.path, of('path'), args)
  if (!path.startsWith('/')) return path
  const pairs = of('query').flatMap((each) => queryOf(each, valueAt(args, each.argument)))
  const [plain, fixed] = split(path)
  const query = [...(fixed === undefined ? [] : [fixed]), ...pairs].join('&')
  const target = query === '' ? plain : `${plain}?${query}`
  if (target.length > path_chars_max) return `The arguments make a URL of more than ${path_chars_max} characters.`
  const headers = headersOf(of('header'), of('cookie'), args)
  if (typeof headers === 'string') return headers
  const body = plan.body === null ? null : bodyOf(plan.body, args)
  if (typeof body === 'string') return body
  const typed = body === null ? [] : [['content-type', body.contentType] as const]
  return { method: plan.method, path: target, headers: [...headers, ...typed], body: body?.bytes ?? null }
}

function valueAt(args: JsonObject, path: readonly string[]): unknown {
  return path.reduce<unknown>(memberOf, args)
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** Some descriptions put a fixed query behind a path; a fragment is never sent. */
function split(path: string): readonly [string, string?] {
  const at = path.indexOf('?')
  return at === -1 ? [path] : [path.slice(0, at), path.slice(at + 1)]
}

function pathOf(template: string, parameters: readonly ParameterPlan[], args: JsonObject): string {
  const [fixed, query] = split(template.replace(/#.*$/s, ''))
  const segments: string[] = []
  for (const segment of fixed.split('/').slice(1)) {
    const holes = parameters.filter(({ name }) => segment.includes(`{${name}}`))
    const filled = filledSegment(segment, holes, args)
    if (filled === null)
      return sentence(holes, 'is a name in a path and cannot be empty, a dot, or a way to another place')
    segments.push(filled)
  }
  const path = `/${segments.join('/')}`
  return query === undefined ? path : `${path}?${literal(query)}`
}

function sentence(holes: readonly ParameterPlan[], what: string): string {
  return `The argument ${holes.map(({ argument }) => argument.join('.')).join(', ')} ${what}.`
}

/** Null where it would not be exactly one segment for whoever reads it, escapes undone. */
function filledSegment(segment: string, holes: readonly ParameterPlan[], args: JsonObject): string | null {
  if (holes.length === 0) return literal(segment)
  let isFilled = true
  const filled = segment
    .split(/(\{[^{}]*\})/)
    .map((piece) => {
      const hole = holes.find(({ name }) => piece === `{${name}}`)
      if (!hole) return literal(piece)
      const value = valueAt(args, hole.argument)
      const text = hole.content === null ? pathText(hole.name, value, hole) : encode(contentText(hole.content, value))
      isFilled &&= text !== null && !leaves(unescaped(text))
      return text ?? ''
    })
    .join('')
  return isFilled && filled !== '' && !leaves(unescaped(filled)) ? filled : null
}

/** Servers that undo escapes too early would climb with it: a dot segment between slashes of either kind, or a NUL. */
function leaves(text: string): boolean {
  return text.includes('\0') || text.split(/[/\\]/).some((part) => part.trim() === '.' || part.trim() === '..')
}

/** What the description writes itself may hold escapes that are no UTF-8. */
function unescaped(text: string): string {
  return text.replaceAll(/(?:%[0-9A-F]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
}

/** What the description says itself, with escapes for what cannot stand in a request line. */
function literal(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll(/%25([0-9A-F]{2})/gi, '%$1')
}

function queryOf(parameter: ParameterPlan, value: unknown): readonly string[] {
  if (isAbsent(value)) return []
  const { name, content } = parameter
  return content === null
    ? queryPairs(name, value, parameter)
    : [`${encode(name)}=${encode(contentText(content, value))}`]
}

/** A parameter with `content` is written in its media type. */
function contentText(type: string, value: unknown): string {
  return isJson(type) ? JSON.stringify(value).toWellFormed() : plainText(value)
}

const token = /^[\w!#$%&'*+.^`|~-]+$/
/** Visible characters, spaces and tabs of Latin-1; so no line ends in it. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/

function headersOf(
  headers: readonly ParameterPlan[],
  cookies: readonly ParameterPlan[],
  args: JsonObject,
): HeaderList | string {
  const written: [string, string][] = [['accept', accept]]
  for (const { name, argument, explode, content } of headers) {
    const value = valueAt(args, argument)
    if (isAbsent(value)) continue
    const text = content === null ? headerText(value, explode) : contentText(content, value)
    if (!token.test(name) || text === null || !fieldValue.test(text))
      return `The argument ${argument.join('.')} cannot be the value of a header.`
    written.push([name.toLowerCase(), text])
  }
  const pairs = cookies.flatMap(({ name, argument, explode, content }) => {
    const value = valueAt(args, argument)
    if (isAbsent(value)) return []
    return content === null
      ? cookiePairs(name, value, explode)
      : [`${encode(name)}=${encode(contentText(content, value))}`]
  })
  return pairs.length === 0 ? written : [...written, ['cookie', pairs.join('; ')]]
}

function bodyOf(plan: BodyPlan, args: JsonObject): WrittenBody | null | string {
  const media = mediaOf(plan, args)
  if (typeof media === 'string') return media
  const value = plan.argument === null ? membersOf(plan, args) : valueAt(args, plan.argument)
  if (value === undefined || (value === null && media.form !== 'json'))
    return plan.required ? `The argument ${(plan.argument ?? []).join('.')} is missing.` : null
  const written = writeBody(media, value)
  return typeof written === 'string' ? `It cannot be sent: ${written}.` : written
}

function mediaOf({ choice, media, required }: BodyPlan, args: JsonObject): MediaPlan | string {
  const [first] = media
  if (choice === null) return first ?? 'The body cannot be sent.'
  const chosen = valueAt(args, choice)
  if (chosen === undefined && !required) return first ?? 'The body cannot be sent.'
  const types = media.map(({ type }) => type)
  return media.find(({ type }) => type === chosen) ?? `The argument ${choice.join('.')} is one of ${types.join(', ')}.`
}

/** Members of an object that the arguments name; a null is a value. Undefined where there are none and need be none. */
function membersOf({ members, required }: BodyPlan, args: JsonObject): JsonObject | undefined {
  const given = members
    .map(({ name, argument }) => [name, valueAt(args, argument)] as const)
    .filter(([, value]) => value !== undefined)
  return given.length > 0 || required ? Object.fromEntries(given) : undefined
}
