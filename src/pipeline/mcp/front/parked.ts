/**
 * Talks whose server waits for an answer while its client has none open: the client was answered with the question and comes
 * back with a new request. In number, time and for each caller there is an end to that, and the server is told.
 */
import type { Alarm, Wheel } from '../../../base/wheel.ts'
import type { Dice } from '../../../base/dice.ts'
import type { Ask, End, Hearer, Talk } from '../../../relay/mcp/link.ts'
import type { Json } from '../../../relay/mcp/channel.ts'

/** What is asked while nobody is there to answer; of more, the first ones are forgotten, for servers take questions back. */
const asks_max = 64

/** Hears a talk for whoever speaks with the client now; while nobody does, what must not be lost waits. */
export class Ear implements Hearer {
  #to: Hearer | null
  /** A server may ask several things before it hears of the first. */
  #asks: Ask[] = []
  #end: End | null = null

  constructor(to: Hearer) {
    this.#to = to
  }

  /** Null for nobody. Whoever hears from now on hears first what waits. */
  use(to: Hearer | null): void {
    this.#to = to
    const end = this.#end
    if (!to) return
    this.#end = null
    if (end) to.onEnd(end)
    else if (this.#asks.length > 0) to.onAsk(together(this.#asks.splice(0)))
  }

  /** Whether the server said meanwhile how it ends. */
  get ended(): boolean {
    return this.#end !== null
  }

  /** What was asked before and meanwhile, as one. */
  withWaiting(ask: Ask): Ask {
    return together([ask, ...this.#asks.splice(0)])
  }

  onNotice(method: string, params: Json | null): void {
    this.#to?.onNotice(method, params)
  }

  onAsk(ask: Ask): void {
    if (this.#to) this.#to.onAsk(ask)
    else this.#asks.push(ask)
    if (this.#asks.length > asks_max) this.#asks.shift()
  }

  onEnd(end: End): void {
    if (this.#to) this.#to.onEnd(end)
    else this.#end = end
  }
}

/** Keys of one talk are never used twice. */
function together(asks: readonly Ask[]): Ask {
  const questions = new Map(asks.flatMap((ask) => [...ask.questions]))
  const last = asks.at(-1)
  return { questions, rests: last?.rests ?? false, state: last?.state ?? null }
}

export interface ParkedTalk {
  readonly talk: Talk
  readonly ear: Ear
  /** What the server waits for. */
  readonly ask: Ask
}

interface Entry extends ParkedTalk {
  readonly owner: string
  readonly alarm: Alarm
}

export interface ParkedBounds {
  readonly max: number
  readonly perOwner_max: number
  readonly ttl_ms: number
}

export class Parked {
  readonly #entries = new Map<string, Entry>()
  readonly #world: { readonly dice: Dice; readonly wheel: Wheel }
  readonly #bounds: ParkedBounds

  constructor(world: { readonly dice: Dice; readonly wheel: Wheel }, bounds: ParkedBounds) {
    this.#world = world
    this.#bounds = bounds
  }

  get size(): number {
    return this.#entries.size
  }

  /** The name under which it is taken again, by the same owner. */
  park(owner: string, parked: ParkedTalk): string {
    const { max, perOwner_max, ttl_ms } = this.#bounds
    const own = [...this.#entries].filter(([, entry]) => entry.owner === owner)
    if (own.length >= perOwner_max) this.#evict(own[0]?.[0], 'its caller left too many questions open')
    if (this.#entries.size >= max) this.#evict(this.#entries.keys().next().value, 'too many questions are open')
    const id = this.#world.dice.hex(16)
    const alarm = this.#world.wheel.after(ttl_ms, () => this.#evict(id, 'nobody answered in time'))
    parked.ear.use(null)
    this.#entries.set(id, { ...parked, owner, alarm })
    return id
  }

  /** Once; null where it is gone, or somebody else's. */
  take(id: string, owner: string): ParkedTalk | null {
    const entry = this.#entries.get(id)
    if (!entry || entry.owner !== owner) return null
    this.#entries.delete(id)
    entry.alarm.cancel()
    return entry
  }

  /** Lets go of all of them: the gateway stops. */
  close(): void {
    for (const id of this.#entries.keys()) this.#evict(id, 'the gateway stops')
  }

  #evict(id: string | undefined, reason: string): void {
    const entry = id === undefined ? undefined : this.#entries.get(id)
    if (id === undefined || !entry) return
    this.#entries.delete(id)
    entry.alarm.cancel()
    entry.talk.cancel(reason)
  }
}
