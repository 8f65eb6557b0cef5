/**
 * The parts of an agent's answer as the one text that clients of a model read: text as it is, data as JSON in a fence, a
 * file as a link in Markdown. Bytes do not become text: a line stands for them, and who wants them speaks A2A.
 */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { textOf } from '../a2a/translate/members.ts'

/** Text put together so far, and what it ends with. */
export interface Joined {
  readonly text: string
  readonly last: 'nothing' | 'text' | 'block'
}

export const nothingJoined: Joined = { text: '', last: 'nothing' }

/** What stands between two things that do not belong together. */
export const paragraph = '\n\n'

/**
 * Adds parts; `added` is what that adds to the text. Texts that follow each other are put together by `between`: chunks of
 * one text by nothing. Costs what is added and not what was there: an answer may come a word at a time.
 */
export function joinParts(
  before: Joined,
  parts: readonly JsonObject[],
  between = '',
): Joined & { readonly added: string } {
  let { last } = before
  let added = ''
  for (const part of parts) {
    const said = typeof part['text'] === 'string' ? part['text'] : null
    const piece = said ?? blockOf(part)
    if (piece === '') continue
    const next = said === null ? 'block' : 'text'
    const glue = last === 'text' && next === 'text' ? between : paragraph
    added += last === 'nothing' ? piece : glue + piece
    last = next
  }
  return { text: before.text + added, last, added }
}

function blockOf(part: JsonObject): string {
  const { data, url, raw } = part
  if (typeof url === 'string') return linkTo(url, part)
  if (typeof raw === 'string') return `(${describe(part)}, ${bytesIn(raw)} bytes, is not shown here)`
  return data === undefined ? '' : fenced(JSON.stringify(data, null, 2))
}

/** The fence is longer than any in the text. */
function fenced(text: string): string {
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  const fence = '`'.repeat(longest + 1)
  return `${fence}json\n${text}\n${fence}`
}

/** Only what a browser fetches becomes a link. */
function linkTo(url: string, part: JsonObject): string {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return `(${describe(part)} is not shown here)`
  const href = parsed.href.replace(/[()]/g, (one) => (one === '(' ? '%28' : '%29'))
  const name = oneLine(textOf(part['filename']) ?? parsed.pathname.split('/').at(-1) ?? '')
  const isImage = textOf(part['mediaType'])?.startsWith('image/') === true
  return `${isImage ? '!' : ''}[${name === '' ? 'file' : name}](${href})`
}

/** `file report.pdf of application/pdf`, as far as it is said. */
function describe(part: JsonObject): string {
  const [name, type] = [oneLine(textOf(part['filename']) ?? ''), oneLine(textOf(part['mediaType']) ?? '')]
  return `file${name === '' ? '' : ` ${name}`}${type === '' ? '' : ` of ${type}`}`
}

const nameMax_chars = 200

function oneLine(text: string): string {
  return text
    .replace(/[[\]()\\`\p{Cc}]+/gu, ' ')
    .slice(0, nameMax_chars)
    .toWellFormed()
    .trim()
}

function bytesIn(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}

/** The whole text of a message; texts in it are paragraphs of their own. */
export function textOfMessage(message: unknown): string {
  const parts: readonly unknown[] = isJsonObject(message) && Array.isArray(message['parts']) ? message['parts'] : []
  return joinParts(nothingJoined, parts.filter(isJsonObject), '\n').text
}
