/**
 * The result of a call, out of the answer of an API. JSON crosses byte for byte as structured content; what the API
 * refuses is an error for the model and not for the protocol.
 */
import { isJsonObject } from '../../base/json.ts'
import type { OperationPlan } from './contract.ts'
import { isJson } from './media.ts'
import { hintOf, nextPage } from './next-page.ts'

export interface ApiAnswered {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

export interface ResultMaximums {
  /** Of the body of an answer that is an error; the rest is cut. */
  readonly error_chars: number
  /** Of bytes that are no text; more is not handed on. */
  readonly blob_bytes: number
}

/** Members of `_meta`. */
const httpMeta = 'dev.weir/http'
const nextMeta = 'dev.weir/next'

/** What of an answer's head a model or its client may want to know. */
const told = ['location', 'etag', 'last-modified', 'retry-after', 'x-request-id'] as const
const told_chars_max = 1024

interface Made {
  readonly content: readonly object[]
  /** JSON text. */
  readonly structured: Buffer | null
  readonly isError: boolean
  readonly next: object | null
}

/**
 * The object of the result as JSON text. `uri` names what was asked for, where bytes are given back as a resource;
 * `isJsonText` says whether bytes are JSON that may be put into JSON as they are.
 */
export function resultOf(
  plan: OperationPlan,
  answer: ApiAnswered,
  maximums: ResultMaximums,
  { uri, isJsonText }: { readonly uri: string; isJsonText(bytes: Buffer): boolean },
): Buffer {
  const made = isGood(answer.status) ? goodOf(plan, answer, { maximums, uri, isJsonText }) : badOf(answer, maximums)
  const heads = told.flatMap((name) => {
    const value = answer.headers[name]
    return value === undefined ? [] : [[name, value.slice(0, told_chars_max).toWellFormed()] as const]
  })
  const http = { status: answer.status, ...Object.fromEntries(heads) }
  const meta = { [httpMeta]: http, ...(made.next === null ? {} : { [nextMeta]: made.next }) }
  const members = [
    `"resultType":"complete","content":${JSON.stringify(made.content)}`,
    ...(made.isError ? ['"isError":true'] : []),
    `"_meta":${JSON.stringify(meta)}`,
  ]
  const structured = made.structured === null ? [] : [Buffer.from(',"structuredContent":'), made.structured]
  return Buffer.concat([Buffer.from(`{${members.join(',')}`), ...structured, Buffer.from('}')])
}

/** Nothing new is a good answer to whoever asked for what is new. */
function isGood(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304
}

function text(said: string): object {
  return { type: 'text', text: said.toWellFormed() }
}

function badOf({ status, headers, body }: ApiAnswered, { error_chars }: ResultMaximums): Made {
  const isText = isTextual(headers['content-type'] ?? 'text/plain')
  // Four bytes a character at most, and one more to see that something was cut.
  const said = isText ? body.subarray(0, 4 * error_chars + 4).toString('utf8') : ''
  const cut = said.length > error_chars || body.length > 4 * error_chars + 4
  const where = status >= 300 && status < 400 ? ' It points elsewhere, and is not followed.' : ''
  const head = `HTTP ${status}.${where}`
  const rest = said === '' ? '' : `\n${said.slice(0, error_chars)}${cut ? '…' : ''}`
  return { content: [text(head + rest)], structured: null, isError: true, next: null }
}

interface Ways {
  readonly maximums: ResultMaximums
  readonly uri: string
  isJsonText(bytes: Buffer): boolean
}

function goodOf(plan: OperationPlan, answer: ApiAnswered, { maximums, uri, isJsonText }: Ways): Made {
  const { status, headers, body } = answer
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (body.length === 0) return plainly(plan, `HTTP ${status}: done, and nothing is said.`, null)
  // Many APIs do not say what they answer, and some say it wrongly.
  const mayBeJson = isJson(type) || type === '' || type === 'text/plain'
  if (mayBeJson && isJsonText(body)) return jsonOf(plan, answer)
  if (type === '' || isTextual(type)) {
    const said = decoded(headers['content-type'] ?? '', body)
    return plainly(plan, said, said)
  }
  if (body.length > maximums.blob_bytes) {
    const why = `HTTP ${status}: ${body.length} bytes of ${type}, more than the ${maximums.blob_bytes} that are handed on.`
    return { content: [text(why)], structured: null, isError: true, next: null }
  }
  const made = plainly(plan, `HTTP ${status}: ${body.length} bytes of ${type}.`, null)
  return { ...made, content: [blobOf(type, body, uri)] }
}

function blobOf(mimeType: string, body: Buffer, uri: string): object {
  const data = body.toString('base64')
  const kind = mimeType.slice(0, 6)
  if (kind === 'image/' || kind === 'audio/') return { type: kind.slice(0, -1), data, mimeType }
  return { type: 'resource', resource: { uri, mimeType, blob: data } }
}

/** Where a definition promises structured content there is some, because clients refuse an answer without it. */
function plainly({ promises, output }: OperationPlan, said: string, value: string | null): Made {
  const empty = output === 'object' ? {} : value === null ? {} : { result: value.toWellFormed() }
  const structured = promises ? Buffer.from(JSON.stringify(empty)) : null
  return { content: [text(said)], structured, isError: false, next: null }
}

function jsonOf(plan: OperationPlan, { headers, body }: ApiAnswered): Made {
  const value = JSON.parse(body.toString('utf8')) as unknown
  const isWhole = plan.output === 'object' || !plan.promises
  const isObject = isWhole && isJsonObject(value)
  const structured = isObject ? body : Buffer.concat([Buffer.from('{"result":'), body, Buffer.from('}')])
  const next = nextPage(plan, headers['link'], value)
  const hint = next === null ? [] : [text(hintOf(next))]
  const shown = next === null ? null : { said: next.said.toWellFormed(), arguments: next.args }
  return { content: [text(body.toString('utf8')), ...hint], structured, isError: false, next: shown }
}

function isTextual(type: string): boolean {
  return /^text\/|[/+](?:json|xml|yaml)\b|^application\/(?:javascript|x-ndjson|jsonl|x-yaml|graphql|sql|x-www-form-urlencoded)/i.test(
    type,
  )
}

function decoded(type: string, body: Buffer): string {
  const isLatin = /charset\s*=\s*"?(?:iso-8859-1|latin1|us-ascii)/i.test(type)
  return body.toString(isLatin ? 'latin1' : 'utf8')
}
