/**
 * What the edge answers by itself, before or beside any decision: broken framing, sizes, slowness, overload, our
 * own bugs. One row per code; the answer is `application/problem+json` (RFC 9457) and never echoes the request.
 */

import type { HeaderList } from '../protocol/http.ts'

export type RefusalCode = keyof typeof rows

interface Row {
  readonly status: number
  readonly sentence: string
}

const rows = {
  method_invalid: { status: 400, sentence: 'The method is not an upper-case HTTP token.' },
  path_not_canonical: { status: 400, sentence: 'The path is not in its one canonical spelling.' },
  query_invalid: { status: 400, sentence: 'The query holds characters that must be percent-encoded.' },
  header_invalid: { status: 400, sentence: 'A header name is not a token or a value is not printable ASCII.' },
  header_repeated: { status: 400, sentence: 'A header that may occur once was sent more than once.' },
  host_invalid: { status: 400, sentence: 'The Host header is missing, empty or malformed.' },
  content_length_invalid: { status: 400, sentence: 'The Content-Length header is not one whole number.' },
  transfer_encoding_invalid: { status: 400, sentence: 'The only Transfer-Encoding accepted is: chunked.' },
  framing_ambiguous: { status: 400, sentence: 'Content-Length and Transfer-Encoding may not be sent together.' },
  malformed: { status: 400, sentence: 'The request is not well-formed HTTP/1.1.' },
  certificate_required: { status: 401, sentence: 'Show a client certificate of a CA this gateway trusts.' },
  certificate_expired: { status: 401, sentence: 'The client certificate is not valid at this time.' },
  body_too_slow: { status: 408, sentence: 'The request did not arrive in time.' },
  body_too_large: { status: 413, sentence: 'The request body is larger than this gateway accepts.' },
  encoding_unsupported: { status: 415, sentence: 'Request bodies must be sent without a Content-Encoding.' },
  expectation_unknown: { status: 417, sentence: 'The only Expect accepted is: 100-continue.' },
  headers_too_large: { status: 431, sentence: 'The request line and headers are larger than this gateway accepts.' },
  headers_too_many: { status: 431, sentence: 'The request has more headers than this gateway accepts.' },
  bug: { status: 500, sentence: 'The gateway failed. Report the id to its operator.' },
  busy: { status: 503, sentence: 'The gateway is busy. Retry after the time in Retry-After.' },
  version_unsupported: { status: 505, sentence: 'Only HTTP/1.1 is spoken here.' },
} as const satisfies Record<string, Row>

/** An answer of the edge itself, ready to be written. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly code: RefusalCode
  readonly status: number
  readonly headers: HeaderList
  readonly body: string
}

const problemHeaders: HeaderList = [
  ['content-type', 'application/problem+json'],
  ['cache-control', 'no-store'],
]

/** No scheme for certificates was ever registered; a 401 must name one (RFC 9110 section 15.5.2). */
const askForCertificate: HeaderList = [['www-authenticate', 'ClientCertificate realm="weir"']]

const extraHeaders: Readonly<Partial<Record<RefusalCode, HeaderList>>> = {
  busy: [['retry-after', '1']],
  certificate_required: askForCertificate,
  certificate_expired: askForCertificate,
}

/** The refusals without an id never differ, so each is built once: a flood of bad requests makes no garbage. */
const prepared = new Map<RefusalCode, Refusal>()

export function refusal(code: RefusalCode): Refusal {
  const known = prepared.get(code)
  if (known) return known
  const made = compose(code, {})
  prepared.set(code, made)
  return made
}

/** The 500 for a Bug; `id` is what the caller reports and the operator looks up. */
export function bugRefusal(id: string): Refusal {
  return compose('bug', { id })
}

function compose(code: RefusalCode, members: Readonly<Record<string, string>>): Refusal {
  const { status, sentence }: Row = rows[code]
  const body = JSON.stringify({ type: `urn:weir:edge:${code}`, title: code, status, detail: sentence, ...members })
  const more: HeaderList = extraHeaders[code] ?? []
  return { kind: 'refusal', code, status, headers: [...problemHeaders, ...more], body }
}
