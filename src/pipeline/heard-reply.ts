/**
 * An answer of the road that somebody inside Weir hears, to tell it in the words of another protocol. To the road it is a
 * caller like any other, one that reads as fast as it is written to.
 */
import type { Denial } from '../domain/verdict.ts'
import type { HeaderList, RefusalSaid, Reply } from '../protocol/http.ts'

/** An answer, whole. */
export interface HeardAnswer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: HeaderList
  readonly body: Buffer
}

/** A refusal of Weir's own, by whatever bytes it was told. */
export interface HeardRefusal extends RefusalSaid {
  readonly kind: 'refusal'
  readonly denial: Denial
}

/** How it came out; `cut` where the connection would have been cut, `too_long` where it does not fit. */
export type Heard = HeardAnswer | HeardRefusal | { readonly kind: 'cut' | 'too_long' }

export interface Hearing {
  /** Of what is kept until the end. Unit: bytes. */
  readonly max_bytes: number
  /** Headers of the answer, before anything of it. */
  onHead?(headers: HeaderList): void
  /** Each piece of the answer as it is written. Where this is given nothing is kept, and the body at the end is empty. */
  onPiece?(piece: Buffer): void
  /** Once. */
  onOver(heard: Heard): void
}

const nothing = Buffer.alloc(0)

export class HeardReply implements Reply {
  readonly buffered = 0
  readonly #hearing: Hearing
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #head: Pick<HeardAnswer, 'status' | 'headers'> = { status: 0, headers: [] }
  #refusal: HeardRefusal | null = null
  #onGone: () => void = () => undefined
  #closed = false

  constructor(hearing: Hearing) {
    this.#hearing = hearing
  }

  get closed(): boolean {
    return this.#closed
  }

  refused(denial: Denial, said: RefusalSaid): void {
    this.#refusal ??= { kind: 'refusal', denial, ...said }
  }

  send(status: number, headers: HeaderList, body: Uint8Array | string): void {
    this.begin(status, headers)
    this.write(body)
    this.end()
  }

  begin(status: number, headers: HeaderList): void {
    if (this.#closed) return
    this.#head = { status, headers }
    this.#hearing.onHead?.(headers)
  }

  write(chunk: Uint8Array | string): boolean {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk)
    if (this.#closed || piece.length === 0) return true
    if (this.#hearing.onPiece) {
      if (this.#refusal === null) this.#hearing.onPiece(piece)
      return true
    }
    this.#keptBytes += piece.length
    if (this.#keptBytes <= this.#hearing.max_bytes) this.#kept.push(piece)
    return true
  }

  end(): void {
    const isWhole = this.#keptBytes <= this.#hearing.max_bytes
    const body = this.#kept.length === 0 ? nothing : Buffer.concat(this.#kept)
    this.#over(this.#refusal ?? (isWhole ? { kind: 'answer', ...this.#head, body } : { kind: 'too_long' }))
  }

  cut(): void {
    this.#over(this.#refusal ?? { kind: 'cut' })
  }

  onDrain(): void {}

  onGone(handler: () => void): void {
    this.#onGone = handler
  }

  /** As a caller that goes away: nothing more is heard. */
  leave(): void {
    if (this.#closed) return
    this.#closed = true
    this.#onGone()
  }

  #over(heard: Heard): void {
    if (this.#closed) return
    this.#closed = true
    this.#hearing.onOver(heard)
  }
}
