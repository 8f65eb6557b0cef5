/**
 * The way of one call through the places it may go to: who is asked next, with which key, and after which wait.
 *
 *     tier by tier: [who is well, has room and was not asked] -> [who may be asked again, in its time]
 *     then, where nobody is left: [who is left alone, ahead of its time, one call at once]
 *
 * A further attempt at a provider takes one from the budget of that provider; the first one at each is free, so that
 * fallbacks carry everything where a provider is gone.
 */
import type { Dice } from '../../base/dice.ts'
import type { Fault } from '../../domain/fault.ts'
import { retryAfterCeiling_ms } from '../../domain/denials.ts'
import { makeFault } from '../wire/transport.ts'
import type { Candidate, Tier } from './contract.ts'
import type { Finding } from './findings.ts'
import type { ProviderKeySeat } from './keys.ts'
import type { ModelPlaces, ModelRetry, Place, ProviderPlaces } from './places.ts'
import { byWeight, leastOutstanding } from './weights.ts'

/** One attempt, holding its part of what is counted. */
export interface Turn {
  readonly kind: 'turn'
  readonly stop: Stop
  readonly place: Place
  readonly probe: number
  readonly key: ProviderKeySeat | null
  readonly keyProbe: number
}

/** Nobody is to be asked before that. */
interface Wait {
  readonly kind: 'wait'
  readonly wait_ms: number
}

/** A candidate as one call knows it. */
class Stop {
  readonly candidate: Candidate
  readonly provider: ProviderPlaces
  readonly weight: number
  /** Attempts that were not about a key. */
  attempts = 0
  asked = false
  /** It is not asked again. */
  closed = false
  /** The next attempt at it needs nothing more from the budget. */
  paid = false
  /** By the monotonic clock. */
  notBefore = 0
  readonly refused = new Set<ProviderKeySeat>()
  readonly used = new Set<ProviderKeySeat>()

  constructor(candidate: Candidate, provider: ProviderPlaces) {
    this.candidate = candidate
    this.provider = provider
    this.weight = candidate.weight
  }

  /** What is known of it; null where it was never asked. */
  get place(): Place | null {
    return this.provider.find(this.candidate.model)
  }

  get limits(): ReadonlyMap<ProviderKeySeat, number> {
    return this.place?.limits ?? noLimits
  }

  /** What is asked of its keys. */
  get rows(): Candidate['provider']['keys'] {
    return this.candidate.provider.keys
  }
}

const noLimits: ReadonlyMap<ProviderKeySeat, number> = new Map()

export class Course {
  readonly #places: ModelPlaces
  readonly #dice: Dice
  readonly #tiers: readonly { readonly stops: readonly Stop[]; readonly choose: Tier['choose'] }[]
  readonly #askedProviders = new Set<ProviderPlaces>()
  /** Where another key is tried at once. */
  #sticky: Stop | null = null
  #last: ProviderPlaces | null = null
  #turns = 0

