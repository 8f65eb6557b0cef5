/**
 * Between a pipe, on which messages of both eras may come in any order, and the gateway, where each is a request. Which
 * era a message is of, it says itself: nothing is concluded from those before it, because clients that have probed begin anew.
 *
 *     modern   each by itself, at once; its cancellation closes its connection
 *     legacy   one after another until they have left, so that the gateway hears them in their order; answers in any order
 */
import { within } from '../../base/waits.ts'
import { tooLong, onOneLine } from '../../base/line-splitter.ts'
import { jsonShape } from '../../base/json-shape.ts'
import { scanJson } from '../../base/json-scan.ts'
import { type Message, readMessage } from '../../protocol/mcp/message.ts'
import { encodeMirrored } from '../../protocol/mcp/mirror.ts'
import { codes, firstModern, namedBy } from '../../protocol/mcp/words.ts'
import { Conversation, type ConversationParts, postHeaders } from './conversation.ts'
import type { Courier } from './courier.ts'
import { adviceFor, cancelledId, writeError, writeUnread } from './errors.ts'
import { LegacySession } from './legacy-session.ts'
import { Mirrors } from './mirrors.ts'

interface BridgeParts {
  readonly courier: Courier
  /** One message for the client, on one line. */
  out(message: Buffer): void
  say(sentence: string): void
}

/** Requests that are open at once, and legacy messages that wait for their turn. */
const open_max = 1024
const queue_max = 256

/** The next legacy message waits no longer than this for the one before it. */
const turn_ms = 5000

/** What the end of a session may take at the server. */
const farewell_ms = 700

const versionShape = jsonShape(['result.protocolVersion'], 'ignore')

export class Bridge {
  readonly #parts: BridgeParts
  /** By the raw token of the id. */
  readonly #open = new Map<string, Conversation>()
  readonly #mirrors = new Mirrors()
  #session: LegacySession | null = null
  #turn: Promise<unknown> = Promise.resolve()
  #queued = 0
  #onIdle: (() => void) | null = null

  constructor(parts: BridgeParts) {
    this.#parts = parts
  }

  /** One line of the pipe. Resolves at once, or where too many wait, when some of them have left. */
  async take(line: Buffer | typeof tooLong): Promise<void> {
    if (line === tooLong) return this.#out(writeError('null', codes.request, 'The line is too long'))
    const message = readMessage(line)
    if (message.kind === 'unread') return this.#out(writeUnread(line, message.what))
    if (message.method === 'notifications/cancelled' && this.#cancels(line)) return
    if (message.form === 'request') this.#ask(message, line)
    else this.#inTurn(() => this.#tell(message, line))
    if (this.#queued > queue_max) await this.#turn
  }

  /** Lets open requests finish for so long, then ends everything. */
  async close(drain_ms: number): Promise<void> {
    await within(drain_ms, this.#idle())
    for (const conversation of this.#open.values()) conversation.abort()
    await within(farewell_ms, this.#session?.close() ?? Promise.resolve())
    this.#parts.courier.close()
  }

  #ask(message: Message, body: Buffer): void {
    const { rpcId: id } = message
    if (this.#open.has(id)) return this.#out(writeError(id, codes.request, 'A request with this id is open already'))
    if (this.#open.size >= open_max) return this.#out(writeError(id, codes.request, 'Too many requests are open'))
    const isModern = message.claimsModern || message.method === 'server/discover'
    if (isModern) return this.#askModern(message, body)
    if (message.method === 'initialize') return this.#begin(message, body)
    const headers = () => this.#session?.headers ?? {}
    const conversation = this.#converse(message, body, { era: 'legacy', headers })
    this.#inTurn(() => conversation.start())
  }

  #askModern(message: Message, body: Buffer): void {
    const { method, name, args } = message
    const mirrored = method === 'tools/call' ? this.#mirrors.headersFor(name, args) : {}
    const conversation = this.#converse(message, body, {
      era: 'modern',
      headers: () => ({ ...modernHeaders(message), ...mirrored }),
      onMessage: (said, isAnswer) => {
        if (isAnswer && method === 'tools/list') this.#mirrors.learn(said)
        this.#out(said)
      },
    })
    void conversation.start()
  }

  /** Whatever was before it, this begins anew; what comes after it waits for its answer, which names the session. */
  #begin(message: Message, body: Buffer): void {
    const begun = Promise.withResolvers<void>()
    let session: LegacySession | null = null
    const conversation = this.#converse(message, body, {
      era: 'legacy',
      headers: () => ({}),
      onHead: (status, head) => {
        if (status !== 200) return
        const id = head['mcp-session-id']
        session = new LegacySession(this.#parts.courier, typeof id === 'string' ? id : null, (said) => this.#out(said))
      },
      onMessage: (said, isAnswer) => {
        if (isAnswer && session) this.#enter(session, said)
        this.#out(said)
      },
      onEnd: begun.resolve,
    })
    this.#turn = begun.promise
    void conversation.start()
  }

  #enter(session: LegacySession, answer: Buffer): void {
    const spans = scanJson(answer, versionShape)
    const version = spans.kind === 'spans' ? spans.text('result.protocolVersion') : null
    if (version === null) return
    session.version = version
    void this.#session?.close()
    this.#session = session
  }

