/**
 * Walks JSON bytes once along a plan and builds nothing: what no plan names is skipped over, long strings by a search for
 * their end. Events of providers are walked too, so nothing here trusts that the text is whole: where it is not, the walk
 * ends.
 */
import { closeBrace, closeBracket, colon, comma, openBrace, openBracket, quote } from '../../base/json-bytes.ts'

const backslash = 0x5c

/** What is looked for inside of a value. `slot` names a value its finder is told of, -1 for one that only leads to others. */
export interface Plan {
  readonly slot: number
  readonly members: readonly Member[]
  /** Of an array. A plan may be its own item's: texts are at most 64 deep. */
  readonly items: Plan | null
}

interface Member {
  readonly name: Buffer
  readonly plan: Plan
}

export interface Finder {
  /** Before the members of an object that has a slot. */
  opens(slot: number): void
  /** After a value was walked: where it begins, and the byte after it. True ends the walk. */
  found(slot: number, start: number, end: number): boolean
}

interface Inside {
  readonly members?: Readonly<Record<string, Plan>>
  readonly items?: Plan
}

export function plan(slot: number, { members = {}, items }: Inside = {}): Plan {
  return {
    slot,
    members: Object.entries(members).map(([name, each]) => ({ name: Buffer.from(name), plan: each })),
    items: items ?? null,
  }
}

/** A plan for members of its own kind: `make` is given the plan that it makes. */
export function planOfItself(make: (self: Plan) => Plan): Plan {
  const self: { slot: number; members: readonly Member[]; items: Plan | null } = { slot: -1, members: [], items: null }
  return Object.assign(self, make(self))
}

/** Whether the text is whole as far as it was walked. */
export function walkJson(bytes: Buffer, root: Plan, finder: Finder): boolean {
  return new Walk(bytes, finder).value(root)
}

class Walk {
  readonly #bytes: Buffer
  readonly #finder: Finder
  #at = 0

  constructor(bytes: Buffer, finder: Finder) {
    this.#bytes = bytes
    this.#finder = finder
  }

  /** False ends the walk: it was told to, or the text does. */
  value(wanted: Plan | null): boolean {
    const first = this.#next()
    if (wanted === null) return this.#skip(first)
    const start = this.#at
    if (!this.#enter(wanted, first)) return false
    return wanted.slot < 0 || !this.#finder.found(wanted.slot, start, this.#at)
  }

  #enter(wanted: Plan, first: number | undefined): boolean {
    if (first === openBrace && wanted.members.length > 0) {
      if (wanted.slot >= 0) this.#finder.opens(wanted.slot)
      return this.#object(wanted.members)
    }
    return first === openBracket && wanted.items !== null ? this.#array(wanted.items) : this.#skip(first)
  }

  #object(members: readonly Member[]): boolean {
    this.#at += 1
    for (;;) {
      const byte = this.#next()
      if (byte === closeBrace) break
      if (byte === comma) {
        this.#at += 1
        continue
      }
      const start = this.#at
      if (byte !== quote || !this.#string()) return false
      const wanted = memberAt(this.#bytes, start, this.#at, members)
      if (this.#next() !== colon) return false
      this.#at += 1
      if (!this.value(wanted)) return false
    }
    this.#at += 1
    return true
  }

  #array(items: Plan): boolean {
    this.#at += 1
    for (;;) {
      const byte = this.#next()
      if (byte === closeBracket) break
      if (byte === comma) this.#at += 1
      else if (!this.value(items)) return false
    }
    this.#at += 1
    return true
  }

  #skip(first: number | undefined): boolean {
    if (first === quote) return this.#string()
    return first === openBrace || first === openBracket ? this.#nested() : this.#word()
  }

