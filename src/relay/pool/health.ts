/** What is known of every instance of every agent. It lives over reloads of the configuration. */
import type { Clock, Millis } from '../../base/clock.ts'
import type { AgentId } from '../../domain/ids.ts'
import { Roster } from './roster.ts'
import type { Seat } from './seat.ts'
import type { Instance, PoolReport, PoolSettings } from './settings.ts'

/** `probing`: its time is over, and the next ask or the one under way finds out whether it works again. */
type InstanceState = 'healthy' | 'ejected' | 'probing' | 'draining'

export interface InstanceView {
  readonly agent: AgentId
  readonly url: string
  readonly state: InstanceState
  /** Asks under way at it. */
  readonly outstanding: number
  /** Faults in a row. */
  readonly faults: number
  /** Until when it is left alone, by the wall clock; null where it is not. */
  readonly ejectedUntil: Millis | null
}

const silent: PoolReport = { onEjected: () => undefined, onRetried: () => undefined }

export class HealthBook {
  readonly #clock: Clock
  readonly #report: PoolReport
  readonly #rosters = new Map<AgentId, Roster>()

  constructor(clock: Clock, report: PoolReport = silent) {
    this.#clock = clock
    this.#report = report
  }

  /** The instances of an agent, as its newest configuration has them. */
  rosterOf(instances: readonly Instance[], settings: PoolSettings): Roster {
    const roster = this.#rosters.get(settings.agent) ?? new Roster(settings, this.#clock, this.#report)
    this.#rosters.set(settings.agent, roster)
    roster.update(instances, settings)
    return roster
  }

  /** Forgets all agents but these; to be told at each reload, so that the book is never longer than the configuration. */
  keepOnly(agents: ReadonlySet<AgentId>): void {
    for (const agent of this.#rosters.keys()) if (!agents.has(agent)) this.#rosters.delete(agent)
  }

  view(): readonly InstanceView[] {
    return [...this.#rosters.values()].flatMap((roster) =>
      [...roster.seats, ...roster.left].map((seat) => this.#viewOf(roster.agent, seat)),
    )
  }

  /** Asks under way at the instance with this place in the configuration, from 0; 0 where there is none. */
  outstandingAt(agent: AgentId, place: number): number {
    return this.#rosters.get(agent)?.seats[place]?.outstanding ?? 0
  }

  #viewOf(agent: AgentId, seat: Seat): InstanceView {
    const left_ms = seat.ejectedUntil === null ? null : seat.ejectedUntil - this.#clock.monotonic()
    const alone = left_ms !== null && left_ms > 0
    return {
      agent,
      url: seat.url,
      state: stateOf(seat, alone),
      outstanding: seat.outstanding,
      faults: seat.faults,
      ejectedUntil: alone ? Math.ceil(this.#clock.now() + left_ms) : null,
    }
  }
}

function stateOf(seat: Seat, alone: boolean): InstanceState {
  if (seat.drain) return 'draining'
  if (seat.healthy) return 'healthy'
  return alone && !seat.probing ? 'ejected' : 'probing'
}