  #converse(
    { rpcId: id, method }: Message,
    body: Buffer,
    more: Pick<ConversationParts, 'era' | 'headers'> & Partial<ConversationParts>,
  ): Conversation {
    const conversation = new Conversation({
      courier: this.#parts.courier,
      id,
      method,
      body,
      onHead: () => {},
      onMessage: (said) => this.#out(said),
      ...more,
      onEnd: () => {
        this.#open.delete(id)
        more.onEnd?.()
        this.#onIdle?.()
      },
    })
    this.#open.set(id, conversation)
    return conversation
  }

  /** A notification or the answer to a question; resolves when it was taken or was not. */
  #tell({ method }: Message, body: Buffer): Promise<void> {
    const session = this.#session
    const { promise, resolve } = Promise.withResolvers<void>()
    let status = 0
    const headers = { ...postHeaders, ...session?.headers }
    void this.#parts.courier.send(
      { method: 'POST', headers, body },
      {
        onHead: (code) => (status = code),
        onEvent: ({ data }) => {
          if (data !== null && data.length > 0) this.#out(data)
        },
        onBody: () => {},
        onEnd: () => {
          if (status >= 400)
            this.#parts.say(`The gateway did not take ${method} (HTTP ${status}). ${adviceFor(status)}`)
          if (status >= 200 && status < 300 && method === 'notifications/initialized') session?.listen()
          resolve()
        },
      },
    )
    return promise
  }

  /** Whether that was all: a modern request is cancelled by closing its connection, and one that is over not at all. */
  #cancels(line: Buffer): boolean {
    const id = cancelledId(line)
    const conversation = id === null ? undefined : this.#open.get(id)
    if (conversation?.era === 'legacy') {
      conversation.forget()
      return false
    }
    conversation?.abort()
    return conversation !== undefined || this.#session === null
  }

  #inTurn(step: () => Promise<void>): void {
    this.#queued += 1
    this.#turn = this.#turn.then(() => {
      this.#queued -= 1
      return within(turn_ms, step())
    })
  }

  async #idle(): Promise<void> {
    await this.#turn
    const waitedFor = (): boolean => [...this.#open.values()].some((each) => each.isWaitedFor)
    if (!waitedFor()) return
    await new Promise<void>((resolve) => {
      this.#onIdle = () => {
        if (!waitedFor()) resolve()
      }
    })
  }

  #out(message: Buffer): void {
    this.#parts.out(onOneLine(message))
  }
}

/** What the body says, for whoever routes by headers (2026-07-28, transports). */
function modernHeaders(message: Message): Readonly<Record<string, string>> {
  const member = namedBy.get(message.method)
  const name = member === undefined ? null : message[member]
  return {
    'mcp-protocol-version': message.metaVersion ?? firstModern,
    'mcp-method': encodeMirrored(message.method),
    ...(name !== null && { 'mcp-name': encodeMirrored(name) }),
  }
}
