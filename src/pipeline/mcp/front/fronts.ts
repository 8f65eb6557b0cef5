/** What the fronts hold: sessions in use, questions that wait, and who wants to know when the settings change. */
import type { Clock } from '../../../base/clock.ts'
import type { Dice } from '../../../base/dice.ts'
import type { Alarm } from '../../../base/wheel.ts'
import type { Bench } from '../../../relay/exchange.ts'
import { type FrontSession, FrontSessions } from './front-sessions.ts'
import { type FrontSettings, LiveSession, type SessionWorld } from './live-session.ts'
import { Parked } from './parked.ts'
import { RoundStates } from './round-state.ts'

interface World {
  readonly clock: Clock
  readonly dice: Dice
  readonly bench: Bench
  /** Weir's own, for `serverInfo`. */
  readonly version: string
}

interface Held {
  readonly live: LiveSession
  readonly owner: string
  readonly alarm: Alarm
}

/** Sessions that were ended are remembered so many at a time. */
const ended_max = 65_536

export class Fronts {
  readonly bench: Bench
  readonly sessions: FrontSessions
  readonly states: RoundStates
  readonly parked: Parked
  /** A JSON object: who answers for what no server says itself. */
  readonly serverInfo: Buffer
  readonly #settings: FrontSettings
  readonly #world: SessionWorld
  /** In the order of their last use. */
  readonly #held = new Map<string, Held>()
  readonly #hearers = new Set<() => void>()

  constructor(secret: Uint8Array, { clock, dice, bench, version }: World, settings: FrontSettings) {
    const { mcp_parked: max, mcp_parked_per_caller: perOwner_max, mcp_parked_ms: ttl_ms } = settings
    this.bench = bench
    this.sessions = new FrontSessions(secret, { clock, dice }, ended_max)
    this.states = new RoundStates(secret, { clock, dice }, ttl_ms)
    this.parked = new Parked({ dice, wheel: bench.wheel }, { max, perOwner_max, ttl_ms })
    this.serverInfo = Buffer.from(JSON.stringify({ name: 'weir', version }))
    this.#settings = settings
    this.#world = { dice, bench, settings }
  }

  /** Sessions in use. */
  get live(): number {
    return this.#held.size
  }

  /** What there is of the session, made anew where it is gone; `owner` is whose it is, at its address. */
  use(session: FrontSession, owner: string): LiveSession {
    const known = this.#held.get(session.key)
    const { mcp_session_ms, mcp_sessions, mcp_sessions_per_caller } = this.#settings
    if (known) {
      this.#held.delete(session.key)
      this.#held.set(session.key, known)
      known.alarm.push(mcp_session_ms)
      return known.live
    }
    const own = [...this.#held].filter(([, held]) => held.owner === owner)
    if (own.length >= mcp_sessions_per_caller) this.#letGo(own[0]?.[0], 'its caller began too many sessions')
    if (this.#held.size >= mcp_sessions) this.#letGo(this.#held.keys().next().value, 'too many sessions are open')
    const live = new LiveSession(this.#world, session)
    const alarm = this.bench.wheel.after(mcp_session_ms, () => this.#reap(session.key))
    this.#held.set(session.key, { live, owner, alarm })
    return live
  }

  /** The client ended it, for good. */
  end(session: FrontSession): void {
    this.sessions.end(session)
    this.#letGo(session.key, 'its client ended the session')
  }

  /** Settings and policies are others now. */
  reloaded(): void {
    for (const hear of this.#hearers) hear()
  }

  /** The answer ends it. */
  onReload(hear: () => void): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  close(): void {
    for (const key of this.#held.keys()) this.#letGo(key, 'the gateway stops')
    this.parked.close()
  }

  /** One in which something goes on is not idle. */
  #reap(key: string): void {
    const held = this.#held.get(key)
    if (held?.live.isUsed) held.alarm.push(this.#settings.mcp_session_ms)
    else this.#letGo(key, 'the session was idle')
  }

  #letGo(key: string | undefined, reason: string): void {
    const held = key === undefined ? undefined : this.#held.get(key)
    if (key === undefined || !held) return
    this.#held.delete(key)
    held.alarm.cancel()
    held.live.close(reason)
  }
}
