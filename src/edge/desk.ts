/**
 * What both engines do alike, so that it is written once: count the calls under way, time request bodies, run the
 * `Serve` and catch its Bugs. An engine only moves bytes.
 */

import { assert } from '../base/assert.ts'
import type { HeaderList, Inbound, Reply, Serve } from '../protocol/http.ts'
import type { ListenerOptions } from './contract.ts'
import { readHead, type Admitted, type RequestHead } from './ingress.ts'
import { bugRefusal, refusal, type Refusal } from './refusals.ts'
import { type PeerCert, refuseCert } from './tls.ts'

/** A Reply as the edge itself holds it. */
export interface EngineReply extends Reply {
  /** Status and headers have left or are about to. */
  readonly begun: boolean
  /** Answers with a refusal and closes the connection, because nobody may guess where the next request starts. */
  refuse(why: Refusal): void
}

/** Names whose values only the engines may write. */
const ownedByEngine: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Statuses whose answers have no body (RFC 9110 section 6.4.1). */
const bodilessStatuses: ReadonlySet<number> = new Set([204, 304])

export function mayHaveBody(method: string, status: number): boolean {
  return method !== 'HEAD' && !bodilessStatuses.has(status)
}

export function isOwnedByEngine(name: string): boolean {
  return ownedByEngine.has(name.toLowerCase())
}

/** Visible ASCII, spaces and tabs: what cannot end a header line early and reads the same in every charset. */
const plainForm = /^[\t\x20-\x7e]*$/

/** Called before anything is written: uWebSockets.js would write a line break as it stands. */
export function assertPlain(headers: HeaderList): void {
  for (let at = 0; at < headers.length; at += 1)
    assert(plainForm.test(headers[at]?.[1] ?? ''), 'response header values are printable ASCII')
}

/** How often bodies are looked at, as parts of `body_ms`, within these bounds. Unit: milliseconds. */
const sweep = { parts: 8, shortest_ms: 20, longest_ms: 1000 }

export class Desk {
  readonly options: ListenerOptions
  /** No more connections are accepted; answers say so. */
  stopping = false
  readonly #serve: Serve
  /** Replies whose request body is still coming in, by deadline; all wait equally long, so the oldest is first. */
  readonly #bodies = new Map<EngineReply, number>()
  readonly #sweeper: NodeJS.Timeout
  #open = 0

  constructor(options: ListenerOptions, serve: Serve) {
    this.options = options
    this.#serve = serve
    const every_ms = Math.min(sweep.longest_ms, Math.max(sweep.shortest_ms, options.body_ms / sweep.parts))
    this.#sweeper = setInterval(() => this.#refuseSlowBodies(), every_ms).unref()
  }

  get open(): number {
    return this.#open
  }

  /** Whether the call may come in; busy is asked first, because it costs nothing. */
  admit(head: RequestHead, peerCert: PeerCert | null): Admitted | Refusal {
    if (this.#open >= this.options.open_calls) return refusal('busy')
    return refuseCert(this.options.tls, peerCert, this.options.clock.now()) ?? readHead(head, this.options)
  }

  /** A call is under way from its head until its reply has closed; the reply calls both, once each. */
  enter(): void {
    this.#open += 1
  }

  leave(reply: EngineReply): void {
    this.#open -= 1
    this.#bodies.delete(reply)
  }

  startBody(reply: EngineReply): void {
    this.#bodies.set(reply, this.options.clock.monotonic() + this.options.body_ms)
  }

  endBody(reply: EngineReply): void {
    this.#bodies.delete(reply)
  }

  /** Hands a complete request over, and answers for it if that throws. */
  answer(inbound: Inbound, reply: EngineReply): void {
    try {
      const serving = this.#serve(inbound, reply)
      if (serving instanceof Promise) serving.catch((bug: unknown) => this.#caught(bug, reply))
    } catch (bug) {
      this.#caught(bug, reply)
    }
  }

  close(): void {
    clearInterval(this.#sweeper)
    this.#bodies.clear()
  }

  #caught(bug: unknown, reply: EngineReply): void {
    const id = `bug_${this.options.dice.hex(8)}`
    if (reply.begun) reply.cut()
    else reply.refuse(bugRefusal(id))
    this.options.onBug(bug, id)
  }

  #refuseSlowBodies(): void {
    const now = this.options.clock.monotonic()
    for (const [reply, deadline] of this.#bodies) {
      if (deadline > now) return
      reply.refuse(refusal('body_too_slow'))
    }
  }
}
