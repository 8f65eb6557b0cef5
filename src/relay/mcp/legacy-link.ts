/** A server of the legacy era (2024-11-05 to 2025-11-25): a session, and requests in both directions. */
import { valueAtPath } from '../../base/json-edit.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Fault } from '../../domain/fault.ts'
import { makeFault, type Wire } from '../wire/transport.ts'
import { type Answered, askServer } from './ask-server.ts'
import { tellWith } from './carry.ts'
import type { Json } from './channel.ts'
import { errorObject, type Heard, readHeard, writeNotification, writeResponse } from './heard.ts'
import { LegacyEars } from './legacy-ears.ts'
import { beginSession, type Session } from './legacy-greeting.ts'
import { type LegacyRoad, LegacyTalk } from './legacy-talk.ts'
import { isMoreVerbose } from './levels.ts'
import type { About, Answer, Asking, Hearer, Link, Listening, NoticeHearer, Talk, Wants, Warrant } from './link.ts'
import { isForListeners, Listeners } from './listeners.ts'
import { whyUnasked } from './questions.ts'
import { checkListen, checkWarrant, Ids, type LinkParts, openTalks_max } from './shared.ts'
import { TalkEnd } from './talk.ts'

/** Settling a level. */
const level_ms = 10_000

/** The link, or what the server said to `initialize`. The channel is closed where there is no link. */
export async function openLegacyLink(parts: LinkParts, wait_ms: number): Promise<LegacyLink | Answered> {
  const ids = new Ids()
  const early = new Rest()
  const rest = parts.channel.isLine ? parts.channel.listen([], early) : null
  const session = await beginSession(parts, ids.next(), wait_ms)
  if (session.kind === 'session' && early.ended === undefined)
    return new LegacyLink(parts, session, { ids, early, rest })
  rest?.abort()
  parts.channel.close()
  if (session.kind !== 'session') return session
  const fault = early.ended ?? makeFault('reset', 'the line ended', true)
  return { kind: 'fault', fault, status: null, head: {} }
}

/** What a line says beside answers; until there is a link nobody hears it but for its end. */
class Rest {
  ended: Fault | null | undefined = undefined
  to: { onRest(message: Json): void; onLost(fault: Fault | null): void } | null = null

  onMessage(message: Json): void {
    this.to?.onRest(message)
  }

  onEnd(fault: Fault | null): void {
    this.ended = fault
    this.to?.onLost(fault)
  }
}

export class LegacyLink implements Link, LegacyRoad {
  readonly parts: LinkParts
  readonly ids: Ids
  readonly #talks = new Map<string, LegacyTalk>()
  readonly #listeners = new Listeners(() => this.#turn())
  readonly #ears: LegacyEars
  readonly #rest: Wire | null
  readonly #asksClient: boolean
  #session: Session
  #level: string | null = null
  /** Whether a server may have something to ask by now. */
  #mayBeAsked = false
  #renewing: Promise<Fault | Denial | null> | null = null
  #open = true

  constructor(parts: LinkParts, session: Session, begun: { ids: Ids; early: Rest; rest: Wire | null }) {
    this.parts = parts
    this.ids = begun.ids
    this.#session = session
    this.#rest = begun.rest
    this.#ears = new LegacyEars(this)
    const asked = ['sampling', 'elicitation', 'roots'] as const
    this.#asksClient = asked.some((name) => valueAtPath(parts.speaker.capabilities, [name]) !== null)
    begun.early.to = this
  }

  get about(): About {
    return this.#session.about
  }

  get session(): Session {
    return this.#session
  }

  get open(): boolean {
    return this.#open
  }

