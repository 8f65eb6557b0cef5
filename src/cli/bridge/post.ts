/**
 * One HTTP exchange with the gateway, which may be silent for as long as a tool works: no deadline of a client is in the
 * way. Whatever comes is told as it comes, and the end once.
 */
import { Agent as HttpAgent, type IncomingHttpHeaders, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { type SseEvent, SseSplitter } from '../../protocol/sse.ts'

export interface Outgoing {
  readonly method: 'POST' | 'GET' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
}

export interface PostEars {
  onHead(status: number, headers: IncomingHttpHeaders): void
  /** Of an answer that is a stream. */
  onEvent(event: SseEvent): void
  /** Of any other answer, whole; then comes the end. */
  onBody(body: Buffer): void
  /** Null where the answer is complete, else why it is not, by the word of the system. */
  onEnd(why: string | null): void
}

export interface Post {
  /** Resolves when all of it has left, or when it never will. */
  readonly left: Promise<void>
  /** Nothing more is told. */
  abort(): void
}

/** A whole answer and an event of a stream, in bytes; what the gateway lets through is smaller. */
const answer_bytes_max = 268_435_456

/** Shorter than the five seconds after which many servers close an idle connection. */
const keepAlive_ms = 4000

/** The way to one address. */
export class Mailbox {
  readonly #url: URL
  readonly #agent: HttpAgent | HttpsAgent

  constructor(url: URL) {
    this.#url = url
    const options = { keepAlive: true, timeout: keepAlive_ms }
    this.#agent = url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
  }

  send({ method, headers, body }: Outgoing, ears: PostEars): Post {
    const ask = this.#url.protocol === 'https:' ? httpsRequest : httpRequest
    const length = body === null ? {} : { 'content-length': String(body.length) }
    const request = ask(this.#url, { method, agent: this.#agent, headers: { ...headers, ...length } })
    let over = false
    const end = (why: string | null): void => {
      if (over) return
      over = true
      ears.onEnd(why)
    }
    request.on('response', (response) => {
      if (over) {
        response.destroy()
        return
      }
      const { statusCode: status = 0, headers: head } = response
      ears.onHead(status, head)
      const isStream = status === 200 && /^text\/event-stream\b/i.test(head['content-type'] ?? '')
      const chunks = isStream ? null : new Chunks()
      const splitter = new SseSplitter(answer_bytes_max)
      response.on('data', (chunk: Buffer) => {
        if (over) return
        if (!chunks) for (const event of splitter.push(chunk)) ears.onEvent(event)
        if (splitter.overflow || chunks?.push(chunk) === false) request.destroy(new Error('the answer is too large'))
      })
      response.once('end', () => {
        if (chunks && !over) ears.onBody(chunks.whole())
        end(response.complete ? null : 'ECONNRESET')
      })
      response.once('error', (error) => end(wordOf(error)))
      response.once('close', () => end('ECONNRESET'))
    })
    request.once('error', (error) => end(wordOf(error)))
    const left = new Promise<void>((resolve) => {
      request.once('finish', resolve)
      request.once('close', resolve)
    })
    request.end(body ?? undefined)
    return {
      left,
      abort() {
        over = true
        request.destroy()
      },
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}

class Chunks {
  readonly #chunks: Buffer[] = []
  #bytes = 0

  /** False where it is too much. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    return this.#bytes <= answer_bytes_max
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

function wordOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.message
}
