/**
 * What is known of those who run models: who is well, what is under way, which key is refused. It lasts as long as the
 * process, over reloads of the configuration, and is bounded by it: providers and keys are those of the configuration,
 * and of each provider so many models are remembered, the ones asked last.
 */
import type { Clock, Millis } from '../../base/clock.ts'
import type { ModelsSettings, ProviderResilience, ProviderSettings } from '../../config/settings-models.ts'
import { Breaker } from '../pool/breaker.ts'
import { RetryBudget } from '../pool/budget.ts'
import { KeyRing, type ProviderKeySeat } from './keys.ts'

/** Callers may name models that no row lists, so there is an end to them. */
const models_max = 256

/** How it ended with a call that was tried again; `over_budget` for one that was not, because the budget was empty. */
export type ModelRetry = 'answered' | 'failed' | 'gone' | 'over_budget'

/** Whoever counts and logs what happens to providers. */
export interface ModelReport {
  /** A model is left alone because of its faults. */
  onEjected(provider: string, model: string): void
  onRetried(provider: string, outcome: ModelRetry): void
  /** A key is refused or out of quota, told once until it works again. `place` counts from 1 in the configuration. */
  onKeyRefused(provider: string, place: number, why: KeyTrouble): void
}

export type KeyTrouble = 'refused' | 'out_of_quota'

const silent: ModelReport = { onEjected: () => undefined, onRetried: () => undefined, onKeyRefused: () => undefined }

/** One model at one provider. */
export class Place extends Breaker {
  readonly model: string
  /** Until when the provider asked for patience with a key at this model; never more than its keys. */
  readonly limits = new Map<ProviderKeySeat, number>()

  constructor(model: string, clock: Clock) {
    super(clock)
    this.model = model
  }
}

/** A provider and its models. */
export class ProviderPlaces {
  readonly id: string
  readonly keys: KeyRing
  readonly #clock: Clock
  #resilience: ProviderResilience
  #budget: RetryBudget
  /** In the order in which they were asked, the last one last. */
  readonly #places = new Map<string, Place>()
  /** Calls and streams under way at all of its models. */
  outstanding = 0
  retries = 0

  constructor(settings: ProviderSettings, clock: Clock) {
    this.id = settings.id
    this.#clock = clock
    this.keys = new KeyRing(clock)
    this.#resilience = settings.resilience
    this.#budget = new RetryBudget(settings.resilience, clock)
    this.keys.use(settings.keys)
  }

  get resilience(): ProviderResilience {
    return this.#resilience
  }

  get budget(): RetryBudget {
    return this.#budget
  }

  get hasRoom(): boolean {
    const { outstanding_max } = this.#resilience
    return outstanding_max === 0 || this.outstanding < outstanding_max
  }

  get places(): Iterable<Place> {
    return this.#places.values()
  }

  use({ resilience, keys }: ProviderSettings): void {
    const { retry_budget_percent, retries_per_second_min } = this.#resilience
    const same =
      retry_budget_percent === resilience.retry_budget_percent &&
      retries_per_second_min === resilience.retries_per_second_min
    if (!same) this.#budget = new RetryBudget(resilience, this.#clock)
    this.#resilience = resilience
    const gone = this.keys.use(keys)
    for (const place of this.#places.values()) for (const key of gone) place.limits.delete(key)
  }

  /** What is known of a model, without remembering it for being looked at. */
  find(model: string): Place | null {
    return this.#places.get(model) ?? null
  }

  /** A model that is about to be asked. */
  open(model: string): Place {
    const place = this.#places.get(model) ?? new Place(model, this.#clock)
    this.#places.delete(model)
    this.#places.set(model, place)
    const [oldest] = this.#places.keys()
    if (this.#places.size > models_max && oldest !== undefined) this.#places.delete(oldest)
    return place
  }
}

type PlaceState = 'healthy' | 'ejected' | 'probing'

export interface ModelPlaceView {
  readonly provider: string
  readonly model: string
  /** `probing`: its time is over, and the next call or the one under way finds out whether it works again. */
  readonly state: PlaceState
  readonly outstanding: number
  /** Faults in a row. */
  readonly faults: number
  /** Until when it is left alone, by the wall clock; null where it is not. */
  readonly ejectedUntil: Millis | null
}

export interface ModelKeyView {
  readonly provider: string
  /** Its place in the configuration, from 1: the key itself is shown nowhere. */
  readonly place: number
  readonly state: PlaceState
  readonly outstanding: number
}

export interface ProviderView {
  readonly provider: string
  readonly outstanding: number
  /** Further attempts at it, since the start. */
  readonly retries: number
  /** Models and keys that are left alone. */
  readonly ejected: number
  readonly models: readonly ModelPlaceView[]
  readonly keys: readonly ModelKeyView[]
}

export class ModelPlaces {
  readonly clock: Clock
  readonly report: ModelReport
  readonly #providers = new Map<string, ProviderPlaces>()

  constructor(clock: Clock, report: ModelReport = silent) {
    this.clock = clock
    this.report = report
  }

  /** Takes over what a new configuration says: to be told at the start and at each reload. */
  use({ providers }: Pick<ModelsSettings, 'providers'>): void {
    for (const id of this.#providers.keys()) if (!providers.has(id)) this.#providers.delete(id)
    for (const settings of providers.values()) {
      const known = this.#providers.get(settings.id)
      if (known) known.use(settings)
      else this.#providers.set(settings.id, new ProviderPlaces(settings, this.clock))
    }
  }

  /** A call that is under way may go to a provider that has left with a reload: what it finds out is not remembered. */
  providerOf(settings: ProviderSettings): ProviderPlaces {
    return this.#providers.get(settings.id) ?? new ProviderPlaces(settings, this.clock)
  }

  view(): readonly ProviderView[] {
    return [...this.#providers.values()].map((each) => this.#viewOf(each))
  }

  /** What is open at a provider; 0 where nothing is known of it. */
  outstandingAt(provider: string): number {
    return this.#providers.get(provider)?.outstanding ?? 0
  }

  #viewOf({ id, outstanding, retries, places, keys: ring }: ProviderPlaces): ProviderView {
    const models = [...places].map((place) => ({
      provider: id,
      model: place.model,
      state: this.#stateOf(place),
      outstanding: place.outstanding,
      faults: place.faults,
      ejectedUntil: this.#endOf(place),
    }))
    const keys = ring.seats.map((seat, at) => ({
      provider: id,
      place: at + 1,
      state: this.#stateOf(seat),
      outstanding: seat.outstanding,
    }))
    const ejected = [...models, ...keys].filter(({ state }) => state !== 'healthy').length
    return { provider: id, outstanding, retries, ejected, models, keys }
  }

  #stateOf(one: Breaker): PlaceState {
    if (one.healthy) return 'healthy'
    return this.#endOf(one) === null || one.probing ? 'probing' : 'ejected'
  }

  #endOf({ ejectedUntil }: Breaker): Millis | null {
    const left_ms = ejectedUntil === null ? 0 : ejectedUntil - this.clock.monotonic()
    return left_ms > 0 ? Math.ceil(this.clock.now() + left_ms) : null
  }
}