  ask(warrant: Warrant, asking: Asking, hearer: Hearer): Talk {
    checkWarrant(warrant, this.parts.server, asking.method)
    const id = this.ids.next()
    const end = new TalkEnd(id, asking, hearer, this.#talks)
    const talk = new LegacyTalk(this, end)
    if (!this.#open || this.#talks.size >= openTalks_max) {
      const code = this.#open ? 'overloaded' : 'reset'
      queueMicrotask(() => end.fault(code, 'the link is full or gone', false))
      return talk
    }
    this.#talks.set(id, talk)
    if (this.#asksClient && !this.#mayBeAsked) this.#turn()
    talk.start()
    return talk
  }

  tell(method: string, params: Json | null): void {
    if (this.#open) this.say(method, params)
  }

  listen(warrant: Warrant, wants: Wants, hearer: NoticeHearer): Listening {
    checkListen(warrant, this.parts.server, wants)
    const listening = this.#listeners.add(wants, hearer)
    if (!this.#open) queueMicrotask(() => this.#listeners.end(makeFault('reset', 'the link is gone', false)))
    return listening
  }

  close(): void {
    void this.closed()
  }

  /** Closes it and waits until the server was told. */
  async closed(): Promise<void> {
    if (!this.#open) return
    const { channel, speaker } = this.parts
    const { headers, hasId } = this.#session
    this.#end(makeFault('aborted', 'the link was closed', true), null)
    const credentials = hasId && channel.farewell ? await speaker.credentials() : null
    if (Array.isArray(credentials)) await channel.farewell?.([...headers, ...(credentials as typeof headers)])
  }

  renew(old: Session): Promise<Fault | Denial | null> {
    if (this.#session !== old) return Promise.resolve(null)
    this.#renewing ??= this.#begin().finally(() => (this.#renewing = null))
    return this.#renewing
  }

  raiseLevel(level: string | null): Promise<void> | null {
    const can = valueAtPath(this.about.capabilities, ['logging']) !== null
    if (level === null || !can || !isMoreVerbose(level, this.#level)) return null
    this.#level = level
    const params = Buffer.from(JSON.stringify({ level }))
    const { headers } = this.#session
    const asked = { id: this.ids.next(), method: 'logging/setLevel', params, headers, wait_ms: level_ms }
    return askServer(this.parts, asked).then(() => undefined)
  }

  say(method: string, params: Json | null): void {
    const { channel, speaker } = this.parts
    void tellWith(channel, speaker, writeNotification(method, params), this.#session.headers)
  }

  respond(id: string, answer: Answer): Promise<Fault | null> {
    const { channel, speaker } = this.parts
    const value = answer.kind === 'result' ? answer.result : answer.error
    return tellWith(channel, speaker, writeResponse(id, answer.kind, value), this.#session.headers)
  }

  onQuestion({ id, method, params }: Heard & { readonly form: 'request' }, talk: LegacyTalk | null): void {
    if (method === 'ping') return void this.respond(id, { kind: 'result', result: Buffer.from('{}') })
    const why = whyUnasked({ method, params }, this.parts.speaker.capabilities)
    if (why === null && (talk === null ? this.#askListener(id, method, params) : talk.ask(id, method, params))) return
    const [code, message] = why ?? [-32603, 'Nobody can be asked now']
    void this.respond(id, { kind: 'error', error: errorObject(code, message) })
  }

  noticeListeners(method: string, params: Json | null): void {
    this.#listeners.notice(method, params)
  }

  /** What belongs to no request, or to one on a line that does not say to which. */
  onRest(message: Json): void {
    const heard = readHeard(message)
    if (heard?.form === 'request') return this.onQuestion(heard, this.#whoIsMeant())
    if (heard?.form !== 'notification') return
    const { method, params } = heard
    if (method === 'notifications/progress') {
      const token = params === null ? null : valueAtPath(params, ['progressToken'])
      return this.#talks.get(token?.toString() ?? '')?.notice(method, params)
    }
    if (method === 'notifications/cancelled') {
      const id = params === null ? null : valueAtPath(params, ['requestId'])
      for (const talk of this.#talks.values()) talk.unask(id?.toString() ?? '')
      return
    }
    const only = this.parts.channel.isLine && !isForListeners(method) ? this.#whoIsMeant() : null
    if (only) only.notice(method, params)
    else this.#listeners.notice(method, params)
  }

  onLost(fault: Fault | null): void {
    if (this.#open) this.#end(fault ?? makeFault('reset', 'the line ended', true), fault)
  }

  /** The only open request. Over HTTP whoever listens is asked first, for servers say on the streams of requests what belongs to them. */
  #whoIsMeant(): LegacyTalk | null {
    const [only] = this.#talks.values()
    const isSure = this.#talks.size === 1 && (this.parts.channel.isLine || this.#listeners.size === 0)
    return isSure ? (only ?? null) : null
  }

  #askListener(id: string, method: string, params: Json | null): boolean {
    const key = 'q1'
    let waits = true
    return this.#listeners.ask(
      { questions: new Map([[key, { method, params }]]), rests: false, state: null },
      (all) => {
        const answer = all.get(key)
        if (!waits || answer === undefined) return
        waits = false
        void this.respond(id, answer)
      },
    )
  }

  async #begin(): Promise<Fault | Denial | null> {
    const begun = await beginSession(this.parts, this.ids.next(), renew_ms)
    if (begun.kind === 'denial') return begun.denial
    if (begun.kind === 'fault') return begun.fault
    if (begun.kind !== 'session') return makeFault('bad_answer', 'its session is over and it begins no other', true)
    this.#session = begun
    this.#level = null
    this.#ears.renew()
    return null
  }

  /** Many servers ask outside of the request that makes them ask, so from the first one on somebody must hear it. */
  #turn(): void {
    if (!this.#open) return
    this.#mayBeAsked ||= this.#asksClient && this.#talks.size > 0
    this.#ears.use(this.#listeners.size > 0 || this.#mayBeAsked, this.#listeners.union().resources)
  }

  #end(fault: Fault, told: Fault | null): void {
    this.#open = false
    this.#ears.close()
    for (const talk of this.#talks.values()) talk.lose(fault)
    this.#listeners.end(told)
    this.#rest?.abort()
    this.parts.channel.close()
  }
}

const renew_ms = 30_000
