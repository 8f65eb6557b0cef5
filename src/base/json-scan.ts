/**
 * Finds members in JSON bytes without building objects: the road needs six strings of a request, not the request.
 * Strict where two readers of the same bytes could disagree (RFC 8259 sections 4 and 9): the whole text is
 * checked, a member we read may appear only once, and with `lookalikes: 'refuse'` no other spelling of its name
 * may stand beside it, because some parsers take `task_id` or `TaskId` for `taskId`.
 */
import { isUtf8 } from 'node:buffer'
import {
  afterBackslash,
  closeBrace,
  closeBracket,
  colon,
  comma,
  digitsFrom,
  hexDigits,
  inString,
  type JsonKind,
  kinds,
  openBrace,
  openBracket,
  quote,
  sameBytes,
  sameFolded,
  unquote,
  words,
} from './json-bytes.ts'
import { fold, type JsonShape, type Step } from './json-shape.ts'

/** Deeper nesting is refused: no agent needs it and recursive parsers die of it. */
const depthMax = 64

/** Why bytes were refused. `syntax`, `utf8` and `depth` concern the text, the others the names of its members. */
export interface JsonMistake {
  readonly kind: 'mistake'
  readonly what: 'syntax' | 'utf8' | 'depth' | 'duplicate' | 'lookalike' | 'forbidden'
}

/** The places of the members that were found; reading one builds only that one. */
export class JsonSpans<Path extends string> {
  readonly kind = 'spans'
  readonly bytes: Buffer
  readonly #shape: JsonShape<Path>
  readonly #spans: readonly number[]

  constructor(bytes: Buffer, shape: JsonShape<Path>, spans: readonly number[]) {
    this.bytes = bytes
    this.#shape = shape
    this.#spans = spans
  }

  /** Offset of the first byte of the value, -1 if the member is absent. */
  start(path: Path): number {
    return this.#spans[2 * (this.#shape.slots.get(path) ?? 0)] ?? -1
  }

  /** Offset after the last byte of the value. */
  end(path: Path): number {
    return this.#spans[2 * (this.#shape.slots.get(path) ?? 0) + 1] ?? -1
  }

  has(path: Path): boolean {
    return this.start(path) >= 0
  }

  /** The kind of the value, or null if the member is absent. */
  kindOf(path: Path): JsonKind | null {
    const start = this.start(path)
    return start < 0 ? null : (kinds[this.bytes[start] ?? 0] ?? 'number')
  }

  /** The token exactly as it stands, or null if the member is absent. */
  raw(path: Path): string | null {
    const start = this.start(path)
    return start < 0 ? null : this.bytes.toString('utf8', start, this.end(path))
  }

  /** The bytes of the value, or null if the member is absent. */
  slice(path: Path): Buffer | null {
    const start = this.start(path)
    return start < 0 ? null : this.bytes.subarray(start, this.end(path))
  }

  /** The string behind the member, or null if it is absent or no string. */
  text(path: Path): string | null {
    return this.kindOf(path) === 'string' ? unquote(this.bytes, this.start(path), this.end(path)) : null
  }
}

/** Checks the whole text and finds the members of `shape`. The cost is one pass over the bytes. */
export function scanJson<Path extends string>(bytes: Buffer, shape: JsonShape<Path>): JsonSpans<Path> | JsonMistake {
  const scanner = new Scanner(bytes, shape)
  const what = scanner.run()
  return what === null ? new JsonSpans(bytes, shape, scanner.spans) : { kind: 'mistake', what }
}

const forbidden = '__proto__'
const forbiddenBytes = Buffer.from(forbidden)

class Scanner {
  /** A plain array: a typed one of this size lies outside the heap and costs more than the whole scan of a small text. */
  readonly spans: number[]
  readonly #bytes: Buffer
  readonly #root: Step
  readonly #strict: boolean
  #at = 0
  #high = false
  #plainKey = true
  #what: JsonMistake['what'] = 'syntax'

  constructor(bytes: Buffer, shape: JsonShape<string>) {
    this.#bytes = bytes
    this.#root = shape.root
    this.#strict = shape.lookalikes === 'refuse'
    this.spans = shape.blank.slice()
  }

