/**
 * What a server of the legacy era says outside of requests: a stream of its own over HTTP, opened for as long as somebody
 * listens, and subscriptions to resources, one for all who want the same.
 */
import { valueAtPath } from '../../base/json-edit.ts'
import type { Alarm } from '../../base/wheel.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Wire } from '../wire/transport.ts'
import { askServer } from './ask-server.ts'
import { carry } from './carry.ts'
import type { Json } from './channel.ts'
import { saysSessionIsOver, type Session } from './legacy-greeting.ts'
import { backoff_ms, type Ids, type LinkParts, steady_ms } from './shared.ts'

export interface EarRoad {
  readonly parts: LinkParts
  readonly session: Session
  readonly ids: Ids
  renew(old: Session): Promise<object | null>
  onRest(message: Json): void
}

/** Statuses of a server that has no such stream. 409 is none of them: it has not seen the last one end. */
const noStream: ReadonlySet<number> = new Set([400, 404, 405, 406, 501])

const subscribe_ms = 30_000
const ping_ms = 10_000

export class LegacyEars {
  readonly #road: EarRoad
  readonly #subscribed = new Set<string>()
  #wanted: readonly string[] = []
  #isNeeded = false
  #wire: Wire | null = null
  #alarm: Alarm | null = null
  #steady: Alarm | null = null
  #failures = 0
  /** The session whose server has no such stream. */
  #absentIn: Session | null = null
  #subscribing = false
  #closed = false

  constructor(road: EarRoad) {
    this.#road = road
  }

  /** What is needed from now on: the stream, and these resources. */
  use(isNeeded: boolean, resources: readonly string[]): void {
    this.#isNeeded = isNeeded
    this.#wanted = resources
    this.#turn()
    void this.#subscribe()
  }

  /** Another session knows nothing of what was heard in the one before. */
  renew(): void {
    this.#hangUp()
    this.#subscribed.clear()
    this.#turn()
    void this.#subscribe()
  }

  close(): void {
    this.#closed = true
    this.#hangUp()
  }

  #hangUp(): void {
    this.#steady?.cancel()
    this.#wire?.abort()
    this.#wire = null
    this.#alarm?.cancel()
    this.#alarm = null
  }

  #turn(): void {
    const { channel } = this.#road.parts
    if (this.#closed || channel.isLine) return
    if (!this.#isNeeded) return this.#hangUp()
    if (this.#wire === null && this.#alarm === null && this.#absentIn !== this.#road.session) this.#listen()
  }

  #listen(): void {
    const { parts, session } = this.#road
    let status = 0
    const again = (fault: Fault | Denial | null): void => {
      this.#wire = null
      this.#failures += 1
      this.#steady?.cancel()
      if ((status === 404 || status === 400) && session.hasId) return void this.#doubt(session)
      // It says that it has no such stream, and will say so again.
      if (noStream.has(status) || (status === 200 && fault?.code === 'bad_answer')) this.#absentIn = session
      else this.#later()
    }
    this.#wire = carry(
      parts.speaker,
      (credentials, hearer) => parts.channel.listen([...session.headers, ...credentials], hearer),
      {
        onHead: (code) => {
          status = code
          this.#steady ??= parts.wheel.after(steady_ms, () => (this.#failures = 0))
          this.#steady.push(steady_ms)
        },
        onMessage: (message) => this.#road.onRest(message),
        onEnd: again,
        onDenial: again,
      },
    )
  }

  /** Servers without such a stream and servers that have forgotten the session say the same; a ping tells them apart. */
  async #doubt(session: Session): Promise<void> {
    const { parts, ids } = this.#road
    const ping = { id: ids.next(), method: 'ping', params: null, headers: session.headers, wait_ms: ping_ms }
    const { status, ...answered } = await askServer(parts, ping)
    const isOver = status === 404 || (answered.kind === 'error' && saysSessionIsOver(status, answered.error))
    if (!isOver) this.#absentIn = session
    else if ((await this.#road.renew(session)) !== null) this.#later()
  }

  #later(): void {
    if (this.#closed || !this.#isNeeded || this.#wire !== null) return
    this.#alarm?.cancel()
    this.#alarm = this.#road.parts.wheel.after(backoff_ms(this.#failures), () => {
      this.#alarm = null
      this.#turn()
    })
  }

  /** One after another, until the server was asked for what is wanted now. */
  async #subscribe(): Promise<void> {
    const { capabilities } = this.#road.session.about
    if (this.#subscribing || valueAtPath(capabilities, ['resources', 'subscribe'])?.toString() !== 'true') return
    this.#subscribing = true
    for (let next = this.#next(); next !== null && !this.#closed; next = this.#next()) {
      const [method, uri] = next
      // What the server refuses is not asked for again and again.
      if (method === 'resources/subscribe') this.#subscribed.add(uri)
      else this.#subscribed.delete(uri)
      const { parts, session, ids } = this.#road
      const params = Buffer.from(JSON.stringify({ uri }))
      await askServer(parts, { id: ids.next(), method, params, headers: session.headers, wait_ms: subscribe_ms })
    }
    this.#subscribing = false
  }

  #next(): readonly [method: string, uri: string] | null {
    const wanted = new Set(this.#wanted)
    const left = [...this.#subscribed].find((uri) => !wanted.has(uri))
    if (left !== undefined) return ['resources/unsubscribe', left]
    const missing = this.#wanted.find((uri) => !this.#subscribed.has(uri))
    return missing === undefined ? null : ['resources/subscribe', missing]
  }
}
