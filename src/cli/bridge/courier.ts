/** Carries messages to the gateway with the credential of the moment, and remembers how it went, for the exit code. */
import { type CliProblem, exits } from '../exit-codes.ts'
import { isCredential, type ReadCredential } from './credential.ts'
import { adviceFor, lostSentence } from './errors.ts'
import { Mailbox, type Outgoing, type Post, type PostEars } from './post.ts'

export interface CourierParts {
  readonly url: URL
  readonly credential: ReadCredential
  /** For people: a sentence on stderr. */
  say(sentence: string): void
}

export class Courier {
  readonly url: URL
  readonly #mailbox: Mailbox
  readonly #parts: CourierParts
  readonly #said = new Set<string>()
  /** Answers by whether the credential was accepted, and questions that nobody heard. */
  readonly #heard = { accepted: 0, rejected: 0, nobody: 0 }

  constructor(parts: CourierParts) {
    this.url = parts.url
    this.#mailbox = new Mailbox(parts.url)
    this.#parts = parts
  }

  /** Null where there is no credential to show; the ears have heard the end then. */
  async send(outgoing: Outgoing, ears: PostEars): Promise<Post | null> {
    const authorization = await this.#parts.credential()
    if (!isCredential(authorization)) {
      this.#heard.rejected += 1
      this.#sayOnce(authorization.text)
      ears.onEnd(authorization.text)
      return null
    }
    const credential: Record<string, string> = authorization === null ? {} : { authorization }
    const headers = { ...outgoing.headers, ...credential }
    let status = 0
    return this.#mailbox.send(
      { ...outgoing, headers },
      {
        onHead: (code, head) => {
          status = code
          this.#heard[code === 401 ? 'rejected' : 'accepted'] += 1
          if (code === 401) this.#sayOnce(adviceFor(code))
          ears.onHead(code, head)
        },
        onEvent: (event) => ears.onEvent(event),
        onBody: (body) => ears.onBody(body),
        onEnd: (why) => {
          if (status === 0) this.#heard.nobody += 1
          if (why !== null && status === 0) this.#sayOnce(lostSentence(this.url, why))
          ears.onEnd(why)
        },
      },
    )
  }

  /** What all of it came to: fine unless nothing ever was. */
  exitCode(): number {
    const { accepted, rejected, nobody } = this.#heard
    if (accepted > 0) return exits.ok
    if (rejected > 0) return exits.unauthenticated
    return nobody > 0 ? exits.unreachable : exits.ok
  }

  close(): void {
    this.#mailbox.close()
  }

  #sayOnce(sentence: CliProblem['text']): void {
    if (this.#said.has(sentence) || this.#said.size >= sentences_max) return
    this.#said.add(sentence)
    this.#parts.say(sentence)
  }
}

const sentences_max = 16