  run(): JsonMistake['what'] | null {
    if (!this.#value(this.#root, 1)) return this.#what
    this.#space()
    if (this.#at !== this.#bytes.length) return 'syntax'
    return this.#high && !isUtf8(this.#bytes) ? 'utf8' : null
  }

  #value(step: Step | null, depth: number): boolean {
    this.#space()
    const first = this.#bytes[this.#at] ?? 0
    if (first === quote) return this.#string()
    if (first === openBrace) return this.#object(step, depth)
    if (first === openBracket) return this.#array(depth)
    const word = words[first]
    return word ? this.#word(word) : this.#number()
  }

  #object(step: Step | null, depth: number): boolean {
    if (depth > depthMax) return this.#refuse('depth')
    this.#at += 1
    if (this.#nextIs(closeBrace)) return true
    for (;;) {
      this.#space()
      const keyStart = this.#at
      if (this.#bytes[keyStart] !== quote || !this.#key()) return false
      const keyEnd = this.#at
      if (!this.#nextIs(colon)) return this.#refuse('syntax')
      if (this.#isForbidden(keyStart, keyEnd)) return this.#refuse('forbidden')
      const member = step === null ? null : this.#match(step, keyStart, keyEnd)
      if (member === undefined) return this.#refuse('lookalike')
      this.#space()
      const start = this.#at
      if (!this.#value(member, depth + 1)) return false
      if (member !== null && !this.#keep(member.slot, start)) return this.#refuse('duplicate')
      if (this.#nextIs(comma)) continue
      return this.#nextIs(closeBrace) || this.#refuse('syntax')
    }
  }

  #array(depth: number): boolean {
    if (depth > depthMax) return this.#refuse('depth')
    this.#at += 1
    if (this.#nextIs(closeBracket)) return true
    for (;;) {
      if (!this.#value(null, depth + 1)) return false
      if (this.#nextIs(comma)) continue
      return this.#nextIs(closeBracket) || this.#refuse('syntax')
    }
  }

  #key(): boolean {
    const highBefore = this.#high
    this.#high = false
    this.#plainKey = true
    const whole = this.#string()
    if (this.#high) this.#plainKey = false
    else this.#high = highBefore
    return whole
  }

  #string(): boolean {
    const bytes = this.#bytes
    let at = this.#at + 1
    for (;;) {
      while (inString[bytes[at] ?? 0] === 0) at += 1
      const meaning = at < bytes.length ? inString[bytes[at] ?? 0] : 3
      if (meaning === 1) break
      if (meaning === 3) return this.#refuse('syntax')
      if (meaning === 4) {
        this.#high = true
        at += 1
        continue
      }
      this.#plainKey = false
      const escape = afterBackslash[bytes[at + 1] ?? 0]
      if (escape === 0) return this.#refuse('syntax')
      if (escape === 2 && !hexDigits(bytes, at + 2)) return this.#refuse('syntax')
      at += escape === 2 ? 6 : 2
    }
    this.#at = at + 1
    return true
  }

  #number(): boolean {
    const bytes = this.#bytes
    let at = this.#at
    if (bytes[at] === 0x2d) at += 1
    const whole = digitsFrom(bytes, at)
    if (whole === at || (bytes[at] === 0x30 && whole > at + 1)) return this.#refuse('syntax')
    at = whole
    if (bytes[at] === 0x2e) {
      const fraction = digitsFrom(bytes, at + 1)
      if (fraction === at + 1) return this.#refuse('syntax')
      at = fraction
    }
    if (((bytes[at] ?? 0) | 0x20) === 0x65) {
      const sign = bytes[at + 1]
      const from = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
      at = digitsFrom(bytes, from)
      if (at === from) return this.#refuse('syntax')
    }
    this.#at = at
    return true
  }

  #word(word: Buffer): boolean {
    for (let i = 0; i < word.length; i += 1) if (this.#bytes[this.#at + i] !== word[i]) return this.#refuse('syntax')
    this.#at += word.length
    return true
  }

  /** The member of `step` that this key names, null if none, undefined if it only looks like one. */
  #match(step: Step, keyStart: number, keyEnd: number): Step | null | undefined {
    return this.#plainKey ? this.#matchPlain(step, keyStart + 1, keyEnd - 1) : this.#matchText(step, keyStart, keyEnd)
  }

  #matchPlain(step: Step, start: number, end: number): Step | null | undefined {
    for (const member of step.steps) if (sameBytes(this.#bytes, start, end, member.bytes)) return member
    if (!this.#strict) return null
    for (const member of step.steps) if (sameFolded(this.#bytes, start, end, member.folded)) return undefined
    return null
  }

  /** A key with escapes or beyond ASCII is rare enough to build the string. */
  #matchText(step: Step, keyStart: number, keyEnd: number): Step | null | undefined {
    const name = unquote(this.#bytes, keyStart, keyEnd)
    const exact = step.steps.find((member) => member.name === name)
    if (exact) return exact
    if (!this.#strict) return null
    const folded = fold(name)
    return step.steps.some((member) => member.foldedName === folded) ? undefined : null
  }

  #isForbidden(keyStart: number, keyEnd: number): boolean {
    if (!this.#plainKey) return unquote(this.#bytes, keyStart, keyEnd) === forbidden
    return sameBytes(this.#bytes, keyStart + 1, keyEnd - 1, forbiddenBytes)
  }

  #keep(slot: number, start: number): boolean {
    if (this.spans[2 * slot] !== -1) return false
    this.spans[2 * slot] = start
    this.spans[2 * slot + 1] = this.#at
    return true
  }

  #space(): void {
    const bytes = this.#bytes
    let byte = bytes[this.#at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[(this.#at += 1)]
  }

  #nextIs(byte: number): boolean {
    this.#space()
    if (this.#bytes[this.#at] !== byte) return false
    this.#at += 1
    return true
  }

  #refuse(what: JsonMistake['what']): false {
    this.#what = what
    return false
  }
}
