/** One request to a server of the legacy era: what it says meanwhile, what it asks, and a session that turns out to be over. */
import { valueAtPath } from '../../base/json-edit.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Fault } from '../../domain/fault.ts'
import { carry, type CarryHearer } from './carry.ts'
import type { ChannelWire, Json } from './channel.ts'
import { errorObject, type Heard, readHeard, writeRequest } from './heard.ts'
import { saysSessionIsOver, type Session } from './legacy-greeting.ts'
import type { Answer, Talk } from './link.ts'
import { isForListeners } from './listeners.ts'
import { traceMembers, withMeta } from './params.ts'
import type { LinkParts } from './shared.ts'
import type { TalkEnd } from './talk.ts'

/** What a request asks of its link. */
export interface LegacyRoad {
  readonly parts: LinkParts
  readonly session: Session
  /** Begins another session in place of that one; null where there is one now. Never rejects. */
  renew(old: Session): Promise<Fault | Denial | null>
  /** Null where the server sends messages of that level already. */
  raiseLevel(level: string | null): Promise<void> | null
  /** Says something without an answer. Never rejects. */
  say(method: string, params: Json): void
  respond(id: string, answer: Answer): Promise<Fault | null>
  onQuestion(question: Heard & { readonly form: 'request' }, talk: LegacyTalk): void
  noticeListeners(method: string, params: Json | null): void
}

const unknownState = errorObject(-32602, 'The request state is unknown')

/** Questions one request has open at once. */
const questions_max = 16

export class LegacyTalk implements Talk, CarryHearer {
  readonly #road: LegacyRoad
  readonly #end: TalkEnd
  /** Ids of the server's requests, by our keys. */
  readonly #asked = new Map<string, string>()
  #questions = 0
  #wire: ChannelWire | null = null
  #session: Session
  #status = 200
  #renewed = false
  #sessionIsOver = false
  #paused = false

  constructor(road: LegacyRoad, end: TalkEnd) {
    this.#road = road
    this.#end = end
    this.#session = road.session
  }

  get sent(): boolean {
    return this.#wire?.sent === true
  }

  start(): void {
    // It rested at a server of the other era; this one knows nothing of it.
    if (this.#end.asking.resume) return queueMicrotask(() => this.#end.end({ kind: 'error', error: unknownState }))
    const raising = this.#road.raiseLevel(this.#end.asking.logLevel)
    if (raising === null) this.#send()
    else void raising.then(() => this.#send())
  }

  answer(answers: ReadonlyMap<string, Answer>): void {
    for (const [key, answer] of answers) {
      const id = this.#asked.get(key)
      if (id === undefined || this.#end.over) continue
      this.#asked.delete(key)
      void this.#respond(id, answer)
    }
    this.#expectSilence()
  }

  cancel(reason: string): void {
    if (!this.#end.leave()) return
    this.#tellCancelled(reason)
    this.#wire?.abort()
  }

  pause(): void {
    this.#paused = true
    this.#wire?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#wire?.resume()
  }

  /** The link is gone. */
  lose(fault: Fault): void {
    this.#wire?.abort()
    this.#end.end({ kind: 'fault', fault: { ...fault, sent: this.sent } })
  }

  /** False where it has too many open already. */
  ask(id: string, method: string, params: Json | null): boolean {
    if (this.#asked.size >= questions_max) return false
    this.#questions += 1
    const key = `q${this.#questions}`
    this.#asked.set(key, id)
    this.#expectSilence()
    this.#end.ask({ questions: new Map([[key, { method, params }]]), rests: false, state: null })
    return true
  }

  notice(method: string, params: Json | null): void {
    this.#end.notice(method, params)
  }

  /** The server takes a question back. */
  unask(id: string): void {
    for (const [key, asked] of this.#asked) if (asked === id) this.#asked.delete(key)
    this.#expectSilence()
  }

  onHead(status: number): void {
    this.#status = status
    this.#sessionIsOver = status === 404 && this.#session.hasId && !this.#renewed
  }

  onMessage(message: Json): void {
    if (this.#end.over || this.#sessionIsOver) return
    const heard = readHeard(message)
    switch (heard?.form) {
      case 'result':
        if (heard.id === this.#end.id) this.#end.end({ kind: 'result', result: heard.result })
        return
      case 'error':
        return this.#fail(heard.id, heard.error)
      case 'request':
        return this.#road.onQuestion(heard, this)
      case 'notification':
        return this.#hear(heard.method, heard.params)
      case undefined:
    }
  }

  onEnd(fault: Fault | null): void {
    if (this.#end.over) return
    if (this.#sessionIsOver) return void this.#begin()
    if (fault) this.#end.end({ kind: 'fault', fault })
    else this.#end.fault('truncated', 'it ended without an answer', true)
  }

  onDenial(denial: Denial): void {
    this.#end.deny(denial)
  }

  #send(): void {
    if (this.#end.over) return
    const { channel, speaker } = this.#road.parts
    const { id, progressToken, asking } = this.#end
    const meta = [
      ...(progressToken === null ? [] : ([['progressToken', progressToken]] as const)),
      ...traceMembers(asking.trace),
    ]
    const message = writeRequest(id, asking.method, withMeta(asking.params, meta))
    this.#session = this.#road.session
    const { headers } = this.#session
    this.#wire = carry(
      asking.speaker ?? speaker,
      (credentials, hearer) =>
        channel.send({ message, id, progressToken, headers: [...headers, ...credentials] }, hearer),
      this,
    )
    if (this.#paused) this.#wire.pause()
  }

  /** An error without an id that comes as the answer to a request is about that request. */
  #fail(id: string, error: Json): void {
    if (id !== this.#end.id && (id !== 'null' || this.#road.parts.channel.isLine)) return
    this.#sessionIsOver = this.#session.hasId && !this.#renewed && saysSessionIsOver(this.#status, error)
    if (!this.#sessionIsOver) this.#end.end({ kind: 'error', error })
  }

  /** People take their time. */
  #expectSilence(): void {
    this.#wire?.expectSilence?.(this.#asked.size > 0)
  }

  /** Once more in another session: whoever says 404 has not looked at what is asked. */
  async #begin(): Promise<void> {
    this.#renewed = true
    this.#sessionIsOver = false
    const why = await this.#road.renew(this.#session)
    if (why === null) this.start()
    else this.#end.end(why.kind === 'fault' ? { kind: 'fault', fault: why } : { kind: 'denial', denial: why })
  }

  async #respond(id: string, answer: Answer): Promise<void> {
    const fault = await this.#road.respond(id, answer)
    // The server waits for an answer that it will never get.
    if (fault && !this.#end.over) this.#giveUp(fault)
  }

  #hear(method: string, params: Json | null): void {
    if (method === 'notifications/cancelled') {
      const id = params === null ? null : valueAtPath(params, ['requestId'])
      return this.unask(id?.toString() ?? '')
    }
    if (isForListeners(method)) this.#road.noticeListeners(method, params)
    else this.#end.notice(method, params)
  }

  #giveUp(fault: Fault): void {
    this.#tellCancelled('its question could not be answered')
    this.#wire?.abort()
    this.#end.end({ kind: 'fault', fault })
  }

  #tellCancelled(reason: string): void {
    if (!this.sent) return
    const { id } = this.#end
    this.#road.say('notifications/cancelled', Buffer.from(`{"requestId":${id},"reason":${JSON.stringify(reason)}}`))
  }
}
