/** What every request has in common while it is open, whatever the era: one end, and notices in the client's own words. */
import { editJson, valueAtPath } from '../../base/json-edit.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Fault } from '../../domain/fault.ts'
import { makeFault } from '../wire/transport.ts'
import type { Json } from './channel.ts'
import { isHeard } from './levels.ts'
import type { Ask, Asking, End, Hearer } from './link.ts'
import { progressTokenOf, textAt } from './params.ts'

/** Where open requests of a link stand, by the token of their id. */
export interface OpenTalks {
  delete(id: string): unknown
}

export class TalkEnd {
  /** The token of the id and of the progress of this request at the server. */
  readonly id: string
  readonly asking: Asking
  readonly #hearer: Hearer
  readonly #open: OpenTalks
  readonly #clientToken: Json | null
  #progress = -Infinity
  #over = false

  constructor(id: string, asking: Asking, hearer: Hearer, open: OpenTalks) {
    this.id = id
    this.asking = asking
    this.#hearer = hearer
    this.#open = open
    this.#clientToken = progressTokenOf(asking.params)
  }

  get over(): boolean {
    return this.#over
  }

  /** What is sent as its progress token; null where the client wants no progress. */
  get progressToken(): string | null {
    return this.#clientToken === null ? null : this.id
  }

  end(end: End): void {
    if (this.#finish()) this.#hearer.onEnd(end)
  }

  fault(code: Fault['code'], detail: string, sent: boolean): void {
    this.end({ kind: 'fault', fault: makeFault(code, detail, sent) })
  }

  deny(denial: Denial): void {
    this.end({ kind: 'denial', denial })
  }

  /** An ask that rests is an end as well. */
  ask(ask: Ask): void {
    if (ask.rests ? this.#finish() : !this.#over) this.#hearer.onAsk(ask)
  }

  /** False where it was over before. */
  leave(): boolean {
    return this.#finish()
  }

  notice(method: string, params: Json | null): void {
    if (this.#over) return
    if (method === 'notifications/progress') return this.#tellProgress(params)
    if (method === 'notifications/message' && !isHeard(textAt(params, ['level']), this.asking.logLevel)) return
    this.#hearer.onNotice(method, params)
  }

  /** Progress of others is not told, and none that goes back. */
  #tellProgress(params: Json | null): void {
    if (params === null || this.#clientToken === null) return
    if (valueAtPath(params, ['progressToken'])?.toString() !== this.id) return
    const progress = Number(valueAtPath(params, ['progress'])?.toString())
    if (!(progress > this.#progress)) return
    this.#progress = progress
    this.#hearer.onNotice(
      'notifications/progress',
      editJson(params, [{ path: ['progressToken'], value: this.#clientToken }]),
    )
  }

  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#open.delete(this.id)
    return true
  }
}
