/**
 * The instances of one agent and who of them is left alone. It lives over reloads: an instance that left the
 * configuration is still found by what it works on.
 */
import type { Clock } from '../../base/clock.ts'
import type { AgentId } from '../../domain/ids.ts'
import type { Verdict } from './breaker.ts'
import { Seat } from './seat.ts'
import type { Instance, PoolReport, PoolSettings } from './settings.ts'

/** Instances that left and are remembered; past it the one that left first is forgotten. */
const left_max = 64

export class Roster {
  readonly agent: AgentId
  readonly report: PoolReport
  readonly #clock: Clock
  #settings: PoolSettings
  #seats: readonly Seat[] = []
  /** Instances that left the configuration, in the order they left. */
  readonly #left = new Map<string, Seat>()

  constructor(settings: PoolSettings, clock: Clock, report: PoolReport) {
    this.agent = settings.agent
    this.report = report
    this.#clock = clock
    this.#settings = settings
  }

  get settings(): PoolSettings {
    return this.#settings
  }

  /** Those in the configuration, in its order. */
  get seats(): readonly Seat[] {
    return this.#seats
  }

  /** Those that left it and are still found. */
  get left(): readonly Seat[] {
    for (const seat of this.#left.values()) this.#forgetIdle(seat)
    return [...this.#left.values()]
  }

  /** Takes over what a new configuration says; those that stay keep what is known of them. */
  update(instances: readonly Instance[], settings: PoolSettings): void {
    const before = new Map([...this.#left, ...this.#seats.map((seat) => [seat.url, seat] as const)])
    this.#settings = settings
    this.#seats = instances.map(({ url, driver, drain = false }) => {
      const seat = before.get(url) ?? new Seat(url, driver, this.#clock)
      seat.driver = driver
      seat.drain = drain
      before.delete(url)
      this.#left.delete(url)
      return seat
    })
    for (const [url, seat] of before) {
      seat.drain = true
      this.#left.set(url, seat)
    }
    for (const url of this.#left.keys()) if (this.#left.size > left_max) this.#left.delete(url)
    const active = this.#seats.filter((seat) => !seat.drain)
    if (!active.some((seat) => seat.healthy)) for (const seat of active) seat.heal()
  }

  /** The instance at `url`, also one that left; null if it is not known any more. */
  find(url: string): Seat | null {
    const seat = this.#seats.find((each) => each.url === url) ?? this.#left.get(url) ?? null
    return seat && this.#forgetIdle(seat) ? null : seat
  }

  hasRoom(seat: Seat): boolean {
    const { outstanding_max } = this.#settings.resilience
    return outstanding_max === 0 || seat.outstanding < outstanding_max
  }

  /** An ask of `seat` is over. `probe` is what `take` said of it. */
  settle(seat: Seat, verdict: Verdict, probe: number): void {
    const { resilience } = this.#settings
    if (!seat.giveBack(verdict, probe, resilience)) return
    seat.window.add(verdict === 'ill', resilience.outlier_window_ms)
    if (verdict === 'well' || !seat.healthy || !this.#mayEject(seat)) return
    seat.eject(resilience)
    this.report.onEjected(this.agent)
  }

  /** Whether it did badly enough, and others are left. */
  #mayEject(seat: Seat): boolean {
    const { eject_after_faults } = this.#settings.resilience
    const others = this.#seats.filter((each) => each !== seat && !each.drain && each.healthy)
    // One that takes nothing new is nobody's last resort.
    if (others.length === 0 && !seat.drain) return false
    if (eject_after_faults > 0 && seat.faults >= eject_after_faults) return true
    return this.#isOutlier(seat, others)
  }

  /** Its share of faults is far above that of the others, and not yet half of them are left alone. */
  #isOutlier(seat: Seat, others: readonly Seat[]): boolean {
    const { outlier_percent, outlier_calls_min, outlier_window_ms } = this.#settings.resilience
    const ejected = this.#seats.filter((each) => !each.healthy).length
    if (outlier_percent === 0 || ejected + 1 > this.#seats.length / 2) return false
    const own = seat.window.read(outlier_window_ms)
    if (own.calls < outlier_calls_min) return false
    const theirs = others.map((each) => each.window.read(outlier_window_ms))
    const calls = theirs.reduce((sum, each) => sum + each.calls, 0)
    const faults = theirs.reduce((sum, each) => sum + each.faults, 0)
    return calls > 0 && own.faults / own.calls - faults / calls > outlier_percent / 100
  }

  /** Forgets one that left and was not used for long; true if it did. */
  #forgetIdle(seat: Seat): boolean {
    if (this.#left.get(seat.url) !== seat || seat.outstanding > 0) return false
    if (this.#clock.monotonic() - seat.usedAt < this.#settings.resilience.keep_left_ms) return false
    this.#left.delete(seat.url)
    return true
  }
}
