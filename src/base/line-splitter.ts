/** Splits bytes into lines, whatever the chunks; a line that is too long is left out and said to be. */
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** What stands in the place of a line that was too long. */
export const tooLong = Symbol('a line that was too long')

export class LineSplitter {
  readonly #line_bytes: number
  /** The beginning of a line whose end has not come yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #skipping = false

  /** `line_bytes` is the longest line that is taken, without its end. */
  constructor(line_bytes: number) {
    this.#line_bytes = line_bytes
  }

  /**
   * The lines that this chunk completes, without their ends; empty ones are left out. A line that is too long is told of as soon as
   * it is. The chunk must stay as it is for as long as they are used.
   */
  push(chunk: Buffer): readonly (Buffer | typeof tooLong)[] {
    const lines: (Buffer | typeof tooLong)[] = []
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (this.#hold(chunk.subarray(start, end))) lines.push(tooLong)
      const line = this.#take()
      if (line !== null) lines.push(line)
      start = end + 1
    }
    if (this.#hold(chunk.subarray(start))) lines.push(tooLong)
    return lines
  }

  /** What came after the last line end; null if nothing did. */
  end(): Buffer | null {
    return this.#take()
  }

  /** Whether the line has just become too long. */
  #hold(bytes: Buffer): boolean {
    if (this.#skipping || bytes.length === 0) return false
    this.#heldBytes += bytes.length
    if (this.#heldBytes <= this.#line_bytes) {
      this.#held.push(bytes)
      // Chunks of one byte must not cost an object each.
      if (this.#held.length > pieces_max) this.#held = [Buffer.concat(this.#held)]
      return false
    }
    this.#held = []
    this.#skipping = true
    return true
  }

  #take(): Buffer | null {
    const [first] = this.#held
    const whole = this.#held.length > 1 ? Buffer.concat(this.#held) : (first ?? null)
    this.#held = []
    this.#heldBytes = 0
    this.#skipping = false
    const line = whole?.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole
    return line !== null && line.length > 0 ? line : null
  }
}

const pieces_max = 1024

/** JSON text on one line: a line end in it can only stand between tokens, where a space means the same. */
export function onOneLine(json: Buffer): Buffer {
  if (!json.includes(lineFeed) && !json.includes(carriageReturn)) return json
  return Buffer.from(json.map((byte) => (byte === lineFeed || byte === carriageReturn ? 0x20 : byte)))
}
