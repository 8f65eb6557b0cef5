/** Where the items of a JSON array stand in its bytes, for whoever leaves some of them out and copies the rest. */
import { closeBrace, closeBracket, comma, openBrace, openBracket, quote } from './json-bytes.ts'

const backslash = 0x5c

/** From the first byte of an item to after its last one, the space around it included. */
export type Span = readonly [start: number, end: number]

/** The items of the array whose brackets are at `start` and before `end`. The text was checked, so nothing is missing. */
export function itemsOf(bytes: Buffer, start: number, end: number): readonly Span[] {
  const items: Span[] = []
  walkItems(bytes, [start, end], (from, to) => void items.push([from, to]))
  return items
}

/** The same one by one; `visit` says true where it needs no more of them. */
export function walkItems(
  bytes: Buffer,
  [start, end]: Span,
  visit: (from: number, to: number) => boolean | void,
): void {
  const last = end - 1
  let from = start + 1
  let depth = 0
  for (let at = from; at < last; at += 1) {
    const byte = bytes[at] ?? 0
    if (marks[byte] === 0) continue
    if (byte === quote) at = closingQuote(bytes, at)
    else if (byte === openBrace || byte === openBracket) depth += 1
    else if (byte === closeBrace || byte === closeBracket) depth -= 1
    else if (depth === 0) {
      if (visit(from, at) === true) return
      from = at + 1
    }
  }
  if (!isBlank(bytes, from, last)) visit(from, last)
}

/** The bytes that mean something between items. */
const marks = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number([quote, comma, openBrace, openBracket, closeBrace, closeBracket].includes(byte)),
)

export function isBlank(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (!isSpace(bytes[at])) return false
  return true
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Most strings are names: for those a search costs more than a look at each byte. */
const short_bytes = 32

/** Where the string ends that begins at `open`. */
export function closingQuote(bytes: Buffer, open: number): number {
  let at = open + 1
  for (const far = at + short_bytes; at < far; at += bytes[at] === backslash ? 2 : 1) if (bytes[at] === quote) return at
  at = bytes.indexOf(quote, at)
  while (isEscaped(bytes, at)) at = bytes.indexOf(quote, at + 1)
  return at
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(bytes: Buffer, at: number): boolean {
  let before = at
  while (bytes[before - 1] === backslash) before -= 1
  return (at - before) % 2 === 1
}
