/**
 * The caller's end of a POST of the legacy era: one request, or the requests of a batch. A caller that leaves wants the
 * answer all the same: it is kept in the stream and asked for later.
 */
import type { HeaderList, Reply } from '../../../protocol/http.ts'
import type { EventStream, StreamEvents } from './event-stream.ts'
import type { LiveSession } from './live-session.ts'
import { type Answer, jsonAnswer, type Line, type LineEvents, noEvents } from './line.ts'

/** How many answers there will be, and whether they are an array. */
interface Expected {
  readonly count: number
  readonly isBatch: boolean
}

/** The answer to a POST of the session. */
export function postOn(live: LiveSession, reply: Reply, expected: Expected): PostLine {
  return new PostLine((events) => live.openStream(reply, events), expected)
}

export class PostLine {
  readonly #stream: EventStream
  readonly #isBatch: boolean
  #awaited: number
  /** Of a batch, while nothing but answers came. */
  #held: Buffer[] = []
  readonly #lines: Line[] = []

  constructor(open: (events: StreamEvents) => EventStream, { count, isBatch }: Expected) {
    const tell = (event: 'onFull' | 'onRoom' | 'onSilence') => (): void => {
      for (const line of this.#lines) line.events[event]()
    }
    // Whoever leaves comes back for the answer, or cancels.
    const onLeft = (): void => undefined
    this.#stream = open({ onFull: tell('onFull'), onRoom: tell('onRoom'), onSilence: tell('onSilence'), onLeft })
    this.#awaited = count
    this.#isBatch = isBatch
  }

  /** One more request that writes to it, and hears of its client. */
  add(line: Line): void {
    this.#lines.push(line)
  }

  get bytesOut(): number {
    return this.#stream.bytesOut
  }

  say(message: Buffer): void {
    this.#release()
    this.#stream.push(message)
  }

  /** Null for a request that is not answered. */
  answer(answer: Answer | null): void {
    this.#awaited -= 1
    const stream = this.#stream
    if (!this.#isBatch && answer !== null && !stream.begun && stream.attached) return stream.answer(answer)
    if (answer !== null) this.#held.push(answer.body)
    if (!this.#isBatch || stream.begun) this.#release()
    if (this.#awaited > 0) return
    if (this.#isBatch && !stream.begun && stream.attached) return stream.answer(this.#asArray())
    this.#release()
    stream.end()
  }

  #asArray(): Answer {
    const parts = this.#held.flatMap((body, i) => (i === 0 ? [body] : [Buffer.from(','), body]))
    return jsonAnswer(Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]))
  }

  #release(): void {
    for (const body of this.#held.splice(0)) this.#stream.push(body)
  }
}

/** What one request of a POST writes to. */
export class RequestLine implements Line {
  events: LineEvents = noEvents
  readonly #post: PostLine
  #over = false

  constructor(post: PostLine) {
    this.#post = post
    post.add(this)
  }

  get bytesOut(): number {
    return this.#post.bytesOut
  }

  say(message: Buffer): void {
    if (!this.#over) this.#post.say(message)
  }

  answer(answer: Answer): void {
    this.#end(answer)
  }

  drop(): void {
    this.#end(null)
  }

  #end(answer: Answer | null): void {
    if (this.#over) return
    this.#over = true
    this.#post.answer(answer)
  }
}

/** A reply whose body is one message of a batch: what refuses a request on the road writes to it as to any other. */
export function replyInto(line: RequestLine): Reply {
  let closed = false
  const end = (answer: Answer | null): void => {
    closed = true
    if (answer === null) line.drop()
    else line.answer(answer)
  }
  return {
    send: (_status: number, _headers: HeaderList, body: Uint8Array | string) =>
      end(body.length === 0 ? null : jsonAnswer(Buffer.from(body))),
    begin: () => undefined,
    write: () => true,
    end: () => end(null),
    cut: () => end(null),
    onDrain: () => undefined,
    onGone: () => undefined,
    get closed() {
      return closed
    },
    buffered: 0,
  }
}
