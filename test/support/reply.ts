/** A Reply that keeps what it was given, with a caller that reads as the test says. */
import type { HeaderList, Reply } from '../../src/protocol/http.ts'

export class MemoryReply implements Reply {
  status = 0
  headers: HeaderList = []
  readonly chunks: Buffer[] = []
  ended = false
  wasCut = false
  buffered = 0
  /** The most that was buffered at once. */
  bufferedMax = 0
  /** A caller that does not read leaves everything buffered. */
  reads = true
  /** Above this the reply asks for a pause. */
  highWater = 16_384
  #drain: () => void = () => {}
  #gone: () => void = () => {}

  get closed(): boolean {
    return this.ended || this.wasCut
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8')
  }

  send(status: number, headers: HeaderList, body: Uint8Array | string): void {
    this.begin(status, headers)
    this.chunks.push(Buffer.from(body))
    this.ended = true
  }

  begin(status: number, headers: HeaderList): void {
    this.status = status
    this.headers = headers
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.closed) return true
    this.chunks.push(Buffer.from(chunk))
    if (this.reads) return true
    this.buffered += Buffer.byteLength(chunk)
    this.bufferedMax = Math.max(this.bufferedMax, this.buffered)
    return this.buffered < this.highWater
  }

  end(): void {
    this.ended = true
  }

  cut(): void {
    this.wasCut = true
    this.#gone()
  }

  onDrain(handler: () => void): void {
    this.#drain = handler
  }

  onGone(handler: () => void): void {
    this.#gone = handler
  }

  /** The caller reads everything that waits for it. */
  drain(): void {
    this.buffered = 0
    this.#drain()
  }

  /** The caller goes away. */
  leave(): void {
    this.wasCut = true
    this.#gone()
  }
}
