/**
 * The strict reader of a form (RFC 6749 appendix B). Two readers of one body must not disagree about what it says, so
 * whatever is not in the one plain spelling is refused: another content type, a byte beyond ASCII, an escape that is
 * no UTF-8, a parameter that stands there twice.
 */
import type { Inbound } from '../http.ts'
import { type OAuthErrorCode, oauthRefusal, type OAuthRefusal } from './refusal.ts'

/** Parameters by name, each once and none empty. */
type Form = ReadonlyMap<string, string>

const body_bytes_max = 32_768
const parameters_max = 64
const contentTypeForm = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i
/** A serialised form is visible ASCII; everything else is escaped. */
const bodyForm = /^[\x21-\x7e]*$/

/** RFC 8693 section 2.1 lets these two repeat; that more than one target is asked for is refused as that. */
const targets: ReadonlySet<string> = new Set(['audience', 'resource'])

/** The parameters of a request, or why they cannot be read. Unknown ones stay in: whoever reads them ignores them. */
export function readForm({ headers, body, query }: Pick<Inbound, 'headers' | 'body' | 'query'>): Form | OAuthRefusal {
  if (query !== '') return malformed('Parameters are accepted in the body only')
  if (!contentTypeForm.test(headers.get('content-type') ?? ''))
    return malformed('The content type must be application/x-www-form-urlencoded')
  if (body.length > body_bytes_max) return malformed('The form is larger than 32768 bytes')
  const text = body.toString('latin1')
  if (!bodyForm.test(text)) return malformed('The form holds bytes that must be percent-encoded')
  return collect(text.split('&', parameters_max + 1))
}

function collect(pairs: readonly string[]): Form | OAuthRefusal {
  if (pairs.length > parameters_max) return malformed('The form has more than 64 parameters')
  const form = new Map<string, string>()
  const seen = new Set<string>()
  for (const pair of pairs) {
    if (pair === '') continue
    const end = pair.indexOf('=')
    const name = decode(end === -1 ? pair : pair.slice(0, end))
    const value = decode(end === -1 ? '' : pair.slice(end + 1))
    if (name === null || value === null) return malformed('The form holds an escape that is not UTF-8')
    if (seen.has(name)) return repeated(targets.has(name) ? 'invalid_target' : 'invalid_request')
    seen.add(name)
    // RFC 6749 section 3.1: a parameter without a value is treated as if it were omitted.
    if (value !== '') form.set(name, value)
  }
  return form
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}

function repeated(error: OAuthErrorCode): OAuthRefusal {
  return oauthRefusal(error, 'A parameter was sent more than once')
}

function malformed(description: string): OAuthRefusal {
  return oauthRefusal('invalid_request', description)
}
