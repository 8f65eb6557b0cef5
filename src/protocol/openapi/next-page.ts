/** Where an answer says that more follows: links in headers, cursors in bodies. It is told and never followed. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { OperationPlan } from './contract.ts'
import { memberOf } from './document.ts'

export interface NextPage {
  /** As the API says it: a URL, or a cursor. */
  readonly said: string
  /** Arguments with which the tool gives what follows, where they can be read from it. */
  readonly args: JsonObject | null
}

/** Members that hold a link to what follows, or a cursor; the first that is there counts. */
const members: readonly (readonly string[])[] = [
  ['next_page_uri'],
  ['next_page_url'],
  ['next_page_token'],
  ['nextPageToken'],
  ['next_cursor'],
  ['nextCursor'],
  ['next_marker'],
  ['next_page'],
  ['nextPage'],
  ['nextLink'],
  ['@odata.nextLink'],
  ['next'],
  ['links', 'next'],
  ['_links', 'next', 'href'],
  ['links', 'pages', 'next'],
  ['paging', 'next'],
  ['pagination', 'next'],
  ['pagination', 'next_cursor'],
  ['meta', 'next'],
  ['meta', 'next_cursor'],
  ['meta', 'next_page_url'],
  ['metadata', 'continue'],
  ['response_metadata', 'next_cursor'],
]

/** Arguments that cursors go into, by how they are usually called. */
const cursorArguments: readonly (readonly [RegExp, readonly string[]])[] = [
  [/continue$/, ['continue']],
  [/marker$/, ['marker']],
  [/token$/i, ['page_token', 'pageToken', 'next_page_token', 'nextPageToken']],
  [/cursor$/i, ['cursor', 'next_cursor', 'after']],
  [/./, ['cursor', 'page', 'page_token', 'after']],
]

const said_chars_max = 2048

export function nextPage(plan: OperationPlan, link: string | undefined, body: unknown): NextPage | null {
  const url = linkToNext(link ?? '')
  if (url !== null) return { said: url, args: argsOfUrl(plan, url) }
  for (const path of members) {
    const value = path.reduce<unknown>(memberOf, body)
    const said = typeof value === 'number' ? String(value) : value
    if (typeof said !== 'string' || said === '' || said.length > said_chars_max) continue
    const isUrl = /^(?:https?:\/)?\//.test(said)
    return { said, args: isUrl ? argsOfUrl(plan, said) : argsOfCursor(plan, path.at(-1) ?? '', said) }
  }
  return lastOne(plan, body)
}

/** `has_more` with the id of the last item, to be named as `after` or `starting_after`. */
function lastOne(plan: OperationPlan, body: unknown): NextPage | null {
  if (memberOf(body, 'has_more') !== true) return null
  const data = memberOf(body, 'data')
  const last: unknown = Array.isArray(data) ? data.at(-1) : null
  const id = memberOf(body, 'last_id') ?? memberOf(last, 'id')
  if (typeof id !== 'string') return null
  return { said: id, args: argument(plan, ['after', 'starting_after'], id) }
}

/** RFC 8288: `<url>; rel="next"`. */
function linkToNext(link: string): string | null {
  if (link.length > 16_384) return null
  for (const [, url = '', parameters = ''] of link.matchAll(/<([^<>]*)>((?:\s*;\s*[^,;"]*(?:"[^"]*")?)*)/g)) {
    if (/;\s*rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?\s*(?:;|$)/i.test(parameters))
      return url.slice(0, said_chars_max)
  }
  return null
}

function argsOfUrl(plan: OperationPlan, url: string): JsonObject | null {
  const parsed = URL.parse(url, 'http://api.invalid')
  if (!parsed) return null
  const found = plan.parameters
    .filter(({ in: place, name }) => place === 'query' && parsed.searchParams.has(name))
    .map(({ name, argument }) => [argument.join('.'), parsed.searchParams.get(name)] as const)
  return found.length === 0 ? null : Object.fromEntries(found)
}

function argsOfCursor(plan: OperationPlan, member: string, cursor: string): JsonObject | null {
  const names = cursorArguments.find(([pattern]) => pattern.test(member))?.[1] ?? []
  return argument(plan, [member, ...names], cursor)
}

function argument(plan: OperationPlan, names: readonly string[], value: string): JsonObject | null {
  for (const wanted of names) {
    const found = plan.parameters.find(({ in: place, name }) => place === 'query' && name === wanted)
    if (found) return { [found.argument.join('.')]: value }
  }
  return null
}

/** For the model, in one sentence. */
export function hintOf({ said, args }: NextPage): string {
  if (args === null) return `There is more: ${said}`
  const words = Object.entries(isJsonObject(args) ? args : {}).map(([name, value]) => `${name}=${String(value)}`)
  return `There is more: call again with ${words.join(', ')}.`
}
