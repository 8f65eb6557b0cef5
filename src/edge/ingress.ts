/**
 * The one strict reading of a request head, the same for both engines. Parsers in front of us and below us differ
 * in what they forgive, and every difference is a way to smuggle a request or to be routed around a rule; so
 * whatever has more than one reading is refused, and the connection it came on is closed.
 */

import type { HeaderMap } from '../protocol/http.ts'
import { refusal, type Refusal } from './refusals.ts'

/** A request head as it stood on the wire. */
export interface RequestHead {
  readonly method: string
  /** Everything before the first question mark, undecoded. */
  readonly path: string
  /** Without the question mark; '' if there is none. */
  readonly query: string
  /** Name, value, name, value, in the order of arrival, duplicates included. */
  readonly fields: readonly string[]
}

/** Sizes in bytes. */
export interface IngressLimits {
  readonly header_bytes: number
  readonly body_bytes: number
  /** Paths below which bodies may be of another size: pictures and long conversations are for models. Absent for none. */
  readonly bodies_below?: { readonly prefix: string; readonly body_bytes: number }
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly headers: HeaderMap
  /** Bytes of the body; 0 if there is none, null if it is chunked and its length is not known yet. */
  readonly contentLength: number | null
  /** The most it may have. */
  readonly body_bytes: number
}

/** More header fields than any client of ours sends; both parsers carry at least as many. */
export const fields_max = 100

const methodForm = /^[A-Z][A-Z-]{0,31}$/
/** RFC 9110 section 5.6.2, token. */
const nameForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110 section 5.5 without obs-text: the two engines would decode other bytes differently. */
const valueForm = /^[\t\x20-\x7e]*$/
const hostForm = /^[A-Za-z0-9._~[\]:-]+$/
const lengthForm = /^[0-9]+$/
/** RFC 3986 section 3.3 without `;`, whose parameters some routers strip and others keep. */
const pathForm = /^\/[A-Za-z0-9._~!$&'()*+,=:@%/-]*$/
/** An empty, `.` or `..` segment; a single slash at the end is a segment of its own and stands. */
const crookedSegment = /\/\/|\/\.{1,2}(?:\/|$)/
/**
 * Escapes with one spelling: upper-case hexadecimal (RFC 3986 section 6.2.2.1) of a character that needs it. Not
 * unreserved characters, controls, `%`, `/`, `;` or the backslash: somebody behind us would see another path.
 */
const escapeForm = /^(?:2[0-46-9A-C]|3[AC-F]|40|5[BDE]|60|7[B-D]|[89A-F][0-9A-F])/
const queryForm = /^[!$-~]*$/

/** Headers that may occur once; the rest are lists (RFC 9110 section 5.3) and are joined. */
const singletons: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'txn-token',
  'dpop',
  'x-api-key',
  'api-key',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'content-location',
  'transfer-encoding',
  'expect',
  'from',
  'origin',
  'range',
  'referer',
  'user-agent',
  'date',
  'max-forwards',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'traceparent',
  'idempotency-key',
  'last-event-id',
  'a2a-version',
  'mcp-session-id',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
])

/** Our own headers are all singletons. */
const ourPrefix = 'weir-'

/** Reads a request head, or says why it is refused. */
export function readHead(head: RequestHead, limits: IngressLimits): Admitted | Refusal {
  if (!methodForm.test(head.method)) return refusal('method_invalid')
  if (!isCanonicalPath(head.path)) return refusal('path_not_canonical')
  if (!queryForm.test(head.query)) return refusal('query_invalid')
  const headers = readFields(head, limits.header_bytes)
  if ('kind' in headers) return headers
  if (!hostForm.test(headers.get('host') ?? '')) return refusal('host_invalid')
  if (headers.has('content-encoding')) return refusal('encoding_unsupported')
  if ((headers.get('expect') ?? '100-continue') !== '100-continue') return refusal('expectation_unknown')
  return readFraming(headers, bodyMaxAt(head.path, limits))
}

function bodyMaxAt(path: string, { body_bytes, bodies_below }: IngressLimits): number {
  return bodies_below && path.startsWith(bodies_below.prefix) ? bodies_below.body_bytes : body_bytes
}

/** RFC 9112 section 6: how long the body is, if there is exactly one way to tell. */
function readFraming(headers: HeaderMap, body_bytes: number): Admitted | Refusal {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (coding !== undefined) {
    if (length !== undefined) return refusal('framing_ambiguous')
    return coding === 'chunked'
      ? { kind: 'admitted', headers, contentLength: null, body_bytes }
      : refusal('transfer_encoding_invalid')
  }
  if (length === undefined) return { kind: 'admitted', headers, contentLength: 0, body_bytes }
  if (!lengthForm.test(length)) return refusal('content_length_invalid')
  return Number(length) > body_bytes
    ? refusal('body_too_large')
    : { kind: 'admitted', headers, contentLength: Number(length), body_bytes }
}

function readFields(head: RequestHead, header_bytes: number): Map<string, string> | Refusal {
  const { fields } = head
  if (fields.length > fields_max * 2) return refusal('headers_too_many')
  // Request line: two spaces, `HTTP/1.1` and CRLF; then CRLF at the end of the block.
  let bytes = head.method.length + head.path.length + head.query.length + 14
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const rawName = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    bytes += rawName.length + value.length + 4
    if (bytes > header_bytes) return refusal('headers_too_large')
    if (!nameForm.test(rawName) || !valueForm.test(value)) return refusal('header_invalid')
    const name = rawName.toLowerCase()
    const before = headers.get(name)
    if (before === undefined) headers.set(name, value)
    else if (singletons.has(name) || name.startsWith(ourPrefix)) return refusal('header_repeated')
    else headers.set(name, `${before}, ${value}`)
  }
  return bytes > header_bytes ? refusal('headers_too_large') : headers
}

function isCanonicalPath(path: string): boolean {
  if (!pathForm.test(path) || crookedSegment.test(path)) return false
  return !path.includes('%') || escapesAreCanonical(path)
}

/** Every escape has one spelling, and together they are UTF-8. */
function escapesAreCanonical(path: string): boolean {
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 1)) {
    if (!escapeForm.test(path.slice(at + 1, at + 3))) return false
  }
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}
