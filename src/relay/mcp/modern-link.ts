/** A server of the modern era (2026-07-28): every request says for itself who speaks what, and nothing is kept between them. */
import { valueAtPath } from '../../base/json-edit.ts'
import type { Fault } from '../../domain/fault.ts'
import { makeFault, type Wire } from '../wire/transport.ts'
import type { Answered } from './ask-server.ts'
import type { Json } from './channel.ts'
import { readHeard } from './heard.ts'
import type { About, Asking, Hearer, Link, Listening, NoticeHearer, Talk, Wants, Warrant } from './link.ts'
import { isForListeners, Listeners } from './listeners.ts'
import { ModernEars } from './modern-ears.ts'
import { meetServer } from './modern-greeting.ts'
import { type ModernRoad, ModernTalk, refuseRequest } from './modern-talk.ts'
import { checkListen, checkWarrant, Ids, type LinkParts, openTalks_max } from './shared.ts'
import { TalkEnd } from './talk.ts'

/** The link, or what the server said to `server/discover`. The channel is closed where there is no link. */
export async function openModernLink(parts: LinkParts, wait_ms: number): Promise<ModernLink | Answered> {
  const ids = new Ids()
  const met = await meetServer(parts, ids.next(), wait_ms)
  if (met.kind === 'met') return new ModernLink(parts, met.about, ids)
  parts.channel.close()
  return met
}

export class ModernLink implements Link, ModernRoad {
  readonly parts: LinkParts
  readonly about: About
  readonly ids: Ids
  readonly #talks = new Map<string, ModernTalk>()
  readonly #ears = new ModernEars(this)
  readonly #listeners = new Listeners(() => this.#open && this.#ears.use(this.#listeners.union()))
  readonly #rest: Wire | null
  #open = true

  constructor(parts: LinkParts, about: About, ids: Ids) {
    this.parts = parts
    this.about = about
    this.ids = ids
    const hearer = {
      onMessage: (message: Json) => this.#onRest(message),
      onEnd: (fault: Fault | null) => this.#end(fault ?? makeFault('reset', 'the line ended', true), fault),
    }
    this.#rest = parts.channel.isLine ? parts.channel.listen([], hearer) : null
  }

  get open(): boolean {
    return this.#open
  }

  ask(warrant: Warrant, asking: Asking, hearer: Hearer): Talk {
    checkWarrant(warrant, this.parts.server, asking.method)
    const end = new TalkEnd(this.ids.next(), asking, hearer, this.#talks)
    const talk = new ModernTalk(this, end)
    if (!this.#open || this.#talks.size >= openTalks_max) {
      const code = this.#open ? 'overloaded' : 'reset'
      queueMicrotask(() => end.fault(code, 'the link is full or gone', false))
      return talk
    }
    this.#talks.set(end.id, talk)
    talk.start()
    return talk
  }

  /** The modern era has no notifications of clients. */
  tell(): void {}

  listen(warrant: Warrant, wants: Wants, hearer: NoticeHearer): Listening {
    checkListen(warrant, this.parts.server, wants)
    const listening = this.#listeners.add(wants, hearer)
    if (!this.#open) queueMicrotask(() => this.#listeners.end(makeFault('reset', 'the link is gone', false)))
    return listening
  }

  close(): void {
    this.#end(makeFault('aborted', 'the link was closed', true), null)
  }

  closed(): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  noticeListeners(method: string, params: Json | null): void {
    this.#listeners.notice(method, params)
  }

  #onRest(message: Json): void {
    const heard = readHeard(message)
    if (heard?.form === 'request') return refuseRequest(this.parts, heard.id)
    if (heard?.form !== 'notification') return
    const { method, params } = heard
    if (this.#ears.onRest(method, params)) return
    if (method === 'notifications/progress') {
      const token = params === null ? null : valueAtPath(params, ['progressToken'])
      return this.#talks.get(token?.toString() ?? '')?.notice(method, params)
    }
    const [only] = this.#talks.values()
    if (isForListeners(method)) this.#listeners.notice(method, params)
    else if (this.#talks.size === 1) only?.notice(method, params)
  }

  #end(fault: Fault, told: Fault | null): void {
    if (!this.#open) return
    this.#open = false
    this.#ears.close()
    for (const talk of this.#talks.values()) talk.lose(fault)
    this.#listeners.end(told)
    this.#rest?.abort()
    this.parts.channel.close()
  }
}
