/**
 * Changes members of JSON bytes and leaves every other byte as it stands: numbers keep their digits, unknown members
 * their place. The text must have been checked by `scanJson` before.
 */
import { closeBrace, colon, isString, openBrace, openBracket, unquote } from './json-bytes.ts'
import { closingQuote, isBlank, isSpace, type Span, walkItems } from './json-items.ts'

/** A name in an object, or the index of an item of an array. */
export type JsonPath = readonly (string | number)[]

/** `value` is JSON text; undefined takes the member out. A member that is not there is added where its object is. */
export interface JsonEdit {
  readonly path: JsonPath
  readonly value: Buffer | string | undefined
}

/**
 * Applied one after another, so that a later one sees what an earlier one made. What an edit names is there once afterwards:
 * of two members of one name the first stays, for other readers would take the second one, which nobody has looked at.
 */
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
  const members: [string, Buffer][] = []
  walkMembers(bytes, whole(bytes), (from, afterName, last) => {
    members.push([unquote(bytes, from, afterName), bytes.subarray(...valueAfter(bytes, afterName, last))])
  })
  return members
}

/**
 * The items of the array whose bytes these are; none of anything else. Of more than `max` there is one more than that, so
 * that whoever takes no more knows, and nobody is made to hold millions of them.
 */
export function arrayItems(bytes: Buffer, max = Number.POSITIVE_INFINITY): readonly Buffer[] {
  const span = whole(bytes)
  const items: Buffer[] = []
  if (bytes[span[0]] !== openBracket) return items
  walkItems(bytes, span, (start, end) => {
    items.push(bytes.subarray(...trimmed(bytes, [start, end])))
    return items.length > max
  })
  return items
}

function editOne(said: Buffer, { path, value }: JsonEdit): Buffer {
  const name = path.at(-1)
  const bytes = withoutTwins(said, value === undefined ? path.slice(0, -1) : path)
  const holder = spanOf(bytes, path.slice(0, -1))
  if (name === undefined) return value === undefined ? bytes : Buffer.from(value)
  if (holder === null) return value === undefined ? bytes : addHolder(bytes, path, value)
  if (value === undefined) return typeof name === 'string' ? withoutMember(bytes, holder, name) : bytes
  const found = stepInto(bytes, holder, name)
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
  return countOf(bytes, holder, name) === 0 ? bytes : dropMembers(bytes, holder, { name, keepsFirst: false })
}

interface Dropped {
  readonly name: string
  /** Whether the first member of that name stays. */
  readonly keepsFirst: boolean
}

function dropMembers(bytes: Buffer, holder: Span, { name, keepsFirst }: Dropped): Buffer {
  const parts: Buffer[] = []
  let seen = 0
  walkMembers(bytes, holder, (from, afterName, last) => {
    if (isString(bytes, from, afterName, name)) seen += 1
    else {
      parts.push(bytes.subarray(from, last))
      return
    }
    if (keepsFirst && seen === 1) parts.push(bytes.subarray(from, last))
  })
  const joined = parts.flatMap((member, i) => (i === 0 ? [member] : [Buffer.from(','), member]))
  return splice(bytes, holder, Buffer.concat([Buffer.from('{'), ...joined, Buffer.from('}')]))
}

/** Along the path no member stands a second time. */
function withoutTwins(bytes: Buffer, path: JsonPath): Buffer {
  let made = bytes
  let holder: Span | null = whole(made)
  for (const name of path) {
    if (holder === null) return made
    if (typeof name === 'string' && countOf(made, holder, name) > 1) {
      const before = made.length
      made = dropMembers(made, holder, { name, keepsFirst: true })
      holder = [holder[0], holder[1] - before + made.length]
    }
    holder = stepInto(made, holder, name)
  }
  return made
}

/** How many members have that name; more than one are two. */
function countOf(bytes: Buffer, span: Span, name: string): number {
  let count = 0
  walkMembers(bytes, span, (from, afterName) => {
    if (isString(bytes, from, afterName, name)) count += 1
    return count > 1
  })
  return count
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

/** What comes after what is wanted is not looked at. */
function stepInto(bytes: Buffer, span: Span, step: string | number): Span | null {
  let found: Span | null = null
  if (typeof step === 'string') {
    walkMembers(bytes, span, (from, afterName, last) => {
      if (!isString(bytes, from, afterName, step)) return false
      found = valueAfter(bytes, afterName, last)
      return true
    })
    return found
  }
  if (bytes[span[0]] !== openBracket) return null
  let left = step
  walkItems(bytes, span, (start, end) => {
    if (left-- > 0) return false
    found = trimmed(bytes, [start, end])
    return true
  })
  return found
}

/** Where its name begins, the byte after the name, and the byte after its value. */
type VisitMember = (from: number, afterName: number, last: number) => boolean | void

function walkMembers(bytes: Buffer, span: Span, visit: VisitMember): void {
  if (bytes[span[0]] !== openBrace || bytes[span[1] - 1] !== closeBrace) return
  // The items of an object are its members, for commas part them alike.
  walkItems(bytes, span, (start, end) => {
    const [from, last] = trimmed(bytes, [start, end])
    return visit(from, closingQuote(bytes, from) + 1, last)
  })
}

function valueAfter(bytes: Buffer, afterName: number, last: number): Span {
  return trimmed(bytes, [bytes.indexOf(colon, afterName) + 1, last])
}

function whole(bytes: Buffer): Span {
  return trimmed(bytes, [0, bytes.length])
}

function trimmed(bytes: Buffer, [start, end]: Span): Span {
  let [from, to] = [start, end]
  while (from < to && isSpace(bytes[from])) from += 1
  while (to > from && isSpace(bytes[to - 1])) to -= 1
  return [from, to]
}
