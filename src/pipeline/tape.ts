/** What a caller is given, taken down as it leaves, for the capture of payloads. Never more of a stream than is kept of it. */
import type { Denial } from '../domain/verdict.ts'
import type { HeaderList, RefusalSaid, Reply } from '../protocol/http.ts'

export class TapedReply implements Reply {
  readonly #to: Reply
  readonly #stream_bytes: number
  readonly #pieces: Buffer[] = []
  #bytes = 0
  #whole: Uint8Array | string | null = null

  /** One byte more than `stream_bytes` is taken of a stream, so that it shows that there was more. */
  constructor(to: Reply, stream_bytes: number) {
    this.#to = to
    this.#stream_bytes = stream_bytes
  }

  /** Null while nothing was given. */
  get said(): Uint8Array | string | null {
    return this.#whole ?? (this.#bytes > 0 ? Buffer.concat(this.#pieces) : null)
  }

  /** Whether it was given piece by piece. */
  get streamed(): boolean {
    return this.#whole === null && this.#bytes > 0
  }

  send(status: number, headers: HeaderList, body: Uint8Array | string): void {
    this.#whole = body
    this.#to.send(status, headers, body)
  }

  begin(status: number, headers: HeaderList): void {
    this.#to.begin(status, headers)
  }

  write(chunk: Uint8Array | string): boolean {
    const left = this.#stream_bytes + 1 - this.#bytes
    if (left > 0) {
      // Copied, because what is written belongs to whoever wrote it.
      const piece = Buffer.from(chunk as Uint8Array).subarray(0, left)
      this.#pieces.push(piece)
      this.#bytes += piece.length
    }
    return this.#to.write(chunk)
  }

  end(): void {
    this.#to.end()
  }

  cut(): void {
    this.#to.cut()
  }

  onDrain(handler: () => void): void {
    this.#to.onDrain(handler)
  }

  onGone(handler: () => void): void {
    this.#to.onGone(handler)
  }

  refused(denial: Denial, said: RefusalSaid): void {
    this.#to.refused?.(denial, said)
  }

  get closed(): boolean {
    return this.#to.closed
  }

  get buffered(): number {
    return this.#to.buffered
  }
}
