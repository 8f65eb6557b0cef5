/**
 * The letters of JSON (RFC 8259) as tables over bytes, and the few functions that walk them. A table look-up per
 * byte is what makes a scan cost about a nanosecond a byte.
 */

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null'

export const quote = 0x22
export const comma = 0x2c
export const colon = 0x3a
const backslash = 0x5c
export const openBrace = 0x7b
export const closeBrace = 0x7d
export const openBracket = 0x5b
export const closeBracket = 0x5d

export const kinds: Readonly<Record<number, JsonKind>> = {
  [openBrace]: 'object',
  [openBracket]: 'array',
  [quote]: 'string',
  0x74: 'true',
  0x66: 'false',
  0x6e: 'null',
}
export const words: Readonly<Record<number, Buffer>> = {
  0x74: Buffer.from('true'),
  0x66: Buffer.from('false'),
  0x6e: Buffer.from('null'),
}

/** What a byte means inside a string: 0 itself, 1 the end, 2 an escape, 3 never allowed, 4 part of a UTF-8 sequence. */
export const inString = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === quote ? 1 : byte === backslash ? 2 : byte < 0x20 ? 3 : byte >= 0x80 ? 4 : 0,
)
/** The bytes that may follow a backslash; 2 stands for `u` and its four digits. */
export const afterBackslash = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = String.fromCharCode(byte)
  return letter === 'u' ? 2 : '"\\/bfnrt'.includes(letter) ? 1 : 0
})
const isHexDigit = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/^[0-9a-fA-F]$/.test(String.fromCharCode(byte))),
)

export function sameBytes(bytes: Buffer, start: number, end: number, other: Buffer): boolean {
  if (end - start !== other.length) return false
  for (let i = 0; i < other.length; i += 1) if (bytes[start + i] !== other[i]) return false
  return true
}

/** Whether the bytes are `folded` but for upper case and underscores. */
export function sameFolded(bytes: Buffer, start: number, end: number, folded: Buffer): boolean {
  let matched = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === 0x5f) continue
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== folded[matched]) return false
    matched += 1
  }
  return matched === folded.length
}

export function digitsFrom(bytes: Buffer, start: number): number {
  let at = start
  while (((bytes[at] ?? 0) ^ 0x30) <= 9) at += 1
  return at
}

export function hexDigits(bytes: Buffer, start: number): boolean {
  for (let at = start; at < start + 4; at += 1) if (isHexDigit[bytes[at] ?? 0] === 0) return false
  return true
}

/** Whether the string between two quotes is that one; it is only built where it has escapes or more than ASCII. */
export function isString(bytes: Buffer, start: number, end: number, text: string): boolean {
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === backslash || byte >= 0x80) return unquote(bytes, start, end) === text
    if (byte !== text.charCodeAt(at - start - 1)) return false
  }
  return end - start - 2 === text.length
}

/** The string between two quotes; a string without escapes costs one copy. */
export function unquote(bytes: Buffer, start: number, end: number): string {
  // A search of the whole rest would make each name of a long text cost as much as the text.
  for (let at = start; at < end; at += 1)
    if (bytes[at] === backslash) return JSON.parse(bytes.toString('utf8', start, end)) as string
  return bytes.toString('utf8', start + 1, end - 1)
}