  #string(): boolean {
    this.#at = afterString(this.#bytes, this.#at)
    return this.#at > 0
  }

  #word(): boolean {
    const start = this.#at
    while (inWord[this.#bytes[this.#at] ?? 0] === 1) this.#at += 1
    return this.#at > start
  }

  #nested(): boolean {
    const bytes = this.#bytes
    let depth = 0
    let at = this.#at
    do {
      while (marks[bytes[at] ?? 0] === 0) at += 1
      const byte = bytes[at]
      if (byte === undefined) return false
      if (byte === quote) {
        at = afterString(bytes, at)
        if (at === 0) return false
        continue
      }
      if (byte === openBrace || byte === openBracket) depth += 1
      else if (byte === closeBrace || byte === closeBracket) depth -= 1
      at += 1
    } while (depth > 0)
    this.#at = at
    return true
  }

  /** The next byte that is no space. */
  #next(): number | undefined {
    const bytes = this.#bytes
    let at = this.#at
    let byte = bytes[at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[(at += 1)]
    this.#at = at
    return byte
  }
}

/** So many bytes are looked at one by one before a search is worth its start. */
const near_bytes = 64

/** What ends a string, or a look at its bytes: a quote, a backslash, and zero, which stands for the end of the text. */
const stops = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte === quote || byte === backslash || byte === 0))

/** The byte after the string that begins at `open`; 0 where it has no end. */
function afterString(bytes: Buffer, open: number): number {
  let at = open + 1
  let far = at + near_bytes
  for (;;) {
    while (at < far && stops[bytes[at] ?? 0] === 0) at += 1
    if (at >= far) {
      // Escapes come in crowds and pictures have none.
      const end = bytes.indexOf(quote, at)
      if (end < 0) return 0
      if (bytes[end - 1] !== backslash) return end + 1
      at = escapedUpTo(bytes, at, end)
      far = end + near_bytes
    }
    const byte = bytes[at]
    if (byte === quote) return at + 1
    if (byte === undefined) return 0
    at += byte === backslash ? 2 : 1
  }
}

/** The first of the backslashes before `end`, but none before `from`, where one may stand that is escaped itself. */
function escapedUpTo(bytes: Buffer, from: number, end: number): number {
  let at = end
  while (at > from && bytes[at - 1] === backslash) at -= 1
  return at
}

/** Letters, digits, signs and dots: what words and numbers are made of. */
const inWord = Uint8Array.from({ length: 256 }, (_, byte) => Number(/^[\w+.-]$/.test(String.fromCharCode(byte))))

/** Bytes that mean something inside of a value nobody asked for; zero too, which stands for the end of the text. */
const marks = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number([0, quote, openBrace, openBracket, closeBrace, closeBracket].includes(byte)),
)

function memberAt(bytes: Buffer, start: number, end: number, members: readonly Member[]): Plan | null {
  for (let i = 0; i < members.length; i += 1) {
    const member = members[i]
    if (member !== undefined && isText(bytes, start, end, member.name)) return member.plan
  }
  return hasEscapes(bytes, start, end) ? memberByText(textAt(bytes, start, end), members) : null
}

function memberByText(text: string | null, members: readonly Member[]): Plan | null {
  return members.find(({ name }) => name.toString('latin1') === text)?.plan ?? null
}

/** Whether what stands between two quotes are those bytes. */
export function isText(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start - 2 !== name.length) return false
  for (let at = 0; at < name.length; at += 1) if (bytes[start + 1 + at] !== name[at]) return false
  return true
}

function hasEscapes(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start + 1; at < end - 1; at += 1) if (bytes[at] === backslash) return true
  return false
}

/** The string between two quotes; null where it is none. */
export function textAt(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] !== quote) return null
  if (!hasEscapes(bytes, start, end)) return bytes.toString('utf8', start + 1, end - 1)
  try {
    return JSON.parse(bytes.toString('utf8', start, end)) as string
  } catch {
    return null
  }
}

/** How many bytes of UTF-8 the string between two quotes is; 0 for what is none. */
export function textBytes(bytes: Buffer, start: number, end: number): number {
  if (bytes[start] !== quote) return 0
  let count = 0
  for (let at = start + 1; at < end - 1; count += 1) {
    if (bytes[at] !== backslash) at += 1
    else if (bytes[at + 1] !== 0x75) at += 2
    else {
      count += unitBytes(Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16)) - 1
      at += 6
    }
  }
  return count
}

/** Of a pair of surrogates, four bytes together, each stands for two. */
function unitBytes(unit: number): number {
  if (unit < 0x80) return 1
  return unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
}
