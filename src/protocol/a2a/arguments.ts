/**
 * What a call asks for, in a form that is the same for the same request: the canonical form (RFC 8785) of its parameters
 * without the id of the message, which clients make anew for every try. An approval is bound to its hash, so two
 * requests that a target could tell apart never share one.
 */
import { isJsonObject, readJsonObject } from '../../base/json.ts'
import { readCanonicalJson } from '../../base/jcs.ts'
import type { Call } from '../../domain/call.ts'
import { isRest } from './methods.ts'

/** A body beyond this would hold up the main thread. Unit: bytes; a millisecond of work at most. */
const approvable_bytes = 16_384
const depthMax = 64

/** The canonical arguments of a call; null where it has none, is too large, or holds numbers that readers round differently. */
export function canonicalArguments({ dialect, body }: Pick<Call, 'dialect' | 'body'>): string | null {
  if (body.length > approvable_bytes) return null
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('utf8')
  if (!holdsExactNumbers(text)) return null
  const read = readJsonObject(text, depthMax)
  const params = isRest(dialect) ? read : read?.['params']
  if (!isJsonObject(params)) return null
  const { message, ...rest } = params
  if (!isJsonObject(message)) return readCanonicalJson(params)
  const { messageId: _, ...lasting } = message
  return readCanonicalJson({ ...rest, message: lasting })
}

/** Strings, so that digits in them are stepped over, and numbers. */
const marks = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Whether every number is exactly what a double says of it: a target with longer numbers would read another one. */
export function holdsExactNumbers(text: string): boolean {
  for (const [mark] of text.matchAll(marks)) {
    if (!mark.startsWith('"') && digitsOf(mark) !== digitsOf(String(Number(mark)))) return false
  }
  return true
}

/** Sign, digits and exponent without any zeros that say nothing: `1.50e3` and `1500` are both `15e2`. */
function digitsOf(number: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  if (short === '') return '0'
  return `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`
}
