/**
 * Changes members of JSON bytes and leaves every other byte as it stands: numbers keep their digits, unknown members
 * their place. The text must have been checked by `scanJson` before.
 */
import { closeBrace, colon, openBrace, openBracket, quote, unquote } from './json-bytes.ts'
import { eachItem, type Span } from './json-items.ts'

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
  return Array.from(eachMember(bytes, whole(bytes)), ({ name, value }) => [name, bytes.subarray(...value)] as const)
}

/**
 * The items of the array whose bytes these are; none of anything else. Of more than `max` there is one more than that, so
 * that whoever takes no more knows, and nobody is made to hold millions of them.
 */
export function arrayItems(bytes: Buffer, max = Number.POSITIVE_INFINITY): readonly Buffer[] {
  const [start, end] = whole(bytes)
  const items: Buffer[] = []
  if (bytes[start] !== openBracket) return items
  for (const span of eachItem(bytes, start, end)) {
    items.push(bytes.subarray(...trimmed(bytes, span)))
    if (items.length > max) break
  }
  return items
}

function editOne(said: Buffer, { path, value }: JsonEdit): Buffer {
  const name = path.at(-1)
  const bytes = withoutTwins(said, value === undefined ? path.slice(0, -1) : path)
  const holder = spanOf(bytes, path.slice(0, -1))
  if (name === undefined) return value === undefined ? bytes : Buffer.from(value)
  if (holder === null) return value === undefined ? bytes : addHolder(bytes, path, value)
  const found = spanOf(bytes, path)
  if (value === undefined) return typeof name === 'string' ? withoutMember(bytes, holder, name) : bytes
  if (found !== null) return splice(bytes, found, Buffer.from(value))
  if (typeof name === 'number' || bytes[holder[0]] !== openBrace) return bytes
  const isEmpty = eachMember(bytes, holder).next().done === true
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
  const isThere = eachMember(bytes, holder).some((member) => member.name === name)
  return isThere ? keepMembers(bytes, holder, (member) => member.name !== name) : bytes
}

function keepMembers(bytes: Buffer, holder: Span, keeps: (member: Member) => boolean): Buffer {
  const kept = eachMember(bytes, holder).filter(keeps)
  const parts = Array.from(kept, ({ from, value }) => bytes.subarray(from, value[1]))
  const joined = parts.flatMap((member, i) => (i === 0 ? [member] : [Buffer.from(','), member]))
  return splice(bytes, holder, Buffer.concat([Buffer.from('{'), ...joined, Buffer.from('}')]))
}

/** Along the path no member stands a second time. */
function withoutTwins(bytes: Buffer, path: JsonPath): Buffer {
  return path.reduce<Buffer>((made, name, i) => {
    const holder = typeof name === 'string' ? spanOf(made, path.slice(0, i)) : null
    if (holder === null) return made
    const twins = eachMember(made, holder).filter((member) => member.name === name)
    const first = twins.next().value
    return first === undefined || twins.next().done ? made : withoutOthers(made, holder, first)
  }, bytes)
}

function withoutOthers(bytes: Buffer, holder: Span, { name, from }: Member): Buffer {
  return keepMembers(bytes, holder, (member) => member.name !== name || member.from === from)
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
  if (typeof step === 'string') return eachMember(bytes, span).find(({ name }) => name === step)?.value ?? null
  if (bytes[span[0]] !== openBracket) return null
  const item = eachItem(bytes, ...span)
    .drop(step)
    .next()
  return item.done ? null : trimmed(bytes, item.value)
}

interface Member {
  readonly name: string
  /** Where its name begins. */
  readonly from: number
  readonly value: Span
}

function* eachMember(bytes: Buffer, [start, end]: Span): Generator<Member> {
  if (bytes[start] !== openBrace || bytes[end - 1] !== closeBrace) return
  // The items of an object are its members, for commas part them alike.
  for (const item of eachItem(bytes, start, end)) {
    const [from, last] = trimmed(bytes, item)
    const afterName = closingQuote(bytes, from) + 1
    const value = trimmed(bytes, [bytes.indexOf(colon, afterName) + 1, last])
    yield { name: unquote(bytes, from, afterName), from, value }
  }
}

function closingQuote(bytes: Buffer, open: number): number {
  let at = open + 1
  while (bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1
  return at
}

const backslash = 0x5c
const spaces: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09])

function whole(bytes: Buffer): Span {
  return trimmed(bytes, [0, bytes.length])
}

function trimmed(bytes: Buffer, [start, end]: Span): Span {
  let [from, to] = [start, end]
  while (from < to && spaces.has(bytes[from])) from += 1
  while (to > from && spaces.has(bytes[to - 1])) to -= 1
  return [from, to]
}
