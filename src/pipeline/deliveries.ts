/**
 * Delivery tokens that can go out again. A second call of the same caller from the same place to the same agent would
 * get a token that says the same but for its hop, so the one that has come home is lent to it and no signature is
 * made. A token is out with one open call at a time: whoever shows it stands on exactly one hop.
 */
import type { Millis } from '../base/clock.ts'
import { type BudgetCeiling, grantsOf } from '../domain/ceilings.ts'
import type { AgentId, RunId } from '../domain/ids.ts'
import type { Delegation, Taint } from '../domain/principal.ts'
import { skew_ms } from '../identity/strict-jwt.ts'

/** A token that goes out, and where it belongs when it has come home. */
export interface Lent {
  /** Null for a token that goes out once. */
  readonly place: string | null
  readonly raw: string
  readonly delegation: Delegation
}

/** Everything that a delivery says beside its hop and its times. */
export interface Place {
  readonly run: RunId
  /** `inputHash` of the token it continues; null at the root. */
  readonly parent: string | null
  readonly credential: string
  readonly callee: AgentId
  /** Hash of the authority handed on; null for no ceiling. */
  readonly authority: string | null
  readonly depthMax: number | null
  readonly budget: readonly BudgetCeiling[]
  /** What the token says of its run, so that a run that was tainted since gets no clean token. */
  readonly taint: Taint
}

/** Tokens kept at once, of about 1.5 KB each; beyond it the oldest run starts anew. */
const kept_max = 4096

export class Deliveries {
  readonly #home = new Map<RunId, Map<string, Lent[]>>()
  #kept = 0

  /** Tokens at home. */
  get size(): number {
    return this.#kept
  }

  static place({ run, parent, credential, callee, authority, depthMax, budget, taint }: Place): string {
    const narrowed = `${authority ?? ''} ${depthMax ?? ''} ${grantsOf(budget).join(',')} ${taint}`
    return `${run} ${parent ?? ''} ${callee} ${narrowed} ${credential}`
  }

  /** A token of this place with at least half of its life before it, or null. */
  take(run: RunId, place: string, now: Millis): Lent | null {
    const home = this.#home.get(run)?.get(place)
    for (let lent = home?.pop(); lent; lent = home?.pop()) {
      this.#kept -= 1
      const { issuedAt, expiresAt } = lent.delegation
      const end = expiresAt - skew_ms
      if (end - now >= (end - issuedAt) / 2) return lent
    }
    return null
  }

  /** The call a token went out with is over and nobody works on it any more. */
  giveBack(lent: Lent): void {
    const { place } = lent
    if (place === null) return
    const { run } = lent.delegation
    const places = this.#home.get(run) ?? new Map<string, Lent[]>()
    const home = places.get(place) ?? []
    home.push(lent)
    places.set(place, home)
    this.#home.set(run, places)
    this.#kept += 1
    const [oldest] = this.#home.keys()
    if (this.#kept > kept_max && oldest !== undefined) this.forget(oldest)
  }

  /** A run is over, and its tokens with it. */
  forget(run: RunId): void {
    for (const home of this.#home.get(run)?.values() ?? []) this.#kept -= home.length
    this.#home.delete(run)
  }
}
