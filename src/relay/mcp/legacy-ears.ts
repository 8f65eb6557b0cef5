/**
 * What a server of the legacy era says outside of requests: a stream of its own over HTTP, opened for as long as somebody
 * listens, and subscriptions to resources, one for all who want the same.
 */
import { valueAtPath } from '../../base/json-edit.ts'
import type { Alarm } from '../../base/wheel.ts'
import type { Wire } from '../wire/transport.ts'
import { askServer } from './ask-server.ts'
import { carry } from './carry.ts'
import type { Json } from './channel.ts'
import type { Session } from './legacy-greeting.ts'
import { backoff_ms, type Ids, type LinkParts } from './shared.ts'

export interface EarRoad {
  readonly parts: LinkParts
  readonly session: Session
  readonly ids: Ids
  renew(old: Session): Promise<object | null>
  onRest(message: Json): void
}

const subscribe_ms = 30_000

export class LegacyEars {
  readonly #road: EarRoad
  readonly #subscribed = new Set<string>()
  #wanted: readonly string[] = []
  #isNeeded = false
  #wire: Wire | null = null
  #alarm: Alarm | null = null
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
    const again = (): void => {
      this.#wire = null
      this.#failures = status === 200 ? 0 : this.#failures + 1
      if (status === 404 && session.hasId) return void this.#road.renew(session).then(() => this.#later())
      // It says that it has no such stream, and will say so again.
      if (status >= 400 && status < 500) this.#absentIn = session
      else this.#later()
    }
    this.#wire = carry(
      parts.speaker,
      (credentials, hearer) => parts.channel.listen([...session.headers, ...credentials], hearer),
      {
        onHead: (code) => void (status = code),
        onMessage: (message) => this.#road.onRest(message),
        onEnd: again,
        onDenial: again,
      },
    )
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