  constructor(tiers: readonly Tier[], { places, dice }: { readonly places: ModelPlaces; readonly dice: Dice }) {
    this.#places = places
    this.#dice = dice
    this.#tiers = tiers.map(({ candidates, choose }) => ({
      stops: candidates.map((each) => new Stop(each, places.providerOf(each.provider))),
      choose,
    }))
  }

  /** The next attempt, or the wait before it, or why nobody is left. */
  next(): Turn | Wait | Fault {
    for (;;) {
      const stop = this.#find()
      if (stop === null) return this.#nobody()
      const wait_ms = stop.notBefore - this.#now
      if (!this.#pay(stop)) continue
      return wait_ms > 0 ? { kind: 'wait', wait_ms } : this.#take(stop)
    }
  }

  /** An attempt is over. `retryAfter_ms` is what the provider asked for; null where it asked for nothing. */
  end(turn: Turn, finding: Finding, retryAfter_ms: number | null = null): void {
    const { stop, place } = turn
    const { provider } = stop
    provider.outstanding -= 1
    this.#settlePlace(turn, finding)
    this.#settleKey(turn, finding, retryAfter_ms)
    this.#sticky = null
    if (finding.next === 'key') {
      if (turn.key) stop.refused.add(turn.key)
      else stop.closed = true
      stop.paid = true
      this.#sticky = stop
      return
    }
    stop.attempts += 1
    const { attempts_max, retry_after_max_ms } = provider.resilience
    const tooLong = (retryAfter_ms ?? 0) > retry_after_max_ms
    if (finding.next !== 'same' || tooLong || stop.attempts >= attempts_max || !place.healthy) stop.closed = true
    stop.notBefore = this.#now + this.#rest_ms(stop, retryAfter_ms)
  }

  /** The first word of a stream proves enough: it may go on for hours. */
  heard({ place, probe, key, keyProbe }: Turn): void {
    if (place.endProbe(probe)) place.heal()
    if (key?.endProbe(keyProbe)) key.heal()
  }

  /** How it ended, for those who count what was tried again. */
  close(outcome: ModelRetry): void {
    if (this.#turns > 1 && this.#last) this.#places.report.onRetried(this.#last.id, outcome)
    this.#last = null
  }

  get #now(): number {
    return this.#places.clock.monotonic()
  }

  #find(): Stop | null {
    const sticky = this.#sticky
    if (sticky && this.#isOpen(sticky)) return sticky
    for (const { stops, choose } of this.#tiers) {
      const open = stops.filter((stop) => this.#isOpen(stop))
      const fresh = open.filter(({ asked }) => !asked)
      if (fresh.length > 0) return this.#choose(fresh, choose)
      const [first, ...others] = open
      if (first) return others.reduce((one, other) => (other.notBefore < one.notBefore ? other : one), first)
    }
    for (const { stops, choose } of this.#tiers) {
      const last = stops.filter((stop) => this.#isLastResort(stop))
      if (last.length > 0) return this.#choose(last, choose)
    }
    return null
  }

  /** A place that waits for its probe goes first: nobody's probe is as good as somebody's. */
  #choose(stops: readonly Stop[], choose: Tier['choose']): Stop | null {
    const due = stops.find(({ place }) => place?.due)
    if (due) return due
    if (choose === 'weight') return byWeight(stops, this.#dice)
    return leastOutstanding(stops, ({ place }) => place?.outstanding ?? 0, this.#dice)
  }

  #isOpen(stop: Stop): boolean {
    const { provider, place, closed, asked } = stop
    if (closed || !provider.hasRoom || (place && !place.healthy && !place.due)) return false
    // Whoever was asked and waits for its time has been patient with its keys.
    return provider.keys.isFit(stop, asked)
  }

  #isLastResort(stop: Stop): boolean {
    const { provider, place, closed, asked } = stop
    return !closed && !asked && provider.hasRoom && place?.probing !== true && provider.keys.isFit(stop, true)
  }

  /** False where the budget is empty; then nobody at that provider is asked any more. */
  #pay(stop: Stop): boolean {
    const { provider } = stop
    if (stop.paid || !this.#askedProviders.has(provider) || provider.budget.spend()) {
      stop.paid = true
      return true
    }
    this.#places.report.onRetried(provider.id, 'over_budget')
    for (const { stops } of this.#tiers) for (const each of stops) each.closed ||= each.provider === provider
    return false
  }

  #take(stop: Stop): Turn {
    const { provider } = stop
    const isFirst = !this.#askedProviders.has(provider)
    if (isFirst) provider.budget.deposit()
    else provider.retries += 1
    this.#askedProviders.add(provider)
    const place = provider.open(stop.candidate.model)
    const key = provider.keys.choose(stop, this.#dice)
    if (key) stop.used.add(key)
    stop.asked = true
    stop.paid = false
    provider.outstanding += 1
    this.#turns += 1
    this.#last = provider
    return { kind: 'turn', stop, place, probe: place.take(), key, keyProbe: key?.take() ?? 0 }
  }

  #settlePlace({ place, probe, stop }: Turn, finding: Finding): void {
    const { resilience, id } = stop.provider
    const { eject_after_faults } = resilience
    const counts = place.giveBack(finding.place, probe, resilience)
    if (!counts || !place.healthy || eject_after_faults === 0 || place.faults < eject_after_faults) return
    place.eject(resilience)
    this.#places.report.onEjected(id, place.model)
  }

  #settleKey({ place, key, keyProbe, stop }: Turn, finding: Finding, retryAfter_ms: number | null): void {
    if (!key) return
    const { resilience, id, keys } = stop.provider
    const { eject_ms, eject_max_ms } = resilience
    const trouble = finding.key
    if (trouble === 'refused' || trouble === 'out_of_quota') {
      // A quota comes back with the next month or a payment, not with the next minute.
      const spans = trouble === 'refused' ? resilience : { eject_ms: eject_max_ms, eject_max_ms }
      if (key.giveBack('ill', keyProbe, spans)) key.eject(spans)
      if (!key.isTold) this.#places.report.onKeyRefused(id, keys.seats.indexOf(key) + 1, trouble)
      key.isTold = true
      return
    }
    key.giveBack(trouble === 'nothing' ? 'nothing' : 'well', keyProbe, resilience)
    if (trouble === 'well') key.isTold = false
    const limit_ms = trouble === 'barred' ? eject_ms : trouble === 'limited' ? (retryAfter_ms ?? 0) : 0
    if (limit_ms > 0) place.limits.set(key, this.#now + Math.min(limit_ms, eject_max_ms))
  }

  /** As long as the provider asks for, or doubling; the half of it is chance, so that those who failed together do not return together. */
  #rest_ms(stop: Stop, retryAfter_ms: number | null): number {
    const { backoff_ms, retry_after_max_ms } = stop.provider.resilience
    const isElsewhere = stop.rows.length > 1 && stop.provider.keys.isFit(stop, false)
    if (retryAfter_ms !== null && isElsewhere) return 0
    const whole_ms = Math.min(backoff_ms * 2 ** (stop.attempts - 1), retryAfterCeiling_ms)
    const chance = Number.parseInt(this.#dice.hex(2), 16) / 0xffff
    if (retryAfter_ms === null) return (whole_ms * (1 + chance)) / 2
    return Math.min(retryAfter_ms + (Math.min(whole_ms, retryAfter_ms) * chance) / 2, retry_after_max_ms)
  }

  #nobody(): Fault {
    const stops = this.#tiers.flatMap((tier) => tier.stops)
    const isFull = stops.some(({ closed, asked, provider }) => !closed && !asked && !provider.hasRoom)
    return isFull
      ? makeFault('overloaded', 'every provider has as many calls open as it may', false)
      : makeFault('connect_failed', 'no provider is left that could be asked', false)
  }
}
