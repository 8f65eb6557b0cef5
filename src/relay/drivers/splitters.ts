/** Splits the streams of frameworks into what they say: server-sent events, or JSON texts of one line each. */
import { SseSplitter } from '../../protocol/sse.ts'

/** One event of a stream. */
export interface StreamEvent {
  /** The name of a server-sent event, `message` where it has none; `line` for a line of JSON. */
  readonly name: string
  readonly data: string
}

export interface Splitter {
  /** An event was longer than allowed; nothing more is taken. */
  readonly overflow: boolean
  /** What this chunk completes; null for what says nothing. */
  push(chunk: Buffer): readonly (StreamEvent | null)[]
  /** What was left when the stream ended and is an event all the same. */
  end(): StreamEvent | null
}

export type Framing = 'sse' | 'lines'

/** `event_bytes` is the longest event that is taken, in bytes. */
export function splitterFor(framing: Framing, event_bytes: number): Splitter {
  return framing === 'lines' ? new LineSplitter(event_bytes) : new EventSplitter(event_bytes)
}

class EventSplitter implements Splitter {
  readonly #splitter: SseSplitter

  constructor(event_bytes: number) {
    this.#splitter = new SseSplitter(event_bytes)
  }

  get overflow(): boolean {
    return this.#splitter.overflow
  }

  push(chunk: Buffer): readonly (StreamEvent | null)[] {
    return this.#splitter.push(chunk).map(({ bytes, data }) => {
      return data === null ? null : { name: nameOf(bytes), data: data.toString() }
    })
  }

  /** An event without its blank line is cut off (WHATWG HTML section 9.2.6). */
  end(): null {
    return null
  }
}

/** The `event` field of a server-sent event. */
function nameOf(event: Buffer): string {
  const found = /(?:^|[\r\n])event:? ?([^\r\n]*)/.exec(event.toString('latin1', 0, 4096))?.[1]
  return found === undefined || found === '' ? 'message' : found
}

const lineFeed = 0x0a

class LineSplitter implements Splitter {
  readonly #line_bytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  #overflow = false

  /** `line_bytes` is the longest line that is taken, in bytes. */
  constructor(line_bytes: number) {
    this.#line_bytes = line_bytes
  }

  /** A line was longer than allowed; nothing more is taken. */
  get overflow(): boolean {
    return this.#overflow
  }

  /** The lines that this chunk completes; null for an empty one. */
  push(chunk: Buffer): readonly (StreamEvent | null)[] {
    const lines: (StreamEvent | null)[] = []
    let start = 0
    while (!this.#overflow) {
      const end = chunk.indexOf(lineFeed, start)
      if (end === -1) break
      this.#hold(chunk.subarray(start, end))
      if (!this.#overflow) lines.push(this.#take())
      start = end + 1
    }
    this.#hold(chunk.subarray(start))
    return lines
  }

  /** The last line, which need not be ended. */
  end(): StreamEvent | null {
    return this.#overflow ? null : this.#take()
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#line_bytes) this.#overflow = true
    else if (bytes.length > 0) this.#held.push(Buffer.from(bytes))
    if (this.#held.length > 1024) this.#held = [Buffer.concat(this.#held)]
  }

  #take(): StreamEvent | null {
    const data = Buffer.concat(this.#held).toString().trim()
    this.#held = []
    this.#heldBytes = 0
    return data === '' ? null : { name: 'line', data }
  }
}
