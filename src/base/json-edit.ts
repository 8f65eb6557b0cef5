/**
 * Changes members of JSON bytes and leaves every other byte as it stands: numbers keep their digits, unknown members
 * their place. The text must have been checked by `scanJson` before.
 */
import { closeBrace, colon, isString, openBrace, openBracket, quote, unquote } from './json-bytes.ts'
import { isBlank, isSpace, itemsOf, type Span, walkItems } from './json-items.ts'

/** A name in an object, or the index of an item of an array. */
export type JsonPath = readonly (string | number)[]

/** `value` is JSON text; undefined takes the member out. A member that is not there is added where its object is. */
export interface JsonEdit {
  readonly path: JsonPath
  readonly value: Buffer | string | undefined
}

/** Applied one after another, so that a later one sees what an earlier one made. */
export function editJson(bytes: Buffer, edits: readonly JsonEdit[]): Buffer {
  return edits.reduce(editOne, bytes)
}

/** The bytes of the value at that path; null where there is none. */
export function valueAtPath(bytes: Buffer, path: JsonPath): Buffer | null {
  const span = spanOf(bytes, path)
  return span === null ? null : bytes.subarray(span[0], span[1])
}

/** The members of the object whose bytes these are, in their order; none of anything else. */
export function membersOf(bytes: Buffer): readonly (readonly [name: string, value: Buffer])[] {
  return membersIn(bytes, whole(bytes)).map(({ name, value }) => [name, bytes.subarray(...value)] as const)
}

/** The items of the array whose bytes these are; none of anything else. */
export function arrayItems(bytes: Buffer): readonly Buffer[] {
  const [start, end] = whole(bytes)
  if (bytes[start] !== openBracket) return []
  return itemsOf(bytes, start, end).map((span) => bytes.subarray(...trimmed(bytes, span)))
}

function editOne(bytes: Buffer, { path, value }: JsonEdit): Buffer {
  const name = path.at(-1)
  const holder = spanOf(bytes, path.slice(0, -1))
  if (name === undefined) return value === undefined ? bytes : Buffer.from(value)
  if (holder === null) return value === undefined ? bytes : addHolder(bytes, path, value)
  const found = stepInto(bytes, holder, name)
  if (value === undefined) return typeof name === 'string' ? withoutMember(bytes, holder, name) : bytes
  if (found !== null) return splice(bytes, found, Buffer.from(value))
  if (typeof name === 'number' || bytes[holder[0]] !== openBrace) return bytes
  const isEmpty = isBlank(bytes, holder[0] + 1, holder[1] - 1)
  const member = Buffer.from(`${isEmpty ? '' : ','}${JSON.stringify(name)}:`)
  return splice(bytes, [holder[1] - 1, holder[1] - 1], Buffer.concat([member, Buffer.from(value)]))
}

function addHolder(bytes: Buffer, path: JsonPath, value: Buffer | string): Buffer {
  const name = path.at(-1)
  if (typeof name !== 'string') return bytes
  const member = Buffer.concat([Buffer.from(`{${JSON.stringify(name)}:`), Buffer.from(value), Buffer.from('}')])
  return editOne(bytes, { path: path.slice(0, -1), value: member })
}

/** Takes every member of that name out, with one comma each. */
function withoutMember(bytes: Buffer, holder: Span, name: string): Buffer {
  if (memberIn(bytes, holder, name) === null) return bytes
  const kept = membersIn(bytes, holder).filter((member) => member.name !== name)
  const parts = kept.flatMap(({ from, value }, i) => {
    const member = bytes.subarray(from, value[1])
    return i === 0 ? [member] : [Buffer.from(','), member]
  })
  return splice(bytes, holder, Buffer.concat([Buffer.from('{'), ...parts, Buffer.from('}')]))
}

function splice(bytes: Buffer, [start, end]: Span, middle: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), middle, bytes.subarray(end)])
}

function spanOf(bytes: Buffer, path: JsonPath): Span | null {
  let span: Span | null = whole(bytes)
  for (const step of path) {
    if (span === null) return null
    span = stepInto(bytes, span, step)
  }
  return span
}

function stepInto(bytes: Buffer, span: Span, step: string | number): Span | null {
  if (typeof step === 'string') return memberIn(bytes, span, step)
  if (bytes[span[0]] !== openBracket) return null
  const item = itemsOf(bytes, ...span)[step]
  return item === undefined ? null : trimmed(bytes, item)
}

interface Member {
  readonly name: string
  /** Where its name begins. */
  readonly from: number
  readonly value: Span
}

function membersIn(bytes: Buffer, span: Span): readonly Member[] {
  if (!isObject(bytes, span)) return []
  // The items of an object are its members, for commas part them alike.
  return itemsOf(bytes, ...span).map((item) => {
    const [from, last] = trimmed(bytes, item)
    const afterName = closingQuote(bytes, from) + 1
    return { name: unquote(bytes, from, afterName), from, value: valueAfter(bytes, afterName, last) }
  })
}

/** The value of the first member of that name; what comes after it is not looked at. */
function memberIn(bytes: Buffer, span: Span, wanted: string): Span | null {
  let found: Span | null = null
  if (!isObject(bytes, span)) return found
  walkItems(bytes, span, (start, end) => {
    const [from, last] = trimmed(bytes, [start, end])
    const afterName = closingQuote(bytes, from) + 1
    if (!isString(bytes, from, afterName, wanted)) return false
    found = valueAfter(bytes, afterName, last)
    return true
  })
  return found
}

function isObject(bytes: Buffer, [start, end]: Span): boolean {
  return bytes[start] === openBrace && bytes[end - 1] === closeBrace
}

function valueAfter(bytes: Buffer, afterName: number, last: number): Span {
  return trimmed(bytes, [bytes.indexOf(colon, afterName) + 1, last])
}

function closingQuote(bytes: Buffer, open: number): number {
  let at = open + 1
  while (bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

const backslash = 0x5c

function whole(bytes: Buffer): Span {
  return trimmed(bytes, [0, bytes.length])
}

function trimmed(bytes: Buffer, [start, end]: Span): Span {
  let [from, to] = [start, end]
  while (from < to && isSpace(bytes[from])) from += 1
  while (to > from && isSpace(bytes[to - 1])) to -= 1
  return [from, to]
}
