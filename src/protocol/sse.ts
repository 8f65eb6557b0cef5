/**
 * Splits a stream of server-sent events into whole events (WHATWG HTML section 9.2.6), whatever the chunks. An
 * event keeps its own bytes for forwarding; its data is put together beside them.
 */
const lineFeed = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const dataField = Buffer.from('data')
const newLine = Buffer.of(lineFeed)

/** So many pieces of an unfinished event are kept apart before they are joined: one-byte chunks must not cost objects. */
const heldMax = 1024

/** One event with its closing blank line. */
export interface SseEvent {
  readonly bytes: Buffer
  /** The joined data lines; null where there are none, as in a comment. */
  readonly data: Buffer | null
}

export class SseSplitter {
  readonly #event_bytes: number
  /** The beginning of an event whose end has not come yet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #lineIsEmpty = true
  #afterReturn = false
  #first = true
  #overflow = false

  /** `event_bytes` is the longest event that is taken, in bytes. */
  constructor(event_bytes: number) {
    this.#event_bytes = event_bytes
  }

  /** An event was longer than allowed; nothing more is taken. */
  get overflow(): boolean {
    return this.#overflow
  }

  /** The events that this chunk completes. The chunk must stay as it is for as long as they are used. */
  push(chunk: Buffer): readonly SseEvent[] {
    const events: SseEvent[] = []
    const splitReturn = this.#afterReturn && chunk[0] === lineFeed
    if (chunk.length > 0) this.#afterReturn = false
    let at = splitReturn ? 1 : 0
    let start = splitReturn && this.#heldBytes === 0 ? 1 : 0
    const ends = new LineEnds(chunk)
    while (at < chunk.length && !this.#overflow) {
      const end = ends.from(at)
      if (end > at) this.#lineIsEmpty = false
      if (end === chunk.length) break
      const closes = this.#lineIsEmpty
      this.#lineIsEmpty = true
      const isReturn = chunk[end] === carriageReturn
      if (isReturn && end + 1 === chunk.length) this.#afterReturn = true
      at = isReturn && chunk[end + 1] === lineFeed ? end + 2 : end + 1
      if (!closes) continue
      this.#close(chunk.subarray(start, at), isReturn && chunk[end + 1] !== lineFeed, events)
      start = at
    }
    this.#hold(chunk.subarray(start))
    return events
  }

  #hold(bytes: Buffer): void {
    this.#heldBytes += bytes.length
    if (this.#heldBytes > this.#event_bytes) this.#overflow = true
    else if (bytes.length > 0) this.#held.push(bytes)
    if (this.#held.length > heldMax) this.#held = [Buffer.concat(this.#held)]
  }

  /** A lone carriage return may be half of a pair whose other half comes later, so it is always completed here. */
  #close(tail: Buffer, loneReturn: boolean, events: SseEvent[]): void {
    this.#hold(tail)
    if (this.#overflow) return
    const last = loneReturn ? [...this.#held, newLine] : this.#held
    const whole = last.length === 1 ? tail : Buffer.concat(last)
    const marked = this.#first && whole.subarray(0, 3).equals(byteOrderMark)
    const bytes = marked ? whole.subarray(3) : whole
    this.#first = false
    this.#held = []
    this.#heldBytes = 0
    events.push({ bytes, data: dataOf(bytes) })
  }
}

/** The data of an event: its data lines without the field name and one space, joined by line feeds. */
function dataOf(event: Buffer): Buffer | null {
  const values: Buffer[] = []
  const ends = new LineEnds(event)
  for (let at = 0; at < event.length;) {
    const end = ends.from(at)
    const value = fieldValue(event, at, end)
    if (value !== null) values.push(...(values.length > 0 ? [newLine, value] : [value]))
    at = end + 1
  }
  return values.length > 1 ? Buffer.concat(values) : (values[0] ?? null)
}

function fieldValue(event: Buffer, start: number, end: number): Buffer | null {
  for (let at = 0; at < dataField.length; at += 1) if (event[start + at] !== dataField[at]) return null
  const colon = start + dataField.length
  if (colon === end) return event.subarray(end, end)
  if (event[colon] !== 0x3a) return null
  return event.subarray(colon + 1 < end && event[colon + 1] === 0x20 ? colon + 2 : colon + 1, end)
}

/** Finds line ends in native code; each of the two kinds is looked for only once per occurrence. */
export class LineEnds {
  readonly #bytes: Buffer
  #feed = -1
  #return = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Offset of the first line feed or carriage return at or after `at`; the length if there is none. */
  from(at: number): number {
    if (this.#feed < at) this.#feed = indexOrEnd(this.#bytes, lineFeed, at)
    if (this.#return < at) this.#return = indexOrEnd(this.#bytes, carriageReturn, at)
    return Math.min(this.#feed, this.#return)
  }
}

function indexOrEnd(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from)
  return at === -1 ? bytes.length : at
}
