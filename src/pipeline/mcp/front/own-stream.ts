/**
 * The stream of a legacy session that answers no request (GET): what changes, and what a server asks outside of requests. It
 * goes on for a while after its client left, so that one that comes back has missed nothing.
 */
import type { Alarm } from '../../../base/wheel.ts'
import { type Denial, isDenial } from '../../../domain/verdict.ts'
import type { Reply } from '../../../protocol/http.ts'
import { writeNotice } from '../../../protocol/mcp/write-message.ts'
import type { Json } from '../../../relay/mcp/channel.ts'
import type { Answer, Ask, Listening, Wants } from '../../../relay/mcp/link.ts'
import { watchOf } from '../../standing.ts'
import type { EventStream } from './event-stream.ts'
import { type Declared, type Guest, letInAgain } from './guest.ts'
import type { LiveSession, OwnEnd } from './live-session.ts'
import { recordOwn } from './own-answer.ts'
import { askClient, cannotAnswer, methodNotKnown } from './questions.ts'

/** What there is to hear of where nobody asked for it by name. */
const changes = ['tools', 'prompts', 'resources'].map((list) => `notifications/${list}/list_changed`)
const heard: ReadonlySet<string> = new Set([...changes, 'notifications/resources/updated', 'notifications/message'])

/** The id of the stream in the ids of its events. */
export const ownId = 'own'

export class OwnStream implements OwnEnd {
  readonly #live: LiveSession
  readonly #stream: EventStream
  readonly #linger: Alarm
  readonly #forget: () => void
  #guest: Guest
  #standing: () => Denial | null
  #listening: Listening | null = null
  /** Of the GET that reads it; null while nobody does. */
  #settle: (() => void) | null = null
  #over = false

  constructor(guest: Guest, live: LiveSession) {
    const { wheel } = live.world.bench
    this.#live = live
    this.#guest = guest
    this.#standing = watchOf(guest.received.visit)
    this.#linger = wheel.after(live.world.settings.mcp_stream_ms, () => this.close())
    this.#linger.cancel()
    this.#stream = live.makeStream(ownId, {
      onFull: () => undefined,
      onRoom: () => undefined,
      onLeft: () => this.#left(),
      onSilence: () => void this.#mayGoOn(),
    })
    this.#forget = guest.road.fronts.onReload(() => void this.#reload())
    this.#listen(guest)
  }

  get attached(): boolean {
    return this.#stream.attached
  }

  get over(): boolean {
    return this.#over
  }

  /** Read by this GET from now on. */
  attach(guest: Guest, after: number): void {
    const { visit } = guest.received
    const { reply, call } = visit
    this.#settle?.()
    this.#guest = guest
    this.#standing = watchOf(visit)
    this.#linger.cancel()
    const { followers } = guest.road
    followers.begin({ id: call.id, standing: this.#standing, halt: () => this.close(), endless: true })
    const before = this.#stream.bytesOut
    this.#settle = () => {
      this.#settle = null
      followers.end(call.id)
      recordOwn(visit, this.#stream.bytesOut - before)
    }
    this.#read(reply, after)
  }

  /** Other resources are watched. */
  use(): void {
    this.#listening?.use(this.#wants())
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    this.#linger.cancel()
    this.#forget()
    this.#listening?.close()
    this.#stream.end()
    this.#settle?.()
    if (this.#live.own === this) this.#live.own = null
  }

  #read(reply: Reply, after: number): void {
    this.#stream.attach(reply, after)
    this.#stream.open([])
  }

  #left(): void {
    this.#settle?.()
    if (!this.#over) this.#linger.push(this.#live.world.settings.mcp_stream_ms)
  }

  #wants(): Wants {
    const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }
    return { ...lists, resources: [...this.#live.uris], tasks: [] }
  }

  #listen({ behind, warrant }: Guest): void {
    this.#listening = behind.listen(warrant, this.#wants(), {
      onNotice: (method, params) => this.#hear(method, params),
      onAsk: (ask, answer) => this.#ask(ask, answer),
      // It is listened to again when the client asks again.
      onEnd: () => this.close(),
    })
  }

  #hear(method: string, params: Json | null): void {
    if (heard.has(method) && this.#mayGoOn()) this.#stream.push(writeNotice(method, params))
  }

  #ask(ask: Ask, answer: (answers: ReadonlyMap<string, Answer>) => void): void {
    if (!this.#mayGoOn()) return
    const refused = new Map<string, Answer>()
    for (const [key, question] of ask.questions) {
      const why = this.attached ? cannotAnswer(this.#live, question) : 'Nobody is there to be asked'
      if (why !== null) refused.set(key, methodNotKnown(why))
    }
    const questions = new Map([...ask.questions].filter(([key]) => !refused.has(key)))
    if (questions.size === 0) return answer(refused)
    const tell = (answers: ReadonlyMap<string, Answer>): void => answer(new Map([...refused, ...answers]))
    const late = methodNotKnown('Nobody answered in time')
    askClient(this.#live, {
      questions,
      endsAtError: false,
      say: (message) => this.#stream.push(message),
      onAnswers: tell,
      onLate: () => tell(new Map([...questions.keys()].map((key) => [key, late]))),
    })
  }

  /** Other policies, other lists: its client asks for them again. */
  async #reload(): Promise<void> {
    const { session } = this.#live
    const declared: Declared = { era: 'legacy', session, capabilities: session.capabilities }
    const again = await letInAgain(this.#guest, declared)
    if (this.#over) return
    if (isDenial(again)) return this.close()
    this.#listening?.close()
    this.#listen(again)
    for (const method of changes) this.#hear(method, null)
  }

  #mayGoOn(): boolean {
    if (this.#over) return false
    const denied = this.#standing() !== null
    if (denied) this.close()
    return !denied
  }
}
