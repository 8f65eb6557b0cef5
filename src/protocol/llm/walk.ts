/**
 * Walks JSON bytes once along a plan and builds nothing: what no plan names is skipped over, long strings by a search for
 * their end. Events of providers are walked too, so nothing here trusts that the text is whole: where it is not, the walk
 * ends.
 */
import { closeBrace, closeBracket, colon, comma, openBrace, openBracket, quote } from '../../base/json-bytes.ts'
import { closingQuote, isSpace } from '../../base/json-items.ts'

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
    this.#space()
    const start = this.#at
    const first = this.#bytes[start]
    if (wanted === null) return this.#skip(first)
    if (!this.#enter(wanted, first)) return false
    return wanted.slot < 0 || !this.#finder.found(wanted.slot, start, this.#at)
  }

  #enter(wanted: Plan, first: number | undefined): boolean {
    if (first === openBrace && wanted.members.length > 0) {
      if (wanted.slot >= 0) this.#finder.opens(wanted.slot)
      return this.#object(wanted)
    }
    return first === openBracket && wanted.items !== null ? this.#array(wanted.items) : this.#skip(first)
  }

  #object({ members }: Plan): boolean {
    const bytes = this.#bytes
    this.#at += 1
    for (;;) {
      this.#space()
      const start = this.#at
      if (bytes[start] === closeBrace) break
      if (bytes[start] === comma) {
        this.#at += 1
        continue
      }
      if (bytes[start] !== quote || !this.#string()) return false
      const end = this.#at
      this.#space()
      if (bytes[this.#at] !== colon) return false
      this.#at += 1
      if (!this.value(memberAt(bytes, start, end, members))) return false
    }
    this.#at += 1
    return true
  }

  #array(items: Plan): boolean {
    const bytes = this.#bytes
    this.#at += 1
    for (;;) {
      this.#space()
      const byte = bytes[this.#at]
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
    const end = closingQuote(this.#bytes, this.#at)
    if (end < 0) return false
    this.#at = end + 1
    return true
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
        at = closingQuote(bytes, at)
        if (at < 0) return false
      } else if (byte === openBrace || byte === openBracket) depth += 1
      else if (byte === closeBrace || byte === closeBracket) depth -= 1
      at += 1
    } while (depth > 0)
    this.#at = at
    return true
  }

  #space(): void {
    while (isSpace(this.#bytes[this.#at])) this.#at += 1
  }
}

/** Letters, digits, signs and dots: what words and numbers are made of. */
const inWord = Uint8Array.from({ length: 256 }, (_, byte) => Number(/^[\w+.-]$/.test(String.fromCharCode(byte))))

/** Bytes that mean something inside of a value nobody asked for; zero too, which stands for the end of the text. */
const marks = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number([0, quote, openBrace, openBracket, closeBrace, closeBracket].includes(byte)),
)

function memberAt(bytes: Buffer, start: number, end: number, members: readonly Member[]): Plan | null {
  for (const { name, plan: inside } of members) if (isName(bytes, start, end, name)) return inside
  return null
}

/** Whether the string between two quotes is that name, which is ASCII. It is only built where it has escapes. */
function isName(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at]
    if (byte === 0x5c) return textAt(bytes, start, end) === name.toString('latin1')
    if (byte !== name[at - start - 1]) return false
  }
  return end - start - 2 === name.length
}

/** The string between two quotes; null where it is none. */
export function textAt(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] !== quote) return null
  const inside = bytes.subarray(start + 1, end - 1)
  if (!inside.includes(0x5c)) return inside.toString('utf8')
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
    if (bytes[at] !== 0x5c) at += 1
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
