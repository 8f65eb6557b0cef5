/**
 * The headers that repeat what the body says (2026-07-28, transports): whoever routes by them must not see another call
 * than the one that is judged. What is absent is left to the server.
 */
import type { HeaderMap } from '../http.ts'
import type { Message } from './message.ts'
import { namedBy } from './words.ts'

/** The header that says something else than the body; null if none does. */
export function mismatch(headers: HeaderMap, message: Message): 'Mcp-Method' | 'Mcp-Name' | null {
  const method = headers.get('mcp-method')
  if (method !== undefined && method !== message.method) return 'Mcp-Method'
  const name = headers.get('mcp-name')
  const member = namedBy.get(message.method)
  if (name === undefined || member === undefined) return null
  return decodeMirrored(name) === message[member] ? null : 'Mcp-Name'
}

const encodedForm = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/

/** A value that is unsafe in a header stands there as canonical base64 of its UTF-8; null where it is neither. */
function decodeMirrored(value: string): string | null {
  if (!value.startsWith('=?')) return value
  const [, encoded] = encodedForm.exec(value) ?? []
  if (encoded === undefined) return value.startsWith('=?base64?') ? null : value
  const bytes = Buffer.from(encoded, 'base64')
  const text = bytes.toString('utf8')
  return bytes.toString('base64') === encoded && Buffer.from(text).equals(bytes) ? text : null
}

/** The value as it stands in a header: as it is where that is safe, else as canonical base64 of its UTF-8. */
export function encodeMirrored(value: string): string {
  const isSafe = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/.test(value) && !value.startsWith('=?')
  return isSafe ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`
}

/** The token of a header name (RFC 9110 section 5.6.2). */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text)
}

/** What stands for a value of the arguments, as the clients of the SDK write it; null for what is not mirrored. */
export function mirroredText(value: unknown): string | null {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'number' || !Number.isFinite(value)) return null
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? null : String(value)
}
