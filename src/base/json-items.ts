/** Where the items of a JSON array stand in its bytes, for whoever leaves some of them out and copies the rest. */
import { closeBrace, closeBracket, comma, openBrace, openBracket, quote } from './json-bytes.ts'

const backslash = 0x5c

/** From the first byte of an item to after its last one, the space around it included. */
export type Span = readonly [start: number, end: number]

/** The items of the array whose brackets are at `start` and before `end`. The text was checked, so nothing is missing. */
export function itemsOf(bytes: Buffer, start: number, end: number): readonly Span[] {
  return [...eachItem(bytes, start, end)]
}

/** One after another, for whoever needs only some of them: there may be millions. */
export function* eachItem(bytes: Buffer, start: number, end: number): Generator<Span> {
  const last = end - 1
  let from = start + 1
  let depth = 0
  for (let at = from; at < last; at += 1) {
    const byte = bytes[at]
    if (byte === quote) at = closingQuote(bytes, at)
    else if (byte === openBrace || byte === openBracket) depth += 1
    else if (byte === closeBrace || byte === closeBracket) depth -= 1
    else if (byte === comma && depth === 0) {
      yield [from, at]
      from = at + 1
    }
  }
  if (bytes.toString('latin1', from, last).trim() !== '') yield [from, last]
}

function closingQuote(bytes: Buffer, open: number): number {
  let at = bytes.indexOf(quote, open + 1)
  while (isEscaped(bytes, at)) at = bytes.indexOf(quote, at + 1)
  return at
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(bytes: Buffer, at: number): boolean {
  let before = at
  while (bytes[before - 1] === backslash) before -= 1
  return (at - before) % 2 === 1
}
